/**
 * Which rotated names of a log are new in its directory: the log was made and rotated between two looks, and no generation
 * of it was known then.
 *
 * And when it was known last that none was there: a file may be as old as the first of the names, whichever it has now.
 *
 * By names alone, which move at every rotation: so they are new only where none of the log's rotated names is older than a minute, in a
 * directory that was looked at before. Where some are, the files may be of any age.
 */
import { basename, dirname } from '../../core/paths.ts';
import type { Listing } from './discovery.ts';
import { RotatedNames } from './rotated-names.ts';

const NEW_MS = 60_000;

/** When a look was that found something new, and when it was known last, before that, what was there. Monotonic. */
export interface NamesLook {
  readonly nowMs: number;
  /** Undefined: never. */
  readonly sightMs: (directory: string) => number | undefined;
  /** Whether something came to a directory, or left it, since whoever looked before this process, as its time said before it was listed. */
  readonly isChanged: (directory: string) => boolean;
}

export class NewNames {
  readonly #directories = new Map<string, Names>();

  /**
   * Takes over what a look found. Returns by directory the files' names that may be new in it since whoever looked before; all of them
   * where that was another process, and the directory changed since.
   */
  look(
    { directories, changedDirectories }: Pick<Listing, 'directories' | 'changedDirectories'>,
    { nowMs, sightMs, isChanged: isChangedDirectory }: NamesLook,
  ): ReadonlyMap<string, readonly string[]> {
    const came = new Map<string, readonly string[]>();
    for (const [directory, { entries, changedMs }] of changedDirectories) {
      const names = entries.filter(({ kind }) => kind === 'file').map(({ name }) => name);
      const before = this.#directories.get(directory);
      const wasUntold = before === undefined || before.isUntold;
      const isChanged = wasUntold && isChangedDirectory(directory);
      came.set(directory, isChanged ? names : before === undefined ? [] : names.filter((name) => !before.has(name)));
      const isUntold = wasUntold && !isChanged && (before === undefined || changedMs === undefined);
      const seen = { sinceMs: before === undefined ? -Infinity : nowMs, absentMs: sightMs(directory) };
      this.#directories.set(directory, new Names(names, { before, seen, isUntold }));
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
  /**
   * For all that the directory's time said before it was listed first, none came since whoever looked before. One may have come in
   * between: the time that is asked for after that tells.
   */
  readonly isUntold: boolean;
  readonly #came: ReadonlyMap<string, Came>;
  /** Made when it is asked for: of most directories it never is. */
  #rotated: RotatedNames | undefined;

  /** `seen`: those that were not there `before`. */
  constructor(names: readonly string[], { before, seen, isUntold }: { before: Names | undefined; seen: Came; isUntold: boolean }) {
    this.isUntold = isUntold;
    this.#came = new Map(names.map((name) => [name, before === undefined ? seen : (before.#came.get(name) ?? seen)]));
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
