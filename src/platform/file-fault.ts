/** What the operating system says (errno), as the agent's `FileFault`. Source: errno(3), open(2), read(2). */
import { FileFault, type FileFaultCode } from '../core/errors.ts';

const codes = new Map<string, FileFaultCode>([
  ['ENOENT', 'not-found'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['EMFILE', 'too-many-open'],
  ['ENFILE', 'too-many-open'],
  ['ENOTDIR', 'not-a-directory'],
  ['ESTALE', 'stale'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
]);

/** The errno name of an error of Node (`ENOENT`), or of its own checks (`ERR_INVALID_ARG_VALUE`). */
export function systemCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

export function toFileFault(error: unknown, path: string): FileFault {
  const systemCode = systemCodeOf(error);
  return new FileFault({ code: codes.get(systemCode) ?? 'other', systemCode, path, cause: error });
}

/** Awaits `operation`; whatever it rejects with comes out as a `FileFault` about `path`. */
export async function orFileFault<Result>(path: string, operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    throw error instanceof FileFault ? error : toFileFault(error, path);
  }
}
