/** `kinship version`. */
import { exitCodes } from './usage/exit-codes.ts';
import type { Invocation } from './usage/invocation.ts';

export async function versionCommand(invocation: Invocation): Promise<number> {
  invocation.stdout.write(
    `kinship ${invocation.version} (node ${process.versions.node}, ${process.platform}-${process.arch})\n`,
  );
  return exitCodes.done;
}
