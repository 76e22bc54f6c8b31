/**
 * Opens the store of positions, for an agent or for a command that only reads it.
 *
 * Only one process at a time writes to a store (store-lock.ts). A file that is not ours or is damaged is never written to: it
 * is set aside under a dated name and reported, and an empty store takes its place, so `initialPosition` decides anew. A file of
 * a newer kinship stays where it is and is refused: its positions are good, and a user who went back to an older program wants them.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import type { CheckpointChange } from '../core/checkpoint-row.ts';
import { StoreFault } from '../core/errors.ts';
import type { CheckpointStore, StoreRestored } from '../core/ports.ts';
import { FilePlace } from './file-place.ts';
import { makeDirectories } from './make-directories.ts';
import { SqliteStore } from './sqlite-store.ts';
import { asStoreFault, storeHint } from './store-faults.ts';
import { StoreLock } from './store-lock.ts';

export interface StoreOptions {
  readonly path: string;
  /** For the dated name of a file that is set aside. */
  readonly wallMs: () => number;
  /** The addon, where it is not found beside the package (single binary). */
  readonly nativeBinding?: object | undefined;
  readonly readonly?: boolean;
  /** A file that is empty, damaged or not ours stays as it is: a fault. */
  readonly keepsUnusable?: boolean;
}

export interface OpenedStore {
  readonly store: CheckpointStore;
  /** Where the unusable file that stood in the store's place was put, and why. */
  readonly setAside?: { readonly path: string; readonly reason: string };
  /** The file was there but empty, as a power cut or a full disk leaves it: positions are missing. */
  readonly wasEmpty?: boolean;
}

/** The files that belong to a store, by the suffix after the store's path. */
const PARTS = ['', '-wal', '-shm'];

/**
 * Opens (and makes) the store. Throws a `StoreFault` where the directory cannot be written, the disk is full, the file was
 * written by a newer kinship, something else than a file stands there, or another process writes to it.
 */
export function openSqliteStore(options: StoreOptions): OpenedStore {
  const { path } = options;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new StoreFault({ code: 'misplaced', message: `${path} is a directory`, hint: storeHint('misplaced', options) });
    }
    if (options.readonly === true) return { store: new ReadStore({ path, binding: bindingOf(options), readonly: true }) };
    makeDirectories(dirname(path));
    return KeptStore.open(options);
  } catch (cause) {
    throw asStoreFault(cause, options);
  }
}

/** Whether a process writes to the store, also one that answers on no control socket. Asking does not disturb that process. */
export function isStoreInUse(options: Pick<StoreOptions, 'path' | 'nativeBinding'>): boolean {
  return StoreLock.isTaken(options.path, bindingOf(options));
}

/** better-sqlite3 accepts the addon object itself in place of its path; the published types know only the path. */
function bindingOf({ nativeBinding }: Pick<StoreOptions, 'nativeBinding'>): Pick<Database.Options, 'nativeBinding'> {
  return nativeBinding === undefined ? {} : { nativeBinding: nativeBinding as unknown as string };
}

/** Undefined: nothing is there. */
function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function placesOf(path: string): ReadonlyMap<string, FilePlace> {
  return new Map(PARTS.map((part) => [part, new FilePlace(path + part)]));
}

const EMPTY_HINT = 'kinship run begins anew in it when it starts, where initialPosition says; to keep positions, restore a backup of it first';

/** A mark beside a store that is being made. A process that is killed meanwhile leaves it, so that the next start reports no positions as missing. */
function markOf(path: string): string {
  return `${path}.kinship-first-start`;
}

/**
 * Makes an empty file and its mark; undefined: a file is there already. `takeBack` removes the new file where no store came of it: the
 * next start would report positions as missing that never were. It removes no file that was there before or that stands in the place of
 * the new one by now: such a file may be a store.
 */
function makeFile(path: string): { takeBack(): void } | undefined {
  if (existsSync(path)) return undefined;
  const parts = PARTS.filter((part) => !existsSync(path + part));
  writeFileSync(markOf(path), '');
  try {
    closeSync(openSync(path, 'wx', 0o644));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return undefined;
    throw cause;
  }
  const place = new FilePlace(path);
  return {
    takeBack: () => {
      if (place.isKept) for (const part of parts.toReversed()) rmSync(path + part, { force: true });
      rmSync(markOf(path), { force: true });
    },
  };
}

/** Moves what stands in the store's place to a dated name, which is returned. */
function setAside({ path, wallMs }: StoreOptions): string {
  const target = `${path}.unusable-${new Date(wallMs()).toISOString().replaceAll(/[:.]/g, '-')}`;
  for (const part of PARTS) if (existsSync(path + part)) renameSync(path + part, target + part);
  return target;
}

class ReadStore extends SqliteStore implements CheckpointStore {
  secure(): undefined {
    return undefined;
  }
}

/** The store of a running agent: `secure` puts it back where its files were deleted or replaced. */
class KeptStore implements CheckpointStore {
  readonly #options: StoreOptions;
  #lock: StoreLock;
  #store: SqliteStore;
  /** The journal's place counts too: commits that SQLite has not checkpointed yet are in the journal alone. */
  #places: ReadonlyMap<string, FilePlace>;

  private constructor(options: StoreOptions, lock: StoreLock) {
    this.#options = options;
    this.#lock = lock;
    this.#store = this.#open();
    this.#places = placesOf(options.path);
  }

  static open(options: StoreOptions): OpenedStore {
    const { path } = options;
    const lock = StoreLock.take(path, bindingOf(options));
    try {
      return KeptStore.#openOrSetAside(options, lock);
    } catch (cause) {
      lock[Symbol.dispose]();
      throw cause;
    }
  }

  static #openOrSetAside(options: StoreOptions, lock: StoreLock): OpenedStore {
    const { path, keepsUnusable = false } = options;
    const wasEmpty = sizeOf(path) === 0 && !existsSync(`${path}-wal`) && !existsSync(markOf(path));
    if (wasEmpty && keepsUnusable) throw new StoreFault({ code: 'corrupt', message: `${path} is empty`, hint: EMPTY_HINT });
    const made = makeFile(path);
    try {
      const store = new KeptStore(options, lock);
      rmSync(markOf(path), { force: true });
      return { store, wasEmpty };
    } catch (cause) {
      made?.takeBack();
      const fault = asStoreFault(cause, options);
      if (keepsUnusable || (fault.code !== 'corrupt' && fault.code !== 'foreign')) throw fault;
      return { setAside: { path: setAside(options), reason: fault.message }, store: new KeptStore(options, lock) };
    }
  }

  load(): ReturnType<CheckpointStore['load']> {
    return this.#store.load();
  }

  directories(): ReturnType<CheckpointStore['directories']> {
    return this.#store.directories();
  }

  looks(): ReturnType<CheckpointStore['looks']> {
    return this.#store.looks();
  }

  commit(change: CheckpointChange): void {
    this.#store.commit(change);
  }

  secure(): StoreRestored | undefined {
    try {
      if (this.#lock.holds && this.#isKept()) return undefined;
      makeDirectories(dirname(this.#options.path));
      if (!this.#lock.holds) this.#lockAnew();
      return this.#isKept() ? undefined : this.#restore();
    } catch (cause) {
      throw asStoreFault(cause, this.#options);
    }
  }

  close(): void {
    this.#store.close();
    this.#lock[Symbol.dispose]();
  }

  #isKept(): boolean {
    return [...this.#places.values()].every((place) => place.isKept);
  }

  #lockAnew(): void {
    const lock = StoreLock.take(this.#options.path, bindingOf(this.#options));
    this.#lock[Symbol.dispose]();
    this.#lock = lock;
  }

  /** The open file has all positions, whether it still has a name or not. Where a step fails, the next call goes on from there. */
  #restore(): StoreRestored {
    const { path } = this.#options;
    const aside = this.#store.isOpen ? this.#replace() : undefined;
    this.#store = this.#open();
    this.#places = placesOf(path);
    return { path, setAside: aside };
  }

  /** Puts a copy of the open store at the store's path, and closes the open one. Returns where another file that stood there is now. */
  #replace(): string | undefined {
    const { path } = this.#options;
    const copy = `${path}.restored`;
    for (const part of PARTS) rmSync(copy + part, { force: true });
    this.#store.copyTo(copy);
    // The main file must be whole before its journal is removed: the process may end between any two of these steps.
    if (this.#places.get('')?.isKept === true) this.#store.settle();
    const isOwn = (part: string) => this.#places.get(part)?.isKept === true;
    const isTaken = existsSync(path) && !isOwn('');
    // The copy has what the journal of the open store has. SQLite would take that journal for the one of another store beside it.
    for (const part of ['-wal', '-shm']) if (!isTaken || isOwn(part)) rmSync(path + part, { force: true });
    const aside = isTaken ? setAside(this.#options) : undefined;
    renameSync(copy, path);
    // Before the new store is opened: closing a store deletes its journal by name, and that name would be the new store's.
    this.#store.close();
    return aside;
  }

  #open(): SqliteStore {
    const { path } = this.#options;
    return new SqliteStore({ path, binding: bindingOf(this.#options), readonly: false, isKnown: (sizeOf(path) ?? 0) > 0 && !existsSync(markOf(path)) });
  }
}
