/**
 * Which directories a flow has seen: only in files that were there when it first looked does `initialPosition` apply.
 *
 * That is every directory of the flow's very first look, and those that could not be read then. A directory that comes
 * into being later holds new files only: they are read from their start.
 *
 * And since when whatever is made in a directory is new to the flow, also what it does not list: since the directory changed last
 * before this process, or the one before it, began to look. By the file system's own clock, which sets the times of birth, too.
 * Invariant: what is stored of that is not later than anything that is not judged, and so not stored, yet.
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
  /** As of the last look into it. */
  changedMs: number | undefined;
  /** As of the last look of which everything was judged: to be stored. */
  judgedMs: number | undefined;
  newSinceMs: number | undefined;
}

export class SeenDirectories {
  readonly #seen = new Map<string, Seen>();
  readonly #new = new Set<string>();
  /** With a later change than is judged. */
  readonly #unjudged = new Set<string>();
  /** With a later change than is stored: that is stored with whatever else is. What is stored meanwhile tells less, nothing wrong. */
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
    // A directory that was not there came after the others had changed last.
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

  /** What was made in `directory` after that is new to the flow, in the file system's time; undefined: not known. */
  newSinceMs(directory: string): number | undefined {
    return this.#seen.get(directory)?.newSinceMs;
  }

  /** Whether something came to `directory`, or left it, since `newSinceMs`. */
  isChanged(directory: string): boolean {
    const seen = this.#seen.get(directory);
    return seen?.changedMs !== seen?.newSinceMs;
  }

  /** Whatever came to the directories is known now, but for those in which something could not be told yet. */
  judged(untold: ReadonlySet<string>): void {
    for (const directory of this.#unjudged) {
      const seen = this.#seen.get(directory);
      if (seen === undefined || untold.has(directory)) continue;
      seen.judgedMs = seen.changedMs;
      this.#unjudged.delete(directory);
      this.#changed.add(directory);
    }
  }

  /** A log in `directory` is not known any more: what is left of it was seen before. */
  forgetLog(directory: string): void {
    const seen = this.#seen.get(directory);
    if (seen !== undefined) seen.newSinceMs = seen.changedMs;
  }

  /** Directories to store, `all` that is not; `restore` them if that fails. */
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
    // What was there when it was looked into first, by whom this is not known, was seen then.
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
