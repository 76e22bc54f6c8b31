/** The config of a command. Where that cannot be used: the socket of the agent that may have read it before. */
import { agentRootFields } from '../config/schema/agent-settings.ts';
import type { ConfigReader } from '../config/files/config-reader.ts';
import { expand } from '../config/files/expand.ts';
import type { LoadedConfig, LoadSources } from '../config/load.ts';
import { readOrFault } from '../config/source.ts';
import { CommandError, FileFault } from '../core/errors.ts';
import { configPath, requireConfig } from './config-file.ts';
import type { Invocation } from './usage/invocation.ts';

export type CommandConfig =
  | (LoadedConfig & { readonly kind: 'ok' })
  /** The config cannot be used. An agent that read it before goes on, and may listen at `controlSocket`. */
  | { readonly kind: 'broken'; readonly fault: CommandError; readonly controlSocket: string };

/** For commands that ask a running agent: people want its status most when the config is broken. */
export async function configOrSocket(invocation: Invocation, sources: Omit<LoadSources, 'env'>): Promise<CommandConfig> {
  try {
    return await requireConfig(invocation, sources);
  } catch (fault) {
    if (!(fault instanceof CommandError)) throw fault;
    const controlSocket = await likelySocket(invocation, sources.files);
    if (controlSocket === undefined) throw fault;
    return { kind: 'broken', fault, controlSocket };
  }
}

/** Undefined: the config that was named cannot be read at all, so nobody knows which agent it belongs to. */
async function likelySocket(invocation: Invocation, files: ConfigReader): Promise<string | undefined> {
  const path = await configPath(invocation, files).catch((fault: unknown) => {
    if (fault instanceof CommandError) return undefined;
    throw fault;
  });
  const read = path === undefined ? undefined : await readOrFault(path, files);
  if (read instanceof FileFault) return invocation.options.config === undefined ? controlSocketIn('', invocation.env) : undefined;
  return controlSocketIn(read?.text ?? '', invocation.env);
}

/** The controlSocket that a config names, also where the config as a whole is no valid YAML or JSON; else the default. */
export function controlSocketIn(text: string, env: Invocation['env']): string {
  const key = /(?:^|[\s{,])["']?controlSocket["']?\s*:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|((?:\$\{[^}]*\}|[^\s,}])+))/;
  const isComment = (line: string) => /^\s*(#|\/\/)/.test(line);
  const found = key.exec(text.split('\n').filter((line) => !isComment(line)).join('\n'));
  const expanded = expand(found?.[1] ?? found?.[2] ?? found?.[3] ?? '', env);
  const path = expanded.kind === 'expanded' ? expanded.text : '';
  return path === '' ? agentRootFields.controlSocket.parse(undefined) : path;
}
