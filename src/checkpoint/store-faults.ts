/** Turns errors of SQLite and of the system about a store into faults that tell a person what to do. */
import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import Database from 'better-sqlite3';
import { assertNever } from '../core/assert.ts';
import { StoreFault, type StoreFaultCode } from '../core/errors.ts';
import { LOST_FILE_SYSTEM_HINT } from '../core/read-hint.ts';
import { writeHint } from '../core/write-hint.ts';

/** Which store, and whether it is opened for reading only. A reader sets nothing aside and does not try again. */
export interface StoreUse {
  readonly path: string;
  readonly readonly?: boolean;
}

/** The fault for SQLite's result codes (sqlite.org/rescode.html) and errno names. Any other error is a bug, and is thrown again. */
export function asStoreFault(cause: unknown, use: StoreUse): StoreFault {
  if (cause instanceof StoreFault) return cause;
  // better-sqlite3 checks the directory itself, before SQLite does.
  if (cause instanceof TypeError && cause.message.includes('directory does not exist')) {
    return new StoreFault({ code: 'denied', message: `the directory ${dirname(use.path)} is not there`, hint: storeHint('denied', use), cause });
  }
  if (mayLackHandles(cause) && !isLockedOut(use) && areHandlesUsedUp()) {
    return new StoreFault({ code: 'too-many-open', message: `${use.path}: too many open files`, hint: storeHint('too-many-open', use), cause });
  }
  if (!(cause instanceof Database.SqliteError) && !isSystemError(cause)) throw cause;
  const code = storeCode(cause.code);
  return new StoreFault({ code, message: `${use.path}: ${cause.message}`, hint: storeHint(code, use, cause.code), cause });
}

/** What a person can do about a fault with this code; `systemCode`: with what SQLite or the system refused, where one of them did. */
export function storeHint(code: StoreFaultCode, use: StoreUse, systemCode = ''): string {
  switch (code) {
    case 'busy':
      return use.readonly === true
        ? 'another process holds it: try again, and where that goes on, see which one (fuser)'
        : 'another process holds it: is a second kinship running with the same checkpointFile?';
    case 'full':
      return 'free some disk space';
    case 'corrupt':
      return 'kinship run sets it aside when it starts and begins a new one, so that initialPosition decides what is read; to keep positions, restore a backup of it first';
    case 'foreign':
      return 'is that the right checkpointFile? kinship run sets it aside when it starts, and begins a new one in its place';
    case 'misplaced':
      if (systemCode === 'ELOOP') return 'its symbolic links form a loop: correct them, or choose another checkpointFile';
      if (systemCode === 'ENAMETOOLONG') return 'its name, or its whole path, is longer than Linux takes (255 and 4095 bytes): choose another checkpointFile';
      return 'something else stands there, or above it, or nothing can be made there: choose another checkpointFile';
    case 'newer':
      return 'run the version of kinship that wrote it; with another checkpointFile, initialPosition decides what is read';
    case 'denied':
      return use.readonly === true ? unreadableHint(use.path, systemCode) : lockedOutHint(use.path, systemCode);
    case 'too-many-open':
      return 'raise LimitNOFILE of the service; elsewhere, ulimit -n';
    case 'other':
      if (systemCode === 'ENOTCONN') return LOST_FILE_SYSTEM_HINT;
      return 'look at the disk, and at what the system says of it (dmesg)';
    default:
      return assertNever(code);
  }
}

/** Names the file of the store that this user may not write, else the directory of the store: it may be one where nobody can make files. */
function lockedOutHint(path: string, systemCode: string): string {
  const directory = dirname(path);
  const isMissing = !existsSync(directory);
  if (isReadOnly(path, systemCode)) {
    const hint = writeHint('EROFS', [directory]);
    return isMissing ? `make the directory ${directory} for the user that runs kinship; ${hint}` : hint;
  }
  const file = lockedFile(path);
  if (file !== undefined) return writeHint('EACCES', [file]);
  const rights = isMissing ? `make the directory ${directory} and let the user that runs kinship write it` : writeHint('EACCES', [`the directory ${directory}`]);
  return `${rights}, or choose another checkpointFile`;
}

/** SQLite makes files beside a store also to read it. */
function unreadableHint(path: string, systemCode: string): string {
  if (!isReadOnly(path, systemCode)) return 'run as the agent’s user, or as root';
  return `its file system is read-only (findmnt, dmesg), where SQLite cannot read it: copy ${basename(path)}* elsewhere, and name the copy as checkpointFile in a copy of the config`;
}

function isReadOnly(path: string, systemCode: string): boolean {
  return systemCode === 'EROFS' || [dirname(path), path].some((place) => whyUnwritable(place) === 'EROFS');
}

/** The first file of the store that is there and that this user may not write. */
function lockedFile(path: string): string | undefined {
  const files = ['', '-wal', '-shm', '.lock'].map((suffix) => path + suffix).filter((file) => existsSync(file));
  return files.find((name) => whyUnwritable(name) !== undefined);
}

function isLockedOut({ path }: StoreUse): boolean {
  return lockedFile(path) !== undefined || whyUnwritable(dirname(path)) !== undefined;
}

/**
 * SQLite answers a lack of handles with CANTOPEN, and a lack of rights too. Before SQLite is loaded, it is the addon that cannot be
 * opened.
 */
function mayLackHandles(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('code' in cause)) return false;
  return cause.code === 'ERR_DLOPEN_FAILED' || ['denied', 'too-many-open'].includes(storeCode(String(cause.code)));
}

/** Handles for a store, its journal, its index, its lock, and what SQLite opens besides. */
const HANDLES_OF_STORE = 8;

/** Whether fewer files can be opened than a store needs. SQLite has already closed those that it had opened. */
function areHandlesUsedUp(): boolean {
  const handles: number[] = [];
  try {
    while (handles.length < HANDLES_OF_STORE) handles.push(openSync('/', 'r'));
    return false;
  } catch (cause) {
    return isSystemError(cause) && storeCode(cause.code) === 'too-many-open';
  } finally {
    for (const handle of handles) closeSync(handle);
  }
}

/** The errno name with which the system keeps this user from reading and writing the file; `undefined`: it does not. */
export function whyUnwritable(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (cause) {
    if (isSystemError(cause)) return cause.code;
    throw cause;
  }
}

function isSystemError(cause: unknown): cause is Error & { readonly code: string } {
  return cause instanceof Error && 'errno' in cause && 'code' in cause && typeof cause.code === 'string';
}

function storeCode(systemCode: string): StoreFaultCode {
  if (/^SQLITE_(BUSY|LOCKED)/.test(systemCode)) return 'busy';
  if (systemCode === 'SQLITE_FULL' || systemCode === 'ENOSPC' || systemCode === 'EDQUOT') return 'full';
  // ENOENT: of a file that is to be made, in a directory that is there.
  if (/^(EEXIST|EISDIR|ENOTDIR|ENOENT|ELOOP|ENAMETOOLONG)$/.test(systemCode)) return 'misplaced';
  if (systemCode === 'EMFILE' || systemCode === 'ENFILE') return 'too-many-open';
  if (systemCode === 'SQLITE_NOTADB') return 'foreign';
  if (systemCode.startsWith('SQLITE_CORRUPT')) return 'corrupt';
  if (/^(SQLITE_(CANTOPEN|READONLY|PERM|AUTH)|EACCES|EPERM|EROFS)/.test(systemCode)) return 'denied';
  return 'other';
}
