/** Finds and loads the config a command works on, or ends the command with everything that is wrong with it. */
import { issueText } from '../config/issues/config-issue.ts';
import type { ConfigReader } from '../config/files/config-reader.ts';
import { variableMissing } from '../config/files/expand.ts';
import { type LoadedConfig, loadConfig, type LoadSources } from '../config/load.ts';
import { CommandError, FileFault } from '../core/errors.ts';
import { defaultConfigPath, javaAgentConfigPath } from './usage/command-table.ts';
import { exitCodes } from './usage/exit-codes.ts';
import { checkFlow } from './flows/flow-checks.ts';
import type { Invocation } from './usage/invocation.ts';
import { environmentFiles } from './host/service-environment.ts';

/** `--config`, else kinship's own file, else the Java agent's where only that exists. */
export async function configPath(invocation: Invocation, files: ConfigReader): Promise<string> {
  const { config } = invocation.options;
  if (config !== undefined) return config;
  for (const path of [defaultConfigPath, javaAgentConfigPath]) {
    try {
      await files.read(path);
      return path;
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      if (fault.code !== 'not-found') return path;
    }
  }
  throw new CommandError({
    message: `no config: neither ${defaultConfigPath} nor ${javaAgentConfigPath} exists`,
    exitCode: exitCodes.configError,
    hint: `name one with -c PATH, or begin with: kinship schema --example > ${defaultConfigPath}`,
  });
}

/** The checked config; warnings go to standard error. Throws a `CommandError` that lists every issue. */
export async function requireConfig(
  invocation: Invocation,
  sources: Omit<LoadSources, 'env'>,
): Promise<LoadedConfig & { kind: 'ok' }> {
  const path = await configPath(invocation, sources.files);
  const loaded = await loadConfig(path, { checkFlow, ...sources, env: invocation.env });
  for (const warning of loaded.warnings) invocation.stderr.write(`warning: ${issueText(warning)}\n`);
  if (loaded.kind === 'ok') return loaded;
  throw new CommandError({ message: loaded.issues.map(issueText).join('\n'), ...refusal(loaded, { path, invocation }) });
}

/** The exit code of a command that has no usable config, and a hint where the messages do not say what to do. */
export function refusal(
  { cause, issues }: InvalidConfig,
  { path, invocation }: { path: string; invocation: Invocation },
): { readonly exitCode: number; readonly hint?: string } {
  if (cause?.code === 'denied') return { exitCode: exitCodes.noPermission, hint: `run as a user that can read ${path}` };
  const exitCode = exitCodes.configError;
  if (!issues.some(({ message }) => message.startsWith(variableMissing))) return { exitCode };
  const { environmentDenied: denied } = invocation;
  if (denied !== undefined) return { exitCode, hint: `variables of the service are set in ${denied}, which this user may not read: use sudo, or set it there` };
  const files = environmentFiles(path);
  return files.length === 0 ? { exitCode } : { exitCode, hint: `set variables of the service in ${files.join(' or ')}` };
}

type InvalidConfig = Extract<LoadedConfig, { kind: 'invalid' }>;
