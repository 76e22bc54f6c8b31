/**
 * Directories as they were listed last, so that one in which nothing was added, removed or renamed need not be listed
 * again: its stamp (`FileSystem.stamp`) tells.
 *
 * Invariant: a listing is relied on only if it was begun a tick of the coarsest clock after its stamp was first seen (then a later change
 * has a later stamp), and not for longer than `RELIST_MS` (some file systems keep no times). No two clocks are compared.
 */
import { FileFault } from '../../core/errors.ts';
import type { DirectoryEntry, DirectoryStamp, FileSystem } from '../../core/ports.ts';

/** FAT keeps times to 2 s, NFS to what its server does; ext4 and XFS to a tick of the kernel, 10 ms at most. */
export const TICK_MS = 2000;
const RELIST_MS = 300_000;
const CHECKS_AT_ONCE = 64;

export interface ListedDirectory {
  readonly entries: readonly DirectoryEntry[];
  /** The look in which something was, or may have been, different in the directory. The same look looks at its files. */
  readonly changedInLook: number;
  /** When the directory had last changed before it was listed, by the file system's clock. A file made later may not be in `entries`. */
  readonly changedMs: number | undefined;
}

/** The number of a look, and its time by the monotonic clock. */
export interface LookTime {
  readonly look: number;
  readonly nowMs: number;
}

interface Known extends ListedDirectory {
  entries: readonly DirectoryEntry[];
  changedInLook: number;
  changedMs: number | undefined;
  /** Undefined: not there. Empty: not asked for yet. */
  stamp: string | undefined;
  /** When the stamp was seen first. */
  stampMs: number;
  /** When the listing was begun. */
  listedMs: number;
  /** It has to be listed again before it is relied on. */
  due: boolean;
  /** It changed under the same stamp once. */
  untrue: boolean;
}

export class KnownDirectories {
  readonly #files: FileSystem;
  readonly #known = new Map<string, Known>();

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** Every directory is listed when it is asked for next. */
  forget(): void {
    this.#known.clear();
  }

  /** Asks every known directory for its stamp. True: all are as they were listed last. */
  async check(nowMs: number): Promise<boolean> {
    const known = [...this.#known];
    for (let first = 0; first < known.length; first += CHECKS_AT_ONCE) {
      await Promise.all(known.slice(first, first + CHECKS_AT_ONCE).map(([path, one]) => this.#check(path, one, nowMs)));
    }
    return !known.some(([, one]) => one.due);
  }

  /**
   * `directory` is listed when it is asked for next, whatever its stamp says, and once more after the next check. False: it is not known.
   */
  expire(directory: string): boolean {
    const known = this.#known.get(directory);
    if (known === undefined) return false;
    known.due = true;
    known.stamp = '';
    return true;
  }

  /** Forgets all but those that are `wanted`. */
  keep(wanted: { has(directory: string): boolean }): void {
    for (const path of this.#known.keys()) if (!wanted.has(path)) this.#known.delete(path);
  }

  /** What is in `directory`, listed anew where that is due. Undefined: it is not there. Rejects with a `FileFault`. */
  async list(directory: string, { look, nowMs }: LookTime): Promise<ListedDirectory | undefined> {
    const known = this.#known.get(directory);
    if (known !== undefined && !known.due) return known.stamp === undefined ? undefined : known;
    this.#known.delete(directory);
    const changedMs = known?.changedMs ?? (await this.#stampOf(directory))?.changedMs;
    const entries = await this.#entries(directory);
    const settled = known !== undefined && known.stamp !== '' && known.listedMs - known.stampMs >= TICK_MS;
    const same = settled && areEqual(known.entries, entries);
    const listed: Known = {
      entries: entries ?? [],
      changedInLook: same ? known.changedInLook : look,
      changedMs,
      stamp: entries === undefined ? undefined : (known?.stamp ?? ''),
      stampMs: known?.stampMs ?? nowMs,
      listedMs: nowMs,
      due: false,
      untrue: known !== undefined && (known.untrue || (settled && !same)),
    };
    this.#known.set(directory, listed);
    return entries === undefined ? undefined : listed;
  }

  async #check(path: string, known: Known, nowMs: number): Promise<void> {
    const stamped = await this.#stampOf(path);
    const stamp = stamped?.text;
    known.changedMs = stamped?.changedMs ?? known.changedMs;
    if (stamp !== known.stamp) {
      known.stamp = stamp;
      known.stampMs = nowMs;
      known.listedMs = -Infinity;
      known.due = true;
    } else if (stamp !== undefined) {
      const { listedMs, stampMs, untrue } = known;
      known.due = untrue || stamp === '' || listedMs - stampMs < TICK_MS || nowMs - listedMs >= RELIST_MS;
    }
  }

  /** Undefined: the directory is not there. `UNTOLD`, whose empty text equals no stamp: it cannot be told, and the listing will say why. */
  async #stampOf(directory: string): Promise<DirectoryStamp | Untold | undefined> {
    try {
      return await this.#files.stamp(directory);
    } catch (fault) {
      return isAbsence(fault) ? undefined : UNTOLD;
    }
  }

  async #entries(directory: string): Promise<readonly DirectoryEntry[] | undefined> {
    try {
      return await this.#files.list(directory);
    } catch (fault) {
      if (isAbsence(fault)) return undefined;
      throw fault;
    }
  }
}

interface Untold {
  readonly text: '';
  readonly changedMs: undefined;
}

const UNTOLD: Untold = { text: '', changedMs: undefined };

/** Whether nothing is there. That is ordinary: a file went between two looks, a link dangles, a directory is not there yet. */
export function isAbsence(fault: unknown): boolean {
  if (!(fault instanceof FileFault)) throw fault;
  return fault.code === 'not-found' || fault.code === 'not-a-directory';
}

function areEqual(before: readonly DirectoryEntry[], now: readonly DirectoryEntry[] | undefined): boolean {
  if (now === undefined || now.length !== before.length) return false;
  return now.every(({ name, kind }, index) => name === before[index]?.name && kind === before[index].kind);
}
