/**
 * Reads a config from its files and checks all of it. Guarantees: never rejects for anything that stands in a file;
 * every fault is found in one go, with file, line and column; an `ok` config needs no further check by anyone.
 */
import { FileFault } from '../core/errors.ts';
import { readAgentSource } from './agent-source.ts';
import { checkConfig, type FlowCheck } from './check.ts';
import type { ConfigIssue } from './issues/config-issue.ts';
import { isJsonFile } from './files/json-file.ts';
import type { AgentConfig } from './model.ts';
import type { Problem } from './issues/problem.ts';
import { readYamlSource, type SourceFiles } from './source.ts';

export interface LoadSources extends SourceFiles {
  readonly checkFlow?: FlowCheck;
}

export type LoadedConfig =
  | {
      readonly kind: 'ok';
      readonly config: AgentConfig;
      readonly warnings: readonly ConfigIssue[];
      /** Gives a problem that is found later its place in the files. `flow` is an index into `config.flows`. */
      readonly locate: (flow: number, problem: Problem) => ConfigIssue;
    }
  | {
      readonly kind: 'invalid';
      readonly issues: readonly ConfigIssue[];
      readonly warnings: readonly ConfigIssue[];
      /** Why the main file could not be read at all. */
      readonly cause?: FileFault;
    };

/** Why a file cannot be read, where its path is to blame. */
const reasons = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'there is no such file: something in its path is no directory'],
  ['EISDIR', 'this is a directory: name the file in it that is the config'],
  ['ELOOP', 'its symbolic links form a loop'],
  ['ENAMETOOLONG', 'the path is longer than Linux takes'],
  ['EFBIG', 'the file is larger than 16 MiB: is it a config?'],
  ['no regular file', 'this is a FIFO, a socket or a device: a config is a file'],
]);

export async function loadConfig(path: string, sources: LoadSources): Promise<LoadedConfig> {
  const read = isJsonFile(path) ? readAgentSource : readYamlSource;
  const source = await read(path, sources);
  if (source instanceof FileFault) {
    const message = reasons.get(source.systemCode) ?? `the config cannot be read (${source.systemCode})`;
    return { kind: 'invalid', issues: [{ file: path, line: 1, column: 1, message }], warnings: [], cause: source };
  }
  const { config, issues, warnings, locate } = checkConfig(path, source, sources.checkFlow);
  return config === undefined ? { kind: 'invalid', issues, warnings } : { kind: 'ok', config, warnings, locate };
}
