/** What SQLite and the system say of a store, as faults that tell a person what to do. */
import Database from 'better-sqlite3';
import { StoreFault, type StoreFaultCode } from '../core/errors.ts';

/** What to do about each. */
export const storeHints: Readonly<Record<StoreFaultCode, string>> = {
  busy: 'another process holds it: is a second kinship running with the same checkpointFile?',
  full: 'free some disk space',
  corrupt: 'it is set aside and a new one is begun',
  foreign: 'choose another checkpointFile',
  misplaced: 'something else stands there, or above it: choose another checkpointFile',
  newer: 'run the version of kinship that wrote it; with another checkpointFile, initialPosition decides what is read',
  denied: 'let the user that runs kinship write the directory of checkpointFile',
  other: 'look at the disk and its permissions; it is tried again',
};

/** SQLite's result codes (sqlite.org/rescode.html) and errno names → what it means for us. Anything else is a bug: thrown on. */
export function asStoreFault(cause: unknown, path: string): StoreFault {
  if (cause instanceof StoreFault) return cause;
  if (!(cause instanceof Database.SqliteError) && !isSystemError(cause)) throw cause;
  const code = storeCode(cause.code);
  return new StoreFault({ code, message: `${path}: ${cause.message}`, hint: storeHints[code], cause });
}

function isSystemError(cause: unknown): cause is Error & { readonly code: string } {
  return cause instanceof Error && 'errno' in cause && 'code' in cause && typeof cause.code === 'string';
}

function storeCode(systemCode: string): StoreFaultCode {
  if (/^SQLITE_(BUSY|LOCKED)/.test(systemCode)) return 'busy';
  if (systemCode === 'SQLITE_FULL' || systemCode === 'ENOSPC' || systemCode === 'EDQUOT') return 'full';
  if (/^(EEXIST|EISDIR|ENOTDIR)$/.test(systemCode)) return 'misplaced';
  if (systemCode === 'SQLITE_NOTADB') return 'foreign';
  if (systemCode.startsWith('SQLITE_CORRUPT')) return 'corrupt';
  if (/^(SQLITE_(CANTOPEN|READONLY|PERM|AUTH)|EACCES|EPERM|EROFS)/.test(systemCode)) return 'denied';
  return 'other';
}
