/**
 * Which rotated names of a log are new in its directory: the log was made and rotated between two looks, and no generation
 * of it was known then.
 *
 * By names alone, which move at every rotation: so only where none of the log's rotated names is older than a minute, in a
 * directory that was looked at before. Where some are, the files may be of any age.
 */
import type { Listing } from './discovery.ts';
import { RotatedNames } from './rotated-names.ts';
import { basename, dirname } from '../core/paths.ts';

const NEW_MS = 60_000;

/** Names of files that are new in a directory. */
export interface CameNames {
  readonly names: readonly string[];
  /** The directory was not looked at before: nothing says since when they are there. */
  readonly isFirst: boolean;
}

export class NewNames {
  readonly #directories = new Map<string, Names>();

  /**
   * Takes over what a look at `nowMs`, monotonic, found. Returns by directory the files' names that are new in it; all of them where
   * it was not looked at before.
   */
  look({ directories, changedDirectories }: Pick<Listing, 'directories' | 'changedDirectories'>, nowMs: number): ReadonlyMap<string, CameNames> {
    const came = new Map<string, CameNames>();
    for (const [directory, { entries }] of changedDirectories) {
      const names = entries.filter(({ kind }) => kind === 'file').map(({ name }) => name);
      const before = this.#directories.get(directory);
      came.set(directory, { names: before === undefined ? names : names.filter((name) => !before.has(name)), isFirst: before === undefined });
      this.#directories.set(directory, new Names(names, before, nowMs));
    }
    for (const names of this.#directories.values()) names.rest();
    if (this.#directories.size <= directories.length) return came;
    const there = new Set(directories);
    for (const directory of this.#directories.keys()) if (!there.has(directory)) this.#directories.delete(directory);
    return came;
  }

  /** Whether a file was called so at the last look. */
  has(path: string): boolean {
    return this.#directories.get(dirname(path))?.has(basename(path)) === true;
  }

  /** Whether no rotated name of the log at `path` was next to it a minute ago. */
  areAllNew(path: string, nowMs: number): boolean {
    const names = this.#directories.get(dirname(path));
    return names !== undefined && names.rotatedOf(basename(path)).every((name) => names.sinceMs(name) >= nowMs - NEW_MS);
  }
}

/** The names of the files in one directory, and since when each is there. */
class Names {
  /** Monotonic; -Infinity: since before the directory was looked at. */
  readonly #sinceMs: ReadonlyMap<string, number>;
  /** Made when it is asked for: of most directories it never is. */
  #rotated: RotatedNames | undefined;

  constructor(names: readonly string[], before: Names | undefined, nowMs: number) {
    this.#sinceMs = new Map(names.map((name) => [name, before === undefined ? -Infinity : (before.#sinceMs.get(name) ?? nowMs)]));
  }

  /** Nobody asks any more for a while. */
  rest(): void {
    this.#rotated = undefined;
  }

  has(name: string): boolean {
    return this.#sinceMs.has(name);
  }

  sinceMs(name: string): number {
    return this.#sinceMs.get(name) ?? Infinity;
  }

  rotatedOf(log: string): readonly string[] {
    this.#rotated ??= new RotatedNames(this.#sinceMs.keys());
    return this.#rotated.of(log);
  }
}
