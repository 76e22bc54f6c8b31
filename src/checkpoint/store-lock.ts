/**
 * One process a store: two agents on one would each send every line, and each overwrite the other's positions.
 *
 * Beside the store lies an empty file whose only use is to be locked by SQLite (sqlite.org/lockingv3.html, fcntl(2)). The kernel
 * takes that lock back however the process ends, and it holds between containers that share a directory, too. Not the store
 * itself: whoever has no agent to ask reads that while it is in use.
 */
import Database from 'better-sqlite3';
import { StoreFault } from '../core/errors.ts';
import { FilePlace } from './file-place.ts';
import { asStoreFault } from './store-faults.ts';

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
      database = new Database(`${path}.lock`, { ...options, timeout: 0 });
      database.exec('BEGIN EXCLUSIVE');
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

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
