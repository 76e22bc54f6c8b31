/** Checks a flow's patterns of paths, and the settings for files that are delivered (`afterDelivery`, `moveTo`). */
import { compileGlob, GlobError, type GlobOptions } from '../../core/glob.ts';
import { error, type Problem, warning } from '../issues/problem.ts';
import type { RawConfig, RawFlow } from '../schema/schema.ts';

export function pathProblems(flow: RawFlow, root: Pick<RawConfig, 'compatibility'>): readonly Problem[] {
  const java = (flow.compatibility ?? root.compatibility) === 'amazon-kinesis-agent';
  const globs = { dotFiles: java, caretNegates: !java };
  return [
    ...fileProblems('filePattern', flow.filePattern, globs),
    ...fileProblems('rotatedPattern', flow.rotatedPattern ?? [], globs),
    ...flow.exclude.flatMap((pattern, index) => excludeProblems(['exclude', index], pattern, globs)),
    ...moveProblems(flow),
  ];
}

function fileProblems(key: 'filePattern' | 'rotatedPattern', patterns: readonly string[], globs: GlobOptions): readonly Problem[] {
  return patterns.flatMap((pattern, index) => {
    const path = [key, index];
    if (!pattern.startsWith('/')) return [error(path, `${key} must begin with /: "${pattern}" has no directory to look in`)];
    if (pattern.endsWith('/'))
      return [error(path, `${key} must name files, not a directory: "${pattern}*" takes all files in it`)];
    return [...globProblems(path, pattern, globs), ...oddProblems(path, pattern)];
  });
}

/** What a name may hold, and nearly never does. */
function oddProblems(path: Problem['path'], pattern: string): readonly Problem[] {
  const [key] = path;
  if (/\s$/.test(pattern)) return [warning(path, `${String(key)} ${JSON.stringify(pattern)} ends in white space, which is taken for a part of the name`)];
  if (!/,\s*\//.test(pattern) || pattern.includes('{')) return [];
  return [warning(path, `${String(key)} "${pattern}" is one pattern, with a comma in it: several are a list, ${JSON.stringify(pattern.split(/,\s*(?=\/)/))}`)];
}

function excludeProblems(path: Problem['path'], pattern: string, globs: GlobOptions): readonly Problem[] {
  if (!pattern.endsWith('/')) return globProblems(path, pattern, globs);
  return [error(path, `exclude must name files, not a directory: "${pattern}**" leaves out all files below it`)];
}

function globProblems(path: Problem['path'], pattern: string, globs: GlobOptions): readonly Problem[] {
  try {
    for (const part of pattern.split('/')) compileGlob(part, globs);
    return [];
  } catch (fault) {
    if (!(fault instanceof GlobError)) throw fault;
    return [error(path, `${String(path[0])} "${pattern}": ${fault.message}`)];
  }
}

function moveProblems(flow: RawFlow): readonly Problem[] {
  const problems: Problem[] = [];
  if (flow.afterDelivery === 'move' && flow.moveTo === undefined) {
    problems.push(error(['afterDelivery'], 'afterDelivery: move needs moveTo, the directory to move files to'));
  }
  if (flow.afterDelivery !== 'move' && flow.moveTo !== undefined) {
    problems.push(warning(['moveTo'], 'moveTo has no effect without afterDelivery: move'));
  }
  if (flow.moveTo !== undefined && !flow.moveTo.startsWith('/'))
    problems.push(error(['moveTo'], 'moveTo must begin with /'));
  return problems;
}
