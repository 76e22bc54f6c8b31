/**
 * The files of a config of the Java agent: agent.json, and the flows of /etc/aws-kinesis/agent.d, which the Java agent
 * reads whatever the main file is. Files there that cannot be read or parsed are left out with a warning, as it does.
 */
import { join } from '../core/paths.ts';
import { FileFault } from '../core/errors.ts';
import { translateAgentJson } from './java-agent/agent-json.ts';
import type { ConfigIssue } from './issues/config-issue.ts';
import { parseJson } from './files/json-file.ts';
import { entryOf, type Located } from './issues/located.ts';
import { namesIn, readOrFault, type Source, type SourceFiles, withFlows } from './source.ts';

export const agentDirectory = '/etc/aws-kinesis/agent.d';

/** Names of files that editors and package managers leave behind. The Java agent reads them too, and then has two flows for one log. */
const leftover = /^\.|~$|\.(?:swp|bak|orig|rej|tmp|rpmsave|rpmnew|rpmorig|dpkg-\w+)$/;

/** Reads a config of the Java agent; a fault where the main file itself cannot be read. */
export async function readAgentSource(path: string, sources: SourceFiles): Promise<Source | FileFault> {
  const main = await readOrFault(path, sources.files);
  if (main instanceof FileFault) return main;
  const parsed = parseJson({ file: path, ...main });
  const source: Source = {
    root: parsed.root,
    issues: [...parsed.issues],
    warnings: [...parsed.warnings],
    openFiles: new Set(main.readableByOthers ? [path] : []),
  };
  const root = await withAgentD(source, sources);
  if (root === undefined) return source;
  const translated = translateAgentJson(root);
  source.warnings.push(...translated.warnings);
  return { ...source, root: translated.root, javaRegions: translated.javaRegions };
}

async function withAgentD(source: Source, sources: SourceFiles): Promise<Located | undefined> {
  let { root } = source;
  for (const name of await namesIn(agentDirectory, source, sources.files)) {
    const file = join(agentDirectory, name);
    const skip = (why: string) =>
      source.warnings.push({ file, line: 1, column: 1, message: `the file is left out: ${why}` });
    if (leftover.test(name)) {
      skip('by its name an editor or a package manager left it behind');
      continue;
    }
    const read = await readOrFault(file, sources.files);
    if (read instanceof FileFault) {
      skip(`it cannot be read (${read.systemCode})`);
      continue;
    }
    if (read.readableByOthers) source.openFiles.add(file);
    const parsed = parseJson({ file, ...read });
    source.warnings.push(...parsed.warnings);
    for (const issue of parsed.issues)
      source.warnings.push({ ...issue, message: `the file is left out: ${issue.message}` });
    if (parsed.root === undefined) continue;
    const faults: ConfigIssue[] = [];
    root = withFlows(root, flowsOnly(parsed.root, source), faults);
    for (const fault of faults) source.warnings.push({ ...fault, message: `the file is left out: ${fault.message}` });
  }
  return root;
}

function flowsOnly(root: Located, source: Source): Located {
  if (root.kind !== 'map') return root;
  for (const entry of root.entries) {
    if (entry.key !== 'flows')
      source.warnings.push({
        ...entry.keyPlace,
        message: `"${entry.key}" has no effect in agent.d, as in the Java agent: only flows`,
      });
  }
  const flows = entryOf(root, 'flows');
  return { ...root, entries: flows === undefined ? [] : [flows] };
}
