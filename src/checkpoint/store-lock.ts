/**
 * One process a store: two agents on one would each send every line, and each overwrite the other's positions.
 *
 * Beside the store lies an empty file whose only use is to be locked by SQLite (sqlite.org/lockingv3.html, fcntl(2)). The kernel
 * takes that lock back however the process ends, and it holds between containers that share a directory, too. Not the store
 * itself: whoever has no agent to ask reads that while it is in use.
 */
import { chownSync, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StoreFault } from '../core/errors.ts';
import { FilePlace } from './file-place.ts';
import { asStoreFault, storeHint, whyUnwritable } from './store-faults.ts';

/** Who only asks whether it is taken shares it for a moment: that is waited out. */
const ASKED_MS_MAX = 50;

export class StoreLock implements Disposable {
  readonly #database: Database.Database;
  readonly #place: FilePlace;

  private constructor(database: Database.Database) {
    this.#database = database;
    this.#place = new FilePlace(database.name);
  }

  /** False: whoever asks for the lock now finds another file. */
  get holds(): boolean {
    return this.#place.isKept;
  }

  /** Takes the lock of the store at `path`. Throws a `StoreFault`: `busy` where another process has it. */
  static take(path: string, options: Database.Options): StoreLock {
    let database: Database.Database | undefined;
    try {
      database = new Database(lockPath(path), { ...options, timeout: ASKED_MS_MAX });
      // Nothing is ever written: a journal on a full disk would keep the agent from starting.
      database.pragma('journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
      giveToOwner(path);
      // Of what this user may not write, SQLite gives a shared lock for an exclusive one.
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

  /** Whether another process has the lock of the store at `path`, as far as this user may know. */
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

/** What root makes, for `checkpoints reset` say, is the store's user's: else the agent could not lock it. */
function giveToOwner(path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(existsSync(path) ? path : dirname(path));
  chownSync(lockPath(path), uid, gid);
}
