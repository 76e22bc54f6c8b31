/**
 * The files of one config, read and put together as one tree: the main file, and the flows of conf.d beside kinship.yaml.
 */
import { basename, dirname, join } from '../core/paths.ts';
import { FileFault } from '../core/errors.ts';
import type { ConfigIssue } from './issues/config-issue.ts';
import type { ConfigReader, ConfigText } from './files/config-reader.ts';
import { entryOf, type Located, type LocatedEntry } from './issues/located.ts';
import { configSchema, fieldsOf } from './schema/schema.ts';
import { typeVariables } from './schema/variable-scalars.ts';
import { parseYaml } from './files/yaml-file.ts';
import { agentRootKeys } from './java-agent/agent-keys.ts';

export interface SourceFiles {
  readonly files: ConfigReader;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Everything read, as one tree, with what was found on the way. */
export interface Source {
  readonly root: Located | undefined;
  readonly issues: ConfigIssue[];
  readonly warnings: ConfigIssue[];
  /** Files that others than their owner can read. */
  readonly openFiles: Set<string>;
  /** Services whose region no file tells: they have the Java agent's default. */
  readonly javaRegions?: ReadonlySet<string>;
}

/** Reads a YAML config; a fault where the main file itself cannot be read. */
export async function readYamlSource(path: string, sources: SourceFiles): Promise<Source | FileFault> {
  const main = await readOrFault(path, sources.files);
  if (main instanceof FileFault) return main;
  const parsed = parseYaml({ file: path, ...main, env: sources.env });
  const source: Source = {
    root: parsed.root,
    issues: [...parsed.issues],
    warnings: [...parsed.warnings],
    openFiles: new Set(main.readableByOthers ? [path] : []),
  };
  if (/^\s*[{/]/.test(main.text) && parsed.root?.kind === 'map' && parsed.root.entries.some(({ key }) => isJavaKey(key))) {
    source.issues.push({ ...parsed.root.place, message: 'this has keys of the Java agent, whose config is recognised by a name that ends in .json' });
  }
  const root = await withConfD(path, source, sources);
  return { ...source, root: root === undefined ? undefined : typeVariables(root, configSchema) };
}

/** Whether it is a key at the top of an agent.json, and of no other config. */
function isJavaKey(key: string): boolean {
  return agentRootKeys.has(key) && fieldsOf(configSchema)?.[key] === undefined;
}

/**
 * Adds the flows of conf.d beside kinship.yaml, in name order, after its own flows. A config of another name gets none: an instance
 * (kinship@web runs web.yaml) would ship them once more, and a config on trial would run flows that it does not name.
 */
async function withConfD(path: string, source: Source, sources: SourceFiles): Promise<Located | undefined> {
  if (!/^kinship\.ya?ml$/.test(basename(path))) return source.root;
  const directory = join(dirname(path), 'conf.d');
  const names = await namesIn(directory, source, sources.files);
  let { root } = source;
  for (const name of names.filter((candidate) => /^[^.].*\.ya?ml$/.test(candidate))) {
    const file = join(directory, name);
    const read = await readOrFault(file, sources.files);
    if (read instanceof FileFault) {
      source.issues.push({ file, line: 1, column: 1, message: `the file cannot be read (${read.systemCode})` });
      continue;
    }
    if (read.readableByOthers) source.openFiles.add(file);
    const parsed = parseYaml({ file, ...read, env: sources.env });
    source.issues.push(...parsed.issues);
    if (parsed.root !== undefined) root = withFlows(root, parsed.root, source.issues);
  }
  return root;
}

/** The tree with further flows after its own. Anything but flows in `more` is an issue. */
export function withFlows(root: Located | undefined, more: Located, issues: ConfigIssue[]): Located | undefined {
  if (more.kind !== 'map') {
    issues.push({ ...more.place, message: 'a section with flows is expected here' });
    return root;
  }
  for (const entry of more.entries) {
    if (entry.key !== 'flows') {
      issues.push({
        ...entry.keyPlace,
        message: `files in conf.d hold flows only: put "${entry.key}" into the main file`,
      });
    }
  }
  const flows = entryOf(more, 'flows');
  if (flows === undefined || root?.kind !== 'map') return root;
  if (flows.value.kind !== 'list') {
    issues.push({ ...flows.value.place, message: 'flows must be a list' });
    return root;
  }
  const own = entryOf(root, 'flows');
  if (own !== undefined && own.value.kind !== 'list') return root;
  const items = [...(own?.value.kind === 'list' ? own.value.items : []), ...flows.value.items];
  const merged: LocatedEntry = { ...(own ?? flows), value: { kind: 'list', items, place: (own ?? flows).value.place } };
  return { ...root, entries: [...root.entries.filter((entry) => entry.key !== 'flows'), merged] };
}

export async function namesIn(directory: string, source: Source, files: ConfigReader): Promise<readonly string[]> {
  try {
    return [...(await files.list(directory))].sort();
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    if (fault.code !== 'not-found' && fault.code !== 'not-a-directory') {
      source.issues.push({
        file: directory,
        line: 1,
        column: 1,
        message: `the directory cannot be listed (${fault.systemCode})`,
      });
    }
    return [];
  }
}

export async function readOrFault(path: string, files: ConfigReader): Promise<ConfigText | FileFault> {
  try {
    return await files.read(path);
  } catch (fault) {
    if (fault instanceof FileFault) return fault;
    throw fault;
  }
}
