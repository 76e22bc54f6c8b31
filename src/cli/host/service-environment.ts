/**
 * The variables that systemd gives the service (EnvironmentFile= of the units), for commands that a person calls on its config.
 * Without them a `${VAR}` of an installed config, a proxy or a profile would not be the agent's, or would be missing.
 *
 * Only for configs of /etc/kinship, which belong to the units, and never for `run`: the agent's environment comes from who starts
 * it. A variable that the caller has set stands.
 */
import { resolve } from 'node:path';
import type { ConfigReader } from '../../config/files/config-reader.ts';
import { FileFault } from '../../core/errors.ts';
import { basename, dirname, join } from '../../core/paths.ts';
import { readEnvironmentFile } from './environment-file.ts';

export interface ServiceEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file that the service has and this user may not read. */
  readonly denied: string | undefined;
}

/** `config`: path of the command's config. */
export async function serviceEnvironment(config: string, files: Pick<ConfigReader, 'read'>): Promise<ServiceEnvironment> {
  const env: Record<string, string> = {};
  let denied: string | undefined;
  for (const path of environmentFiles(config)) {
    try {
      const { text } = await files.read(path);
      Object.assign(env, Object.fromEntries(readEnvironmentFile(text)));
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      if (fault.code === 'denied') denied ??= path;
    }
  }
  return { env, denied };
}

/** The files of kinship.service, or of kinship@NAME; later files win over earlier ones. Empty: the config belongs to no unit. */
export function environmentFiles(config: string): readonly string[] {
  const directory = '/etc/kinship';
  if (dirname(resolve(config)) !== directory) return [];
  const name = basename(config).replace(/\.ya?ml$/, '');
  const ofAll = join(directory, 'environment');
  return name === 'kinship' ? [ofAll] : [ofAll, join(directory, `${name}.environment`)];
}
