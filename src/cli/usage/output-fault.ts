/** How a command ends when standard output cannot be written, and what a person can do then. */
import { CommandError } from '../../core/errors.ts';
import { exitCodes } from './exit-codes.ts';

/** Source: errno(3). */
const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'free some disk space where it goes',
  EDQUOT: 'free some disk space where it goes, or raise the quota',
  EFBIG: 'raise the limit of a file’s size (ulimit -f)',
};

/** Undefined: the reader went away (`kinship try | head`), which ends the command quietly, as it ends any other in a pipe. */
export function outputFault(error: NodeJS.ErrnoException): CommandError | undefined {
  const { code = error.message } = error;
  if (code === 'EPIPE') return undefined;
  return new CommandError({
    message: `standard output cannot be written (${code})`,
    exitCode: exitCodes.cannotWrite,
    hint: hints[code] ?? 'see where it is redirected to',
    cause: error,
  });
}
