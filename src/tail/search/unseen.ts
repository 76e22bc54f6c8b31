/**
 * Generations that may have come and gone unseen: made after the last look (or the last commit) at a log, and rotated before the next one
 * to a name that the flow's patterns do not list. Two quick rotations do that, and so does every rotation after the first one while the
 * agent is away.
 *
 * When a known generation has left its path, or another one begins there, the log's rotated files are searched for those that were
 * written to later than the generation that left. Invariant: a file that was rotated before is never a candidate. All its bytes were
 * written before those of the known generation, and rotation keeps modification times (rename does, gzip(1), zstd(1) and logrotate(8)
 * copy them). So the file system's own times tell, never the agent's clock. Where nothing was known of a log, all rotated files next to
 * it are candidates if their names are new (new-names.ts).
 */
import { FileFault } from '../../core/errors.ts';
import { basename, dirname } from '../../core/paths.ts';
import type { FileSystem } from '../../core/ports.ts';
import { statOrUnknown } from '../content/content.ts';
import { inodeKey, isStampedNameOf } from '../content/file-identity.ts';
import type { Generation } from '../generation/generation.ts';
import { DirectoryLook } from '../listing/directory-look.ts';
import type { Discovery, FoundFile, Listing } from '../listing/discovery.ts';
import type { Looks } from '../listing/looks.ts';
import { NewNames } from '../listing/new-names.ts';
import type { FirstLook, SeenDirectories } from '../listing/seen-directories.ts';
import { GoneLogs, type GoneLog, type NameThatCame } from './gone-logs.ts';
import { LogNames } from './log-names.ts';
import { candidate, type LogSearch, type Sight, type UnseenFile } from './log-search.ts';

/** How long a search goes on after a rotation: the rotation's steps take a while, and so does a compression. */
const SEARCH_MS = 15_000;
/** At most so many surveys at once: a survey notes what was rotated already when a log was found. It looks at each of those files. */
const SURVEYS_MAX = 100;
/** A file that cannot be judged for this long may never be. */
const AWAITED_MS = 60_000;
/** The least by which the times of two files can differ. */
const LEAST_MS = 0.001;

interface FindOptions {
  readonly listing: Listing;
  readonly nowMs: number;
  /** Whether a generation is known to be in the file, as it looks. */
  readonly isKnown: (file: FoundFile) => boolean;
  /** The generation to be read from the file from now on; `later`: not known yet; undefined: all bytes of the file are read elsewhere. */
  readonly take: (file: UnseenFile) => Promise<Generation | 'later' | undefined>;
}

/** What is known of a log. */
interface Log {
  /** The generation that came to its path last. */
  newest: Generation;
  /**
   * Files that were rotated already when the log's first generation was found, until that one leaves: a late writer still writes to them.
   */
  sights: Map<string, Sight> | undefined;
}

/** What is known of names, and the names that are not judged yet, for a successor in this process. */
export interface UnseenMemory {
  readonly names: NewNames;
  readonly gone: readonly NameThatCame[];
  readonly searches: ReadonlyMap<string, LogSearch>;
}

export interface UnseenOptions {
  readonly files: FileSystem;
  readonly looks: Looks;
  /** Finds rotated files outside the log's directory and those below it. */
  readonly rotated: Discovery | undefined;
  readonly directories: SeenDirectories;
  /** Whether the flow lists a file of that name. */
  readonly lists: (path: string) => boolean;
  /** Of a predecessor. */
  readonly memory?: UnseenMemory | undefined;
}

export class Unseen {
  readonly #files: FileSystem;
  readonly #looks: Looks;
  /** When the predecessor looked last, and when the first look since was, monotonic. */
  readonly #beforeMs: number | undefined;
  #firstMs: number | undefined;
  readonly #rotated: Discovery | undefined;
  readonly #directories: SeenDirectories;
  readonly #lists: (path: string) => boolean;
  /** By path. */
  readonly #logs = new Map<string, Log>();
  /** Of `#logs`. */
  readonly logNames = new LogNames();
  readonly #gone: GoneLogs;
  readonly #names: NewNames;
  readonly #searches: Map<string, LogSearch>;

  constructor({ files, looks, rotated, directories, lists, memory }: UnseenOptions) {
    this.#names = memory?.names ?? new NewNames();
    // Nothing new is read of a log that the flow does not list any more.
    this.#searches = new Map([...(memory?.searches ?? [])].filter(([originalPath]) => lists(originalPath)));
    this.#files = files;
    this.#looks = looks;
    this.#beforeMs = looks.lastMs;
    this.#directories = directories;
    this.#lists = lists;
    const isKnown = (path: string) => this.#logs.has(path) || this.#names.has(path);
    this.#gone = new GoneLogs({ files, directories, lists, isKnown, names: memory?.gone });
    this.#rotated = rotated;
  }

  get memory(): UnseenMemory {
    return { names: this.#names, gone: [...this.#gone.pending()], searches: this.#searches };
  }

  /** A generation of a row is known now. An earlier one with the same path must have left it. */
  remembered(generation: Generation, nowMs: number): void {
    if (this.#succeeded(generation, nowMs)) return;
    const { originalPath, birthMs, device } = generation;
    this.#know(originalPath, generation);
    // The process before this one may have had no time to judge the files that came with the log.
    const sinceMs = this.#directories.newSinceMs(dirname(originalPath));
    if (birthMs !== undefined && sinceMs !== undefined && birthMs > sinceMs) this.#soughtAs({ originalPath, sinceMs, device }, nowMs);
  }

  /** A generation was begun. An earlier one with the same path must have left it. */
  begun(generation: Generation, { first, nowMs }: { first: FirstLook; nowMs: number }): void {
    if (this.#succeeded(generation, nowMs)) return;
    const { originalPath, device, birthMs } = generation;
    const directory = dirname(originalPath);
    this.#know(originalPath, generation);
    const isNewLog = this.#names.areAllNew(originalPath, nowMs);
    const sinceMs = first.has(directory) ? undefined : this.#directories.newSinceMs(directory);
    // Where the file system tells birth times, they tell which rotated files came later: no survey is needed.
    const isSurvey = !isNewLog && birthMs === undefined && this.#searches.size < SURVEYS_MAX;
    const after = { afterMs: sinceMs ?? Infinity, bornMs: sinceMs === undefined ? Infinity : sinceMs + LEAST_MS };
    const isSearch = isNewLog || sinceMs !== undefined;
    const lookedMs = this.#absentMs(originalPath);
    // A survey runs once: it only notes what is there.
    if (isSearch || isSurvey) this.#startSearch(originalPath, { ...after, device, isNewLog, isSurvey, lookedMs }, isSearch ? nowMs + SEARCH_MS : nowMs);
  }

  #know(originalPath: string, newest: Generation): void {
    this.#logs.set(originalPath, { newest, sights: undefined });
    this.logNames.add(originalPath);
  }

  /** A known generation came to its original path. The generation that was there last must have left it. */
  came(generation: Generation, { first, nowMs }: { first: FirstLook; nowMs: number }): void {
    const log = this.#logs.get(generation.originalPath);
    if (log === undefined) {
      this.begun(generation, { first, nowMs });
      return;
    }
    this.left(log.newest, nowMs);
    log.newest = generation;
  }

  /** Makes the generation the newest of its log, unless a later one is known. False: nothing of the log was known before. */
  #succeeded(generation: Generation, nowMs: number): boolean {
    const log = this.#logs.get(generation.originalPath);
    if (log === undefined) return false;
    const before = log.newest;
    if (before.number > generation.number) return true;
    log.newest = generation;
    this.left(before, nowMs);
    return true;
  }

  /** Only a rotated file of the log is known. */
  #soughtAs({ originalPath, sinceMs: afterMs, device }: GoneLog, nowMs: number): void {
    if (this.#searches.has(originalPath)) this.#goOn(originalPath, nowMs);
    else this.#startSearch(originalPath, { afterMs, bornMs: afterMs + LEAST_MS, device, isNewLog: false, isSurvey: false, lookedMs: this.#absentMs(originalPath) }, nowMs + SEARCH_MS);
  }

  /** When nothing of the log was there yet, as far as looks tell, monotonic; undefined: not known. */
  #absentMs(originalPath: string): number | undefined {
    const sightMs = this.#looks.sightMs(originalPath);
    const absentMs = this.#names.absentMs(originalPath);
    return sightMs === undefined || absentMs === undefined ? undefined : Math.min(sightMs, absentMs);
  }

  #startSearch(originalPath: string, search: Omit<LogSearch, 'originalPath' | 'untilMs' | 'ran' | 'sawAll' | 'sights'>, untilMs: number): void {
    const log = this.#logs.get(originalPath);
    const sights = log?.sights ?? new Map<string, Sight>();
    this.#searches.set(originalPath, { ...search, originalPath, untilMs, ran: false, sawAll: false, sights });
    if (log !== undefined) log.sights = undefined;
  }

  /** The generation is not at its original path any more. */
  left({ originalPath, placedMs: afterMs, birthMs: bornMs, device }: Generation, nowMs: number): void {
    const known = this.#searches.get(originalPath);
    if (known === undefined) {
      this.#startSearch(originalPath, { afterMs, bornMs, device, isNewLog: false, isSurvey: false, lookedMs: this.#looks.sightMs(originalPath) }, nowMs + SEARCH_MS);
      return;
    }
    known.untilMs = nowMs + SEARCH_MS;
    known.afterMs = Math.min(known.afterMs, afterMs);
    known.bornMs = known.bornMs === undefined || bornMs === undefined ? undefined : Math.min(known.bornMs, bornMs);
  }

  /** The generation is not remembered any more. */
  forget({ originalPath, number }: Generation): void {
    if (this.#logs.get(originalPath)?.newest.number !== number) return;
    this.#logs.delete(originalPath);
    this.logNames.delete(originalPath);
    this.#directories.forgetLog(dirname(originalPath));
  }

  /**
   * Hands every candidate to `take`, oldest first, unless it was judged as it looks now. Returns the generations that `take` gave.
   * Rejects with a `FileFault` when nothing was found and something could not be read.
   */
  async find({ listing, nowMs, isKnown, take }: FindOptions): Promise<readonly Generation[]> {
    if (this.#looks.lastMs !== this.#beforeMs) this.#firstMs ??= this.#looks.lastMs;
    const sightMs = (directory: string) => this.#looks.sightMs(directory);
    const isChanged = (directory: string) => this.#directories.isChanged(directory);
    this.#gone.came(this.#names.look(listing, { nowMs, sightMs, isChanged }));
    for (const log of await this.#gone.find(nowMs)) this.#soughtAs(log, nowMs);
    const found: Generation[] = [];
    const untold = new Set([...this.#gone.pending()].map(({ directory }) => directory));
    let failure: FileFault | undefined;
    for (const file of await this.#candidates(listing, nowMs)) {
      if (isKnown(file)) continue;
      try {
        const taken = await take(file);
        if (taken === 'later') this.#untold(file, untold, nowMs);
        else this.#judged(file);
        if (taken !== 'later' && taken !== undefined) found.push(taken);
      } catch (fault) {
        if (!(fault instanceof FileFault)) throw fault;
        this.#untold(file, untold, nowMs);
        failure ??= fault;
      }
    }
    // A log that cannot be read is not judged either: when it can be, it may be a rotated file of which nothing is known.
    for (const [path, sinceMs] of this.#looks.failing()) if (nowMs - sinceMs < AWAITED_MS) untold.add(dirname(path));
    this.#directories.judged(untold);
    if (failure !== undefined && found.length === 0) throw failure;
    return found;
  }

  async #candidates(listing: Listing, nowMs: number): Promise<readonly UnseenFile[]> {
    if (this.#searches.size === 0) return [];
    const look = new DirectoryLook(this.#files, listing);
    const extra = await this.#rotated?.list();
    const found: UnseenFile[] = [];
    for (const search of this.#searches.values()) {
      if (search.ran && nowMs >= search.untilMs) {
        this.#end(search);
        continue;
      }
      search.ran = true;
      found.push(...(await this.#candidatesOf(search, look, extra, nowMs)));
    }
    return found.sort((a, b) => a.stat.modifiedMs - b.stat.modifiedMs || (a.path < b.path ? -1 : 1));
  }

  #end({ originalPath, isSurvey, sights }: LogSearch): void {
    this.#searches.delete(originalPath);
    const log = this.#logs.get(originalPath);
    if (log !== undefined && isSurvey) log.sights = sights;
  }

  async #candidatesOf(search: LogSearch, look: DirectoryLook, extra: Listing | undefined, nowMs: number): Promise<readonly UnseenFile[]> {
    const { originalPath } = search;
    const found: UnseenFile[] = [];
    const { paths, failed } = await look.rotatedPaths(originalPath);
    const extraPaths = extra?.files.map((file) => file.path).filter((path) => !look.lists(path)) ?? [];
    let wasAll = !failed && (extra?.faults.length ?? 0) === 0;
    for (const path of [...paths, ...extraPaths]) {
      const isNamed = isStampedNameOf(basename(path), basename(originalPath));
      // Only `rotatedPattern` finds files with other names (app-1.log): without it they may be logs of their own.
      if (!isNamed && !this.logNames.isOnlysByPlace(path, originalPath)) continue;
      // A file with a name that the flow lists (app-20261121.log) came since the listing: it is left to the next look.
      if (this.#lists(path) || this.logNames.isAnothers(path, originalPath)) continue;
      const stat = await statOrUnknown(this.#files, path);
      if (stat === 'unknown') wasAll = false;
      else if (stat?.kind === 'file' && stat.sizeBytes > 0) {
        const file = candidate(search, { path, stat }, { nowMs, absentMs: this.#absentFileMs(search, path, nowMs), isNamed });
        if (file !== undefined) found.push(file);
      }
    }
    search.sawAll ||= wasAll;
    if (wasAll) search.lookedMs = nowMs;
    else this.#goOn(originalPath, nowMs);
    return found;
  }

  /**
   * When a file that is seen for the first time was last known not to be there. Only a search looks at files away from their logs. If the
   * first one comes right after the first look, the file may be there since the predecessor's last look.
   */
  #absentFileMs({ originalPath, lookedMs, sawAll }: LogSearch, path: string, nowMs: number): number {
    if (lookedMs === undefined) return nowMs;
    const isUntold = !sawAll && lookedMs === this.#firstMs && dirname(path) !== dirname(originalPath);
    return isUntold ? Math.min(lookedMs, this.#beforeMs ?? lookedMs) : lookedMs;
  }

  #judged({ originalPath, stat }: UnseenFile): void {
    const sight = this.#searches.get(originalPath)?.sights.get(inodeKey(stat));
    if (sight !== undefined) sight.judged = true;
  }

  /** The file will be judged later. For `AWAITED_MS` its directory counts as untold, so that the file is judged after a restart, too. */
  #untold({ originalPath, sinceMs }: UnseenFile, untold: Set<string>, nowMs: number): void {
    this.#goOn(originalPath, nowMs);
    if (nowMs - sinceMs < AWAITED_MS) untold.add(dirname(originalPath));
  }

  /** The search goes on: something could not be judged or read yet. */
  #goOn(originalPath: string, nowMs: number): void {
    const search = this.#searches.get(originalPath);
    if (search === undefined) return;
    search.untilMs = Math.max(search.untilMs, nowMs + SEARCH_MS);
    // However late the next look comes, it asks once more.
    search.ran = false;
  }
}
