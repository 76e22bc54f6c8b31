/**
 * Lets one process at a time write to a store: two agents on one store would each send every line, and overwrite each other's
 * positions.
 *
 * Beside the store lies an empty file whose only use is to be locked by SQLite (sqlite.org/lockingv3.html, fcntl(2)). The kernel
 * releases the lock however the process ends, and the lock also holds between containers that share a directory. The store itself
 * is not locked: a command that has no agent to ask reads the store while it is in use.
 */
import { chownSync, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StoreFault } from '../core/errors.ts';
import { FilePlace } from './file-place.ts';
import { asStoreFault, storeHint, whyUnwritable } from './store-faults.ts';

/** `isTaken` of another process shares the lock for a moment: `take` waits until that is over. */
const ASKED_MS_MAX = 50;

export class StoreLock implements Disposable {
  readonly #database: Database.Database;
  readonly #place: FilePlace;

  private constructor(database: Database.Database) {
    this.#database = database;
    this.#place = new FilePlace(database.name);
  }

  /** False: a process that asks for the lock now finds another file, or none. */
  get holds(): boolean {
    return this.#place.isKept;
  }

  /** Takes the lock of the store at `path`. Throws a `StoreFault`: `busy` where another process has it. */
  static take(path: string, options: Database.Options): StoreLock {
    let database: Database.Database | undefined;
    try {
      database = new Database(lockPath(path), { ...options, timeout: ASKED_MS_MAX });
      // The lock file is never written to, so it needs no journal. On a full disk a journal would keep the agent from starting.
      database.pragma('journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
      giveToOwner(path);
      // For a file that this user may not write, SQLite gives a shared lock in place of the exclusive one.
      if (whyUnwritable(lockPath(path)) !== undefined) {
        throw new StoreFault({ code: 'denied', message: `${lockPath(path)} cannot be written`, hint: storeHint('denied', { path }) });
      }
      return new StoreLock(database);
    } catch (cause) {
      database?.close();
      const fault = asStoreFault(cause, { path });
      if (fault.code !== 'busy') throw fault;
      throw new StoreFault({
        code: 'busy',
        message: `another kinship uses the checkpointFile ${path}`,
        hint: 'stop it first, or give this one its own checkpointFile and controlSocket',
        cause,
      });
    }
  }

  /** Whether another process has the lock of the store at `path`. Also false where this user may not read the lock file. */
  static isTaken(path: string, options: Database.Options): boolean {
    if (!existsSync(lockPath(path))) return false;
    let database: Database.Database | undefined;
    try {
      database = new Database(lockPath(path), { ...options, readonly: true, fileMustExist: true, timeout: 0 });
      // Reading takes SQLite's shared lock, which nobody gets beside the exclusive one.
      database.prepare('SELECT 1 FROM sqlite_master').get();
      return false;
    } catch (cause) {
      return asStoreFault(cause, { path, readonly: true }).code === 'busy';
    } finally {
      database?.close();
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function lockPath(path: string): string {
  return `${path}.lock`;
}

/** A lock file that root made, for `checkpoints reset` say, is given to the store's owner: otherwise the agent could not lock it. */
function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(existsSync(path) ? path : dirname(path));
  chownSync(lockPath(path), uid, gid);
}
