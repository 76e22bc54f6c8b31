/**
 * Logs that came and went while nobody looked. Only rotated files are left, which the flow does not list: app.log.1 stands for app.log.
 *
 * Only new names are considered, each once, or as long as its file may still tell. Invariant: a file stands for a log only if the flow
 * would list the log and knows nothing of it, and if the file was made, and written to, after the flow had looked into the directory, by
 * the file system's own clock. Where the file system does not tell when files were made, no file stands for a log.
 */
import { basename, dirname, join } from '../../core/paths.ts';
import type { FileStat, FileSystem } from '../../core/ports.ts';
import { statOrUnknown } from '../content/content.ts';
import { logNamesOf } from '../content/file-identity.ts';
import type { SeenDirectories } from '../listing/seen-directories.ts';

/** How long a file may take to show what it is: a compressed file is written first, and then given its time. */
const TELLING_MS = 15_000;
/**
 * At most so many names are considered, and files asked, in one look: a directory that the flow sees for the first time can hold
 * thousands.
 */
const NAMES_MAX = 2000;
const ASKED_MAX = 500;

/** A log of which nothing is known but rotated files. */
export interface GoneLog {
  readonly originalPath: string;
  /** Files made in its directory after this time are new. The time is the file system's. */
  readonly sinceMs: number;
  readonly device: string;
}

/** A file that came, by its name. */
export interface NameThatCame {
  readonly directory: string;
  readonly name: string;
}

interface Leftover extends Pick<GoneLog, 'originalPath' | 'sinceMs'> {
  readonly path: string;
  readonly untilMs: number;
}

export interface GoneLogsOptions {
  readonly files: FileSystem;
  readonly directories: SeenDirectories;
  /** Whether the flow lists a file of that name. */
  readonly lists: (path: string) => boolean;
  /** Whether the log is known, or is there: rotated files next to it are then found by the search for that log (unseen.ts). */
  readonly isKnown: (path: string) => boolean;
  /** `pending` of a predecessor. */
  readonly names?: readonly NameThatCame[] | undefined;
}

export class GoneLogs {
  readonly #options: GoneLogsOptions;
  /** Not considered yet. */
  readonly #names: NameThatCame[];
  /** By path; those that were asked longest ago first. */
  readonly #leftovers = new Map<string, Leftover>();

  constructor(options: GoneLogsOptions) {
    this.#options = options;
    this.#names = [...(options.names ?? [])];
  }

  /** Files of these names came, by directory. */
  came(came: ReadonlyMap<string, readonly string[]>): void {
    for (const [directory, names] of came) for (const name of names) this.#names.push({ directory, name });
  }

  #consider(directory: string, name: string, nowMs: number): void {
    const { directories, lists, isKnown } = this.#options;
    const path = join(directory, name);
    const sinceMs = directories.newSinceMs(directory);
    if (sinceMs === undefined || lists(path)) return;
    const logs = logNamesOf(name).map((log) => join(directory, log));
    const originalPath = logs.find(lists);
    if (originalPath === undefined || logs.some(isKnown)) return;
    this.#leftovers.set(path, { path, originalPath, sinceMs, untilMs: nowMs + TELLING_MS });
  }

  /** Names that are not considered yet, and files that may tell later. */
  *pending(): Iterable<NameThatCame> {
    yield* this.#names;
    for (const { path } of this.#leftovers.values()) yield { directory: dirname(path), name: basename(path) };
  }

  /** Logs for which a new rotated file stands. A log may come several times. */
  async find(nowMs: number): Promise<readonly GoneLog[]> {
    for (const { directory, name } of this.#names.splice(0, NAMES_MAX)) this.#consider(directory, name, nowMs);
    const found: GoneLog[] = [];
    for (const leftover of [...this.#leftovers.values()].slice(0, ASKED_MAX)) {
      this.#leftovers.delete(leftover.path);
      if (this.#options.isKnown(leftover.originalPath)) continue;
      const stat = await statOrUnknown(this.#options.files, leftover.path);
      if (stat === undefined || (stat !== 'unknown' && !isNew(stat, leftover))) continue;
      if (stat !== 'unknown' && isTelling(stat, leftover)) found.push({ ...leftover, device: stat.device });
      else if (stat === 'unknown' || nowMs < leftover.untilMs) this.#leftovers.set(leftover.path, leftover);
    }
    return found;
  }
}

function isNew({ kind, birthMs, modifiedMs }: FileStat, { sinceMs }: Leftover): boolean {
  return kind === 'file' && birthMs !== undefined && birthMs > sinceMs && modifiedMs > sinceMs;
}

/**
 * Whether the file was a log once. A compressed file that was last written to before it was made got its time from the log (gzip(1),
 * zstd(1)). A compressed file that was written as it is, such as a download or an archive, was never a log.
 */
function isTelling({ birthMs = 0, modifiedMs }: FileStat, { path }: Leftover): boolean {
  return !/\.(?:gz|zst)$/.test(path) || modifiedMs <= birthMs;
}
