/**
 * The unit that runs a config, as far as its files tell. The service does not see all that the person sees who calls `check`: it has
 * a user and a /tmp of its own. Undefined: no unit is known to run the config, and there is nothing to say.
 *
 * Source: systemd.unit(5), search path and drop-ins.
 */
import { resolve } from 'node:path';
import type { ConfigReader } from '../../config/files/config-reader.ts';
import type { FlowConfig } from '../../config/model.ts';
import { type Problem, warning } from '../../config/issues/problem.ts';
import { FileFault } from '../../core/errors.ts';
import { basename, dirname, join } from '../../core/paths.ts';
import { javaAgentConfigPath } from '../usage/command-table.ts';

export interface ServiceUnit {
  readonly name: string;
  readonly user: string;
  /** The service does not see what others have in /tmp and /var/tmp. */
  readonly hasOwnTmp: boolean;
}

/** Files in later directories win over those in earlier ones. */
const directories = ['/usr/lib/systemd/system', '/run/systemd/system', '/etc/systemd/system'];

export async function serviceUnit(config: string, files: ConfigReader): Promise<ServiceUnit | undefined> {
  const path = resolve(config);
  if (path !== javaAgentConfigPath && dirname(path) !== '/etc/kinship') return undefined;
  const name = `${serviceName(path)}.service`;
  const template = name.replace(/@.*\./, '@.');
  let unit = '';
  const dropIns = new Map<string, string>();
  for (const directory of directories) {
    unit = (await textOf(join(directory, name), files)) ?? (await textOf(join(directory, template), files)) ?? unit;
    for (const parent of new Set([template, name])) {
      const place = join(directory, `${parent}.d`);
      for (const file of await namesOf(place, files)) dropIns.set(file, (await textOf(join(place, file), files)) ?? '');
    }
  }
  if (unit === '') return undefined;
  const text = [unit, ...[...dropIns].filter(([file]) => file.endsWith('.conf')).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, read]) => read)].join('\n');
  return { name, user: lastOf('User', text) ?? 'root', hasOwnTmp: !/^(no|false|off|0|)$/i.test(lastOf('PrivateTmp', text) ?? '') };
}

/** Warns of patterns whose files the service does not see, at their place in the config. */
export function unseenPatterns(flow: FlowConfig, unit: ServiceUnit): readonly Problem[] {
  if (!unit.hasOwnTmp) return [];
  const unseen = flow.tail.filePattern.filter((pattern) => /^\/(var\/)?tmp\//.test(pattern));
  return unseen.map((pattern) =>
    warning(
      ['filePattern'],
      `the service does not see ${pattern}: it has a /tmp and a /var/tmp of its own (PrivateTmp=); let it see yours with systemctl edit ${unit.name}: [Service] PrivateTmp=no, and a restart`,
    ),
  );
}

/** The service's user, where root calls the command: root may read more than that user. */
export function userBelow(userId: number | undefined, unit: ServiceUnit | undefined): string | undefined {
  return userId === 0 && unit?.user !== 'root' ? unit?.user : undefined;
}

/** Name of the service that runs `config`: `kinship@NAME`, or `kinship`, which also runs a config elsewhere if KINSHIP_OPTIONS names it. */
export function serviceName(config: string): string {
  const path = resolve(config);
  const name = basename(path).replace(/\.ya?ml$/, '');
  return dirname(path) !== '/etc/kinship' || name === 'kinship' ? 'kinship' : `kinship@${name}`;
}

/** The last setting of `key` wins. */
function lastOf(key: string, text: string): string | undefined {
  return [...text.matchAll(new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*(.*?)[ \\t]*$`, 'gm'))].at(-1)?.[1];
}

/** Undefined: the file cannot be read, so its text is not known. */
function textOf(path: string, files: ConfigReader): Promise<string | undefined> {
  return files.read(path).then(({ text }) => text, orNothing);
}

function namesOf(directory: string, files: ConfigReader): Promise<readonly string[]> {
  return files.list(directory).catch((fault: unknown) => orNothing(fault) ?? []);
}

function orNothing(fault: unknown): undefined {
  if (!(fault instanceof FileFault)) throw fault;
}
