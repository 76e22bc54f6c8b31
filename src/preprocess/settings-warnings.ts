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
  if (option.optionName === 'LOGTOJSON' && compatibility === 'amazon-kinesis-agent') {
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
