/** Config files that hold static keys are for their owner's eyes only. Pure: the caller brings the file's mode. */
import type { CredentialsSettings } from './config.ts';

const GROUP_OR_WORLD = 0o077;

/**
 * What is wrong with a config file of mode `mode` (the permission bits of stat(2)) that holds `credentials`, as a
 * sentence with its remedy; `undefined` when nothing is. Only a secret access key written into the file counts.
 */
export function exposedSecrets(
  file: { readonly path: string; readonly mode: number },
  credentials: readonly (CredentialsSettings | undefined)[],
): string | undefined {
  const holdsSecrets = credentials.some((settings) => settings?.secretAccessKey !== undefined);
  if (!holdsSecrets || (file.mode & GROUP_OR_WORLD) === 0) return undefined;
  const mode = (file.mode & 0o777).toString(8).padStart(4, '0');
  return `${file.path} holds a secretAccessKey and is open to others than its owner (mode ${mode}): chmod 0600 ${file.path}, or use a profile or a role`;
}
