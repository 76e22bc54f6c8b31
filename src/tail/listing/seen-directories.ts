/**
 * Which directories a flow has seen: `initialPosition` applies only to files that were there when the flow first looked.
 *
 * These are the files in every directory of the flow's very first look, and in those that could not be read then. A directory that comes
 * into being later holds new files only: they are read from their start.
 *
 * Also the time since which every file made in a directory is new to the flow, listed or not: the directory's last change before this
 * process, or the one before it, began to look. It is a time of the file system's own clock, which also sets the birth times. Invariant:
 * every file that is not judged yet, and so not stored, came after the stored time.
 */
import type { DirectorySeen } from '../../core/checkpoint-row.ts';
import type { Listing } from './discovery.ts';

/** The directories that one look sees for the first time, and that may hold old files. */
export interface FirstLook {
  readonly any: boolean;
  has(directory: string): boolean;
}

export const NOT_FIRST: FirstLook = { any: false, has: () => false };

interface Seen {
  /** When the directory had last changed, as of the last look into it. */
  changedMs: number | undefined;
  /** The same, as of the last look of which everything was judged: to be stored. */
  judgedMs: number | undefined;
  newSinceMs: number | undefined;
}

export class SeenDirectories {
  readonly #seen = new Map<string, Seen>();
  readonly #new = new Set<string>();
  /** Directories with a change that is not judged yet. */
  readonly #unjudged = new Set<string>();
  /**
   * Directories with a change that is judged and not stored. It is stored with whatever else is: until then the store tells less, but
   * nothing wrong.
   */
  readonly #changed = new Set<string>();
  readonly #deniedAtFirst = new Set<string>();
  #everLooked: boolean;
  /** The latest change of any of them. */
  #lastChangeMs: number | undefined;

  /** `seen`: as stored; none: the flow has never looked. */
  constructor(seen: readonly DirectorySeen[]) {
    for (const { directory, changedMs } of seen) {
      this.#seen.set(directory, { changedMs, judgedMs: changedMs, newSinceMs: changedMs });
      this.#noteChange(changedMs);
    }
    this.#everLooked = seen.length > 0;
  }

  look(listing: Pick<Listing, 'directories' | 'changedDirectories' | 'faults'>): FirstLook {
    const first = new Set<string>();
    if (!this.#everLooked) for (const fault of listing.faults) this.#deniedAtFirst.add(fault.path);
    // A directory that was not there before was made after the last known change of the others.
    const lastChangeMs = this.#lastChangeMs;
    for (const directory of listing.directories) {
      if (this.#seen.has(directory)) continue;
      const isFirst = !this.#everLooked || this.#deniedAtFirst.delete(directory);
      const newSinceMs = isFirst ? undefined : lastChangeMs;
      this.#seen.set(directory, { changedMs: undefined, judgedMs: newSinceMs, newSinceMs });
      this.#new.add(directory);
      if (isFirst) first.add(directory);
    }
    for (const [directory, { changedMs }] of listing.changedDirectories) this.#changedAt(directory, changedMs);
    this.#everLooked = true;
    return { any: first.size > 0, has: (directory) => first.has(directory) };
  }

  /** Files made in `directory` after this time are new to the flow. A time of the file system; undefined: not known. */
  newSinceMs(directory: string): number | undefined {
    return this.#seen.get(directory)?.newSinceMs;
  }

  /** Whether something came to `directory`, or left it, since `newSinceMs`. */
  isChanged(directory: string): boolean {
    const seen = this.#seen.get(directory);
    return seen?.changedMs !== seen?.newSinceMs;
  }

  /** Everything that came to the directories is judged now, except in the `untold` ones, where something cannot be told yet. */
  judged(untold: ReadonlySet<string>): void {
    for (const directory of this.#unjudged) {
      const seen = this.#seen.get(directory);
      if (seen === undefined || untold.has(directory)) continue;
      seen.judgedMs = seen.changedMs;
      this.#unjudged.delete(directory);
      this.#changed.add(directory);
    }
  }

  /** A log in `directory` is not known any more. Its files that are left were seen before: they are not new. */
  forgetLog(directory: string): void {
    const seen = this.#seen.get(directory);
    if (seen !== undefined) seen.newSinceMs = seen.changedMs;
  }

  /** The directories to store: new ones, and with `all` the changed ones, too. `restore` them if that fails. */
  take(all: boolean): readonly DirectorySeen[] {
    const directories = all ? new Set([...this.#new, ...this.#changed]) : this.#new;
    const taken = [...directories].map((directory) => this.#asStored(directory));
    for (const { directory } of taken) this.#changed.delete(directory);
    this.#new.clear();
    return taken;
  }

  all(): readonly DirectorySeen[] {
    return [...this.#seen.keys()].map((directory) => this.#asStored(directory));
  }

  restore(directories: readonly DirectorySeen[]): void {
    for (const { directory } of directories) this.#new.add(directory);
  }

  #changedAt(directory: string, changedMs: number | undefined): void {
    const seen = this.#seen.get(directory);
    if (seen === undefined || changedMs === undefined || changedMs === seen.changedMs) return;
    // Where no time was known before, what is in the directory now was seen by this look.
    if (seen.newSinceMs === undefined) {
      seen.newSinceMs = changedMs;
      seen.judgedMs = changedMs;
    }
    seen.changedMs = changedMs;
    this.#noteChange(changedMs);
    this.#unjudged.add(directory);
  }

  #noteChange(changedMs: number | undefined): void {
    if (changedMs !== undefined) this.#lastChangeMs = Math.max(changedMs, this.#lastChangeMs ?? changedMs);
  }

  #asStored(directory: string): DirectorySeen {
    return { directory, changedMs: this.#seen.get(directory)?.judgedMs };
  }
}
