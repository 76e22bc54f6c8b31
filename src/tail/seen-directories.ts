/**
 * Which directories a flow has seen: only in files that were there when it first looked does `initialPosition` apply.
 *
 * That is every directory of the flow's very first look, and those that could not be read then. A directory that comes
 * into being later holds new files only: they are read from their start.
 */
import type { Listing } from './discovery.ts';

/** The directories that one look sees for the first time, and that may hold old files. */
export interface FirstLook {
  readonly any: boolean;
  has(directory: string): boolean;
}

export const NOT_FIRST: FirstLook = { any: false, has: () => false };

export class SeenDirectories {
  readonly #seen: Set<string>;
  #new: string[] = [];
  readonly #deniedAtFirst = new Set<string>();
  #everLooked: boolean;

  /** `seen`: as stored; none: the flow has never looked. */
  constructor(seen: readonly string[]) {
    this.#seen = new Set(seen);
    this.#everLooked = seen.length > 0;
  }

  look(listing: Listing): FirstLook {
    const first = new Set<string>();
    if (!this.#everLooked) for (const fault of listing.faults) this.#deniedAtFirst.add(fault.path);
    for (const directory of listing.directories) {
      if (this.#seen.has(directory)) continue;
      this.#seen.add(directory);
      this.#new.push(directory);
      if (!this.#everLooked || this.#deniedAtFirst.delete(directory)) first.add(directory);
    }
    this.#everLooked = true;
    return { any: first.size > 0, has: (directory) => first.has(directory) };
  }

  /** Directories to store; `restore` them if that fails. */
  takeNew(): readonly string[] {
    const directories = this.#new;
    this.#new = [];
    return directories;
  }

  all(): readonly string[] {
    return [...this.#seen];
  }

  restore(directories: readonly string[]): void {
    this.#new = [...directories, ...this.#new];
  }
}
