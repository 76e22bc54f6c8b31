/**
 * Positions in SQLite: one row for each file generation, one transaction for each commit (WAL, synchronous=FULL: a commit
 * that returned survives a power cut).
 *
 * This class handles one opened file. open-store.ts decides which file, and what happens to a file that cannot be used.
 */
import Database from 'better-sqlite3';
import type { CheckpointChange, CheckpointRow, DirectorySeen, FlowLook } from '../core/checkpoint-row.ts';
import { StoreFault } from '../core/errors.ts';
import { pathToBytes } from '../core/file-path.ts';
import { type GenerationRecord, pathOf, recordOf, rowOf, type StoredPath } from './generation-record.ts';
import { asStoreFault, storeHint, type StoreUse } from './store-faults.ts';

/** Marks the file as ours (PRAGMA application_id): "knsp". */
const APPLICATION_ID = 0x6b6e7370;
const SCHEMA_VERSION = 7;

const ENDS = ['read_ends', 'seen_ends', 'cut_in_place'].map((name) => `${name} TEXT NOT NULL DEFAULT ''`);
const LOOKS = 'CREATE TABLE looks (flow TEXT NOT NULL PRIMARY KEY, wall_ms INTEGER NOT NULL) WITHOUT ROWID;';
/** By layout: the SQL that leads to the next one. New columns come last, as they do in `SCHEMA`. */
const MIGRATIONS: ReadonlyMap<number, string> = new Map([
  [1, "ALTER TABLE generations ADD COLUMN cuts TEXT NOT NULL DEFAULT ''"],
  [2, `ALTER TABLE generations ADD COLUMN waits TEXT NOT NULL DEFAULT ''; ${LOOKS}`],
  [3, ENDS.map((column) => `ALTER TABLE generations ADD COLUMN ${column};`).join(' ')],
  [4, 'ALTER TABLE directories ADD COLUMN changed_ms REAL'],
  [5, 'ALTER TABLE generations ADD COLUMN began INTEGER'],
  // Layout 6 has digests of fewer bytes than are compared now.
  [6, "UPDATE generations SET read_ends = '', seen_ends = ''"],
]);

const SCHEMA = `
  CREATE TABLE generations (
    flow TEXT NOT NULL, generation INTEGER NOT NULL,
    path TEXT NOT NULL, original_path TEXT NOT NULL,
    device TEXT NOT NULL, inode TEXT NOT NULL, birth_ms REAL,
    head_length INTEGER NOT NULL, head_digest TEXT NOT NULL, tail_marker TEXT NOT NULL,
    offset INTEGER NOT NULL, size INTEGER NOT NULL, modified_ms REAL NOT NULL,
    state TEXT NOT NULL, storage TEXT NOT NULL, updated_ms INTEGER NOT NULL, cuts TEXT NOT NULL DEFAULT '',
    waits TEXT NOT NULL DEFAULT '', ${ENDS.join(', ')}, began INTEGER,
    PRIMARY KEY (flow, generation)
  ) WITHOUT ROWID;
  CREATE TABLE directories (flow TEXT NOT NULL, directory TEXT NOT NULL, changed_ms REAL, PRIMARY KEY (flow, directory)) WITHOUT ROWID;
  ${LOOKS}
`;

export interface SqliteStoreOptions {
  readonly path: string;
  readonly binding: Pick<Database.Options, 'nativeBinding'>;
  readonly readonly: boolean;
  /** The file was a store before. Without tables it is damaged, not new. */
  readonly isKnown?: boolean;
}

interface DirectoryRecord {
  flow: string;
  directory: StoredPath;
  /** Absent in an older layout that was opened for reading, and so not migrated. */
  changed_ms?: number | null;
}

export class SqliteStore {
  readonly #use: StoreUse;
  readonly #database: Database.Database;
  readonly #commit: (change: CheckpointChange) => void;

  /** Opens the file, and makes it where there is none. Use `openSqliteStore`. */
  constructor(options: SqliteStoreOptions) {
    this.#use = options;
    this.#database = new Database(options.path, {
      readonly: options.readonly,
      fileMustExist: options.readonly,
      timeout: 2000,
      ...options.binding,
    });
    try {
      this.#prepareFile(options);
      this.#commit = options.readonly ? refuse : this.#prepareCommit();
    } catch (cause) {
      this.#database.close();
      throw cause;
    }
  }

  load(): readonly CheckpointRow[] {
    return this.#guard(() => {
      const records = this.#database.prepare<[], GenerationRecord>('SELECT * FROM generations ORDER BY flow, generation').all();
      return records.map(rowOf);
    });
  }

  directories(): readonly (DirectorySeen & { readonly flow: string })[] {
    return this.#guard(() => {
      const records = this.#database.prepare<[], DirectoryRecord>('SELECT * FROM directories').all();
      return records.map(({ flow, directory, changed_ms: changedMs }) => ({ flow, directory: pathOf(directory), changedMs: changedMs ?? undefined }));
    });
  }

  looks(): readonly FlowLook[] {
    return this.#guard(() => {
      // An older layout that was opened for reading is not migrated, and lacks the table.
      const table = this.#database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'looks'").get();
      if (table === undefined) return [];
      return this.#database.prepare<[], FlowLook>('SELECT flow, wall_ms AS wallMs FROM looks').all();
    });
  }

  commit(change: CheckpointChange): void {
    this.#guard(() => this.#commit(change));
  }

  close(): void {
    this.#database.close();
  }

  /** Writes all that is committed into a new store at a path where nothing is. The new store is safe on the disk. */
  copyTo(path: string): void {
    this.#guard(() => this.#database.prepare('VACUUM INTO ?').run(path));
  }

  /** Puts all that is committed into the main file, which is then whole without its journal. */
  settle(): void {
    this.#guard(() => this.#database.pragma('wal_checkpoint(TRUNCATE)'));
  }

  get isOpen(): boolean {
    return this.#database.open;
  }

  #prepareFile({ readonly, isKnown = false }: SqliteStoreOptions): void {
    const database = this.#database;
    const applicationId = database.pragma('application_id', { simple: true });
    const version = database.pragma('user_version', { simple: true });
    const tables = database.prepare("SELECT count(*) AS count FROM sqlite_master").get() as { count: number };
    if (tables.count === 0 && isKnown) {
      throw new StoreFault({ code: 'corrupt', message: `${this.#use.path} holds no positions any more`, hint: storeHint('corrupt', this.#use) });
    }
    if (tables.count > 0 && applicationId !== APPLICATION_ID) {
      throw new StoreFault({ code: 'foreign', message: `${this.#use.path} is a database of another program`, hint: storeHint('foreign', this.#use) });
    }
    if (tables.count > 0 && version !== SCHEMA_VERSION && !MIGRATIONS.has(Number(version))) {
      throw new StoreFault({
        code: 'newer',
        message: `${this.#use.path} has layout ${String(version)}, this kinship knows ${SCHEMA_VERSION}`,
        hint: storeHint('newer', this.#use),
      });
    }
    if (readonly) return;
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    if (tables.count > 0) {
      const check = database.pragma('quick_check(1)', { simple: true });
      if (check !== 'ok') throw new StoreFault({ code: 'corrupt', message: `${this.#use.path} is damaged: ${String(check)}`, hint: storeHint('corrupt', this.#use) });
      this.#migrate(Number(version));
      return;
    }
    database.transaction(() => {
      database.exec(SCHEMA);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })();
  }

  /** Step by step from layout `from` to the present one, all or nothing. */
  #migrate(from: number): void {
    if (from === SCHEMA_VERSION) return;
    const database = this.#database;
    database.transaction(() => {
      for (let version = from; version < SCHEMA_VERSION; version += 1) database.exec(MIGRATIONS.get(version) ?? '');
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })();
  }

  #prepareCommit(): (change: CheckpointChange) => void {
    const upsert = this.#database.prepare(
      `INSERT OR REPLACE INTO generations VALUES
       (@flow, @generation, @path, @original_path, @device, @inode, @birth_ms, @head_length, @head_digest, @tail_marker,
        @offset, @size, @modified_ms, @state, @storage, @updated_ms, @cuts, @waits, @read_ends, @seen_ends, @cut_in_place, @began)`,
    );
    const remove = this.#database.prepare('DELETE FROM generations WHERE flow = ? AND generation = ?');
    const see = this.#database.prepare('INSERT OR REPLACE INTO directories VALUES (?, ?, ?)');
    const look = this.#database.prepare('INSERT OR REPLACE INTO looks VALUES (?, ?)');
    return this.#database.transaction((change: CheckpointChange) => {
      for (const row of change.upserts) upsert.run(recordOf(row));
      for (const { flow, generation } of change.removals) remove.run(flow, generation);
      for (const { flow, directory, changedMs } of change.directoriesSeen) see.run(flow, pathToBytes(directory), changedMs ?? null);
      for (const { flow, wallMs } of change.looks) look.run(flow, Math.floor(wallMs));
    });
  }

  #guard<Result>(action: () => Result): Result {
    if (!this.isOpen) throw new StoreFault({ code: 'other', message: `${this.#use.path} is not open`, hint: storeHint('other', this.#use) });
    try {
      return action();
    } catch (cause) {
      throw asStoreFault(cause, this.#use);
    }
  }
}

function refuse(): never {
  throw new StoreFault({ code: 'denied', message: 'the store was opened for reading', hint: 'this is a bug of the caller' });
}
