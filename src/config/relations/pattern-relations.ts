/** Regular expressions of a flow outside of its processing options: each must compile as its user will compile it. */
import { compilePattern, PatternError } from '../../core/pattern/pattern.ts';
import { type Path, pathText } from '../issues/located.ts';
import { error, type Problem } from '../issues/problem.ts';
import type { RawFlow } from '../schema/schema.ts';

export function patternProblems(flow: RawFlow): readonly Problem[] {
  const problems: Problem[] = [];
  const check = (path: Path, text: string | undefined, captures = false) => {
    if (text === undefined) return;
    try {
      compilePattern(text, { whole: false, captures, looseNames: true });
    } catch (fault) {
      if (!(fault instanceof PatternError)) throw fault;
      problems.push(error(path, `${pathText(path)}: this regular expression cannot be used: ${fault.message}`));
    }
  };
  check(['multiLineStartPattern'], flow.multiLineStartPattern);
  check(['multiLineContinuationPattern'], flow.multiLineContinuationPattern);
  check(['multiLineEndPattern'], flow.multiLineEndPattern);
  check(['fileFooterPattern'], flow.fileFooterPattern);
  if (flow.partitionKey?.kind === 'regex') check(['partitionKey', 'regex'], flow.partitionKey.regex, true);
  for (const [index, route] of flow.routes.entries()) {
    check(['routes', index, 'when', 'matches'], route.when.matches);
    if (route.partitionKey?.kind === 'regex')
      check(['routes', index, 'partitionKey', 'regex'], route.partitionKey.regex, true);
  }
  return problems;
}
