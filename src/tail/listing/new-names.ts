/**
 * Which rotated names of a log are new in its directory: then the log was made and rotated between two looks, and no generation of it was
 * known before.
 *
 * Also when it was last known that none of the names was there. A file may be as old as the first name, whichever it has now: at every
 * rotation the files move from name to name.
 *
 * Only names tell here, so rotated names count as new only if none of the log's is older than a minute, in a directory that was looked at
 * before. Where one is older, the files may be of any age.
 */
import { basename, dirname } from '../../core/paths.ts';
import type { Listing } from './discovery.ts';
import { RotatedNames } from './rotated-names.ts';

const NEW_MS = 60_000;

/** The time of a look, monotonic, and what was known before it. */
export interface NamesLook {
  readonly nowMs: number;
  /** When it was last known what the directory held, monotonic; undefined: never. */
  readonly sightMs: (directory: string) => number | undefined;
  /**
   * Whether something came to the directory, or left it, since the predecessor's last look: its modification time before the listing
   * tells.
   */
  readonly isChanged: (directory: string) => boolean;
}

export class NewNames {
  readonly #directories = new Map<string, Names>();

  /**
   * Takes over what a look found. Returns, by directory, the names of files that may have come since the last look. Where that was the
   * look of another process, and the directory changed since, these are all names.
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

  /** Whether there was a file at `path` at the last look. */
  has(path: string): boolean {
    return this.#directories.get(dirname(path))?.has(basename(path)) === true;
  }

  /** Whether no rotated name of the log at `path` was next to it a minute ago. */
  areAllNew(path: string, nowMs: number): boolean {
    const names = this.#directories.get(dirname(path));
    return names !== undefined && names.rotatedOf(basename(path)).every((came) => came.sinceMs >= nowMs - NEW_MS);
  }

  /** When no rotated name of the log was next to it yet, as far as is known, monotonic. Infinity: none is now. Undefined: not known. */
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
   * True: before the directory was first listed, its modification time showed no change since the predecessor's last look. A name may
   * have come between that question and the listing: the answer to the next question shows it.
   */
  readonly isUntold: boolean;
  readonly #came: ReadonlyMap<string, Came>;
  /** Made on demand: most directories are never asked. */
  #rotated: RotatedNames | undefined;

  /** `seen`: when those names came that were not there `before`. */
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
