/**
 * What parts other than the config's own find in a flow. The quick checks run at every start and reload. The slow ones look for
 * patterns that may match without end; they run in `kinship check` only.
 */
import type { FlowCheck } from '../../config/check.ts';
import type { FlowConfig } from '../../config/model.ts';
import { error, type Problem, warning } from '../../config/issues/problem.ts';
import { compilePattern } from '../../core/pattern/pattern.ts';
import { dangerousPatterns, preprocessIssues } from '../../preprocess/check.ts';
import { preprocessWarnings } from '../../preprocess/settings-warnings.ts';
import { type DangerousPattern, dangerOf } from '../../preprocess/pattern-danger.ts';

/** For `loadConfig`. */
export const checkFlow: FlowCheck = (flow) => {
  const issues = preprocessIssues(chainOf(flow));
  if (issues.length > 0) return issues.map((issue) => error(issue.path, issue.message));
  return preprocessWarnings(chainOf(flow)).map((issue) => warning(issue.path, issue.message));
};

/**
 * Patterns that could hold a line up: exponential ones are errors, polynomial ones warnings. Under `compatibility` all are warnings: the
 * agent bounds their time, an agent.json that the Java agent takes has to start as it is, and the service's unit runs `check` first.
 */
export async function patternDangers(flow: FlowConfig): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const danger of await dangerousPatterns(chainOf(flow))) problems.push(problemOf(flow, danger.path, danger));
  for (const [path, text] of linePatterns(flow)) {
    const danger = await dangerOf(compilePattern(text, { whole: false, captures: false, looseNames: true }).regexp);
    if (danger !== undefined) problems.push(problemOf(flow, path, danger));
  }
  return problems;
}

function problemOf({ preprocess }: FlowConfig, path: Problem['path'], { kind, message }: DangerousPattern): Problem {
  const isRefused = kind === 'exponential' && preprocess.compatibility !== 'amazon-kinesis-agent';
  return isRefused ? error(path, message) : warning(path, message);
}

function chainOf(flow: FlowConfig) {
  return { processing: flow.preprocess.dataProcessingOptions, compatibility: flow.preprocess.compatibility };
}

function* linePatterns(flow: FlowConfig): Generator<readonly [path: Problem['path'], text: string]> {
  const { tail, route } = flow;
  for (const key of [
    'multiLineStartPattern',
    'multiLineContinuationPattern',
    'multiLineEndPattern',
    'fileFooterPattern',
  ] as const) {
    const text = tail[key];
    if (text !== undefined) yield [[key], text];
  }
  if (route.partitionKey.kind === 'regex') yield [['partitionKey', 'regex'], route.partitionKey.regex];
  for (const [index, { when }] of route.routes.entries()) {
    if (when.matches !== undefined) yield [['routes', index, 'when', 'matches'], when.matches];
  }
}
