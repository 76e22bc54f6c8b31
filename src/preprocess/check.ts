/**
 * What is wrong with a chain beyond its schema: settings that do not go together, patterns that cannot be used, and,
 * for `check`, patterns whose time can grow without bound.
 */
import { compilePattern } from '../core/pattern/pattern.ts';
import type { Compatibility, ProcessingOption } from './config.ts';
import { createStage } from './create-stages.ts';
import type { PreprocessEnvironment } from './stage/environment.ts';
import { type DangerousPattern, dangerOf } from './pattern-danger.ts';
import { OptionError, type PreprocessIssue } from './stage/problem.ts';

export type { PreprocessIssue } from './stage/problem.ts';

export interface CheckedFlow {
  readonly processing: readonly ProcessingOption[];
  readonly compatibility: Compatibility;
}

/** Stands for the machine where steps are built only to see whether they can be. */
const nowhere: PreprocessEnvironment = {
  hostName: '',
  instanceMetadata: { ec2: () => undefined, ecs: () => undefined },
  utcOffsetMinutes: () => 0,
};

/** Every option that cannot be used, with the place to look at. Quick: it may run at every start. */
export function preprocessIssues(flow: CheckedFlow): readonly PreprocessIssue[] {
  return flow.processing.flatMap((option, index): readonly PreprocessIssue[] => {
    const at = ['dataProcessingOptions', index];
    if (option.optionName === 'CSVTOJSON' && option.header === true && index > 0) {
      return [{ path: [...at, 'header'], message: 'header works in the first step only: the step before it may change or leave out the header line' }];
    }
    if (option.optionName === 'CONTAINER' && index > 0) {
      return [{ path: at, message: 'CONTAINER is the first step: the parts of a line are joined before any other' }];
    }
    try {
      createStage(option, { compatibility: flow.compatibility, environment: nowhere });
      return [];
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      return [{ path: [...at, ...error.path], message: error.message }];
    }
  });
}

/** A user's pattern in a chain. */
interface UsedPattern {
  readonly path: readonly (string | number)[];
  readonly regexp: RegExp;
}

/**
 * Patterns that backtracking can make run for exponential time, with the reason; those of polynomial time as warnings.
 * Slow (a second a pattern, and memory for the analyser): for `check`, not for every start. Call it after
 * `preprocessIssues` found nothing.
 */
export async function dangerousPatterns(flow: CheckedFlow): Promise<readonly (PreprocessIssue & DangerousPattern)[]> {
  const found: (PreprocessIssue & DangerousPattern)[] = [];
  for (const [index, option] of flow.processing.entries()) {
    for (const used of patternsOf(option, flow.compatibility)) {
      const danger = await dangerOf(used.regexp);
      if (danger !== undefined) found.push({ ...danger, path: ['dataProcessingOptions', index, ...used.path] });
    }
  }
  return found;
}

function patternsOf(option: ProcessingOption, compatibility: Compatibility): readonly UsedPattern[] {
  const looseNames = compatibility === 'native';
  const used = (path: string, text: string | undefined, whole: boolean, captures: boolean): readonly UsedPattern[] =>
    text === undefined ? [] : [{ path: [path], regexp: compilePattern(text, { whole, captures, looseNames }).regexp }];
  switch (option.optionName) {
    case 'LOGTOJSON':
      return used('matchPattern', option.matchPattern, true, true);
    case 'FILTER':
      return [...used('include', option.include, false, false), ...used('exclude', option.exclude, false, false)];
    case 'REDACT':
      return used('pattern', option.pattern, false, true);
    case 'CSVTOJSON':
      return compatibility === 'native' || /^[^\\]?$/.test(option.delimiter ?? '')
        ? []
        : used('delimiter', option.delimiter, false, false);
    default:
      return [];
  }
}
