/**
 * Settings of a chain that can be used but do not do what they seem to: the Java agent's ways under compatibility, and settings
 * without effect. For `check` and the start; quick.
 */
import { compilePattern, PatternError } from '../core/pattern/pattern.ts';
import type { Compatibility, ProcessingOption } from './config.ts';
import type { PreprocessIssue } from './stage/problem.ts';

/** Call it after `preprocessIssues` found nothing. Paths are below the flow. */
export function preprocessWarnings(flow: {
  readonly processing: readonly ProcessingOption[];
  readonly compatibility: Compatibility;
}): readonly PreprocessIssue[] {
  return flow.processing.flatMap((option, index) =>
    optionWarnings(option, flow.compatibility).map(({ path, message }) => ({ path: ['dataProcessingOptions', index, ...path], message })),
  );
}

function optionWarnings(option: ProcessingOption, compatibility: Compatibility): readonly PreprocessIssue[] {
  const isJava = compatibility === 'amazon-kinesis-agent';
  const names = option.optionName === 'CSVTOJSON' || option.optionName === 'LOGTOJSON' ? option.customFieldNames : undefined;
  const repeated = names?.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) {
    return [{ path: ['customFieldNames'], message: `"${repeated}" stands twice: the text of the last one is all that is sent of them` }];
  }
  if (option.optionName === 'CSVTOJSON' && isJava) {
    if (names?.length === 0) return [{ path: ['customFieldNames'], message: 'names no column: as with the Java agent, every record becomes {}' }];
    const what = option.delimiter === undefined ? undefined : unlikelyDelimiter(option.delimiter);
    return what === undefined ? [] : [{ path: ['delimiter'], message: delimiterText(option.delimiter ?? '', what) }];
  }
  if (option.optionName === 'LOGTOJSON' && isJava) {
    const { matchPattern, customFieldNames = [] } = option;
    const groups = matchPattern === undefined ? undefined : groupCount(matchPattern, true);
    if (groups === undefined || groups === customFieldNames.length) return [];
    return [{ path: ['customFieldNames'], message: groupsMismatch(groups, customFieldNames.length) }];
  }
  if (option.optionName === 'REDACT') {
    const { pattern, replacement = '' } = option;
    const groups = pattern === undefined ? undefined : groupCount(pattern, false);
    const missing = groupsIn(replacement).find((group) => groups !== undefined && group > groups);
    if (missing === undefined) return [];
    const message = `the pattern has ${groups === 0 ? 'no group' : groups === 1 ? 'one group' : `${groups} groups`}, so $${missing} stands for nothing: put what is to stay in parentheses, or write $$${missing} for the text`;
    return [{ path: ['replacement'], message }];
  }
  return [];
}

/** Why a LOGTOJSON of the Java agent can parse no line at all. */
export function groupsMismatch(groups: number, names: number): string {
  return `matchPattern has ${groups} ${groups === 1 ? 'group' : 'groups'} and customFieldNames ${names} ${names === 1 ? 'name' : 'names'}: as with the Java agent, no line parses; name each group, and write (?:…) for one that is no field`;
}

/** What a delimiter does, as a regular expression, that nobody wants of one. */
function unlikelyDelimiter(delimiter: string): string | undefined {
  if (delimiter === '.') return 'matches every character, so that no column has any text';
  try {
    const { regexp } = compilePattern(delimiter, { whole: false, captures: false, looseNames: false });
    return regexp.test('') ? 'matches between all characters, so that each becomes a column' : undefined;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return 'is none, so that every record is sent as it is';
  }
}

function delimiterText(delimiter: string, what: string): string {
  // What agent.json's empty text is read as.
  if (delimiter === '(?:)') return 'the delimiter is empty: as with the Java agent, each character becomes a column';
  const literal = delimiter.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
  return `the delimiter ${delimiter} is taken for a regular expression, as in the Java agent, and ${what}; for the text itself write ${literal} (in JSON ${JSON.stringify(literal)})`;
}

function groupsIn(replacement: string): readonly number[] {
  return [...replacement.matchAll(/\$(?:\$|([1-9]))/g)].flatMap(([, group]) => (group === undefined ? [] : [Number(group)]));
}

function groupCount(text: string, whole: boolean): number | undefined {
  try {
    return compilePattern(text, { whole, captures: true, looseNames: true }).groupCount;
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}
