/**
 * Which rotated names of a log are new in its directory: the log was made and rotated between two looks, and no generation
 * of it was known then.
 *
 * And when it was known last that none was there: a file may be as old as the first of the names, whichever it has now.
 *
 * By names alone, which move at every rotation: so they are new only where none of the log's rotated names is older than a minute, in a
 * directory that was looked at before. Where some are, the files may be of any age.
 */
import type { Listing } from './discovery.ts';
import { RotatedNames } from './rotated-names.ts';
import { basename, dirname } from '../core/paths.ts';

const NEW_MS = 60_000;

/** When a look was that found something new, and when it was known last, before that, what was there. Monotonic. */
export interface NamesLook {
  readonly nowMs: number;
  /** Undefined: never. */
  readonly sightMs: (directory: string) => number | undefined;
}

/** Names of files that are new in a directory. */
export interface CameNames {
  readonly names: readonly string[];
  /** The directory was not looked at before: nothing says since when they are there. */
  readonly isFirst: boolean;
}

export class NewNames {
  readonly #directories = new Map<string, Names>();

  /**
   * Takes over what a look found. Returns by directory the files' names that are new in it; all of them where it was not looked at
   * before.
   */
  look({ directories, changedDirectories }: Pick<Listing, 'directories' | 'changedDirectories'>, { nowMs, sightMs }: NamesLook): ReadonlyMap<string, CameNames> {
    const came = new Map<string, CameNames>();
    for (const [directory, { entries }] of changedDirectories) {
      const names = entries.filter(({ kind }) => kind === 'file').map(({ name }) => name);
      const before = this.#directories.get(directory);
      came.set(directory, { names: before === undefined ? names : names.filter((name) => !before.has(name)), isFirst: before === undefined });
      this.#directories.set(directory, new Names(names, before, { sinceMs: before === undefined ? -Infinity : nowMs, absentMs: sightMs(directory) }));
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
    return names !== undefined && names.rotatedOf(basename(path)).every((came) => came.sinceMs >= nowMs - NEW_MS);
  }

  /** When no rotated name of the log at `path` was next to it, monotonic, for all that is known; Infinity: none is. Undefined: not known. */
  absentMs(path: string): number | undefined {
    let firstMs = Infinity;
    for (const { absentMs } of this.#directories.get(dirname(path))?.rotatedOf(basename(path)) ?? []) {
      if (absentMs === undefined) return undefined;
      firstMs = Math.min(firstMs, absentMs);
    }
    return firstMs;
  }
}

/** When a name came, monotonic. */
interface Came {
  /** -Infinity: before the directory was looked at. */
  readonly sinceMs: number;
  /** When it was known last that it was not there; undefined: not known. */
  readonly absentMs: number | undefined;
}

/** The names of the files in one directory, and when each came. */
class Names {
  readonly #came: ReadonlyMap<string, Came>;
  /** Made when it is asked for: of most directories it never is. */
  #rotated: RotatedNames | undefined;

  /** `came`: those that were not there `before`. */
  constructor(names: readonly string[], before: Names | undefined, came: Came) {
    this.#came = new Map(names.map((name) => [name, before === undefined ? came : (before.#came.get(name) ?? came)]));
  }

  /** Nobody asks any more for a while. */
  rest(): void {
    this.#rotated = undefined;
  }

  has(name: string): boolean {
    return this.#came.has(name);
  }

  /** When each rotated name of the log came. */
  rotatedOf(log: string): readonly Came[] {
    this.#rotated ??= new RotatedNames(this.#came.keys());
    return this.#rotated.of(log).map((name) => this.#came.get(name)).filter((came) => came !== undefined);
  }
}
