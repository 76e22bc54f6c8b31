/**
 * Patterns → the files that match them now. Lists directories segment by segment, so that only directories a pattern
 * can reach are opened; `**` descends into real directories, never through symbolic links (no loops).
 *
 * Guarantees: a file is listed once under each of its paths, however many patterns reach it; a directory that could not be listed is
 * reported, never taken for empty. A directory that did not change since the look before is not listed again (known-directories.ts), and
 * a file that was idle for long is seldom looked at (known-files.ts): with 10,000 files and nothing going on, a look costs about as much
 * as a `stat` of each directory.
 */
import { FileFault } from '../../core/errors.ts';
import type { GlobOptions } from '../../core/glob.ts';
import { dirname, join } from '../../core/paths.ts';
import type { DirectoryEntry, FileStat, FileSystem } from '../../core/ports.ts';
import { inodeKey } from '../content/file-identity.ts';
import { isAbsence, KnownDirectories, type ListedDirectory, type LookTime } from './known-directories.ts';
import { KnownFile, type LookedAt } from './known-files.ts';
import { endFits, fits, nameFits, namesOf, parsePattern, reaches, type Segment } from './path-pattern.ts';

export interface FoundFile {
  readonly path: string;
  readonly stat: FileStat;
}

export type DirectoryContent = Pick<ListedDirectory, 'entries' | 'changedMs'>;

/** Valid until the next look. */
export interface Listing {
  /** By path, in the order of names. */
  readonly files: readonly FoundFile[];
  /** Of `files`, those looked at now. The others are as they were when they were looked at last, as far as is known. */
  readonly fresh: ReadonlySet<FoundFile>;
  /** Whether the set of files, or their paths, may differ from the listing before. */
  readonly changed: boolean;
  /** `inodeKey` of each file. */
  readonly inodeKeys: ReadonlySet<string>;
  /** Every directory that was looked into. */
  readonly directories: readonly string[];
  /** Those of `directories` in which something changed, with their contents. Such a one may be another directory in the same place. */
  readonly changedDirectories: ReadonlyMap<string, DirectoryContent>;
  readonly faults: readonly FileFault[];
}

/**
 * How closely the look goes. `everything`: nothing known is relied on. `reconcile`: every directory that changed, and every file that is
 * due. `hinted`: only the directories at `paths` and those that hold them; all others count as unchanged.
 */
export type LookScope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'reconcile' | 'hinted'; readonly paths: ReadonlySet<string> };

export interface LookRequest {
  readonly scope: LookScope;
  /** Monotonic. */
  readonly nowMs: number;
  readonly wallMs: number;
  /** No file is due sooner than this after it was looked at. */
  readonly intervalMsMin: number;
  /** Paths of files that cannot wait until they are due. */
  readonly unsettled: ReadonlySet<string>;
  /** Whether `file`, as it was seen last, can wait until it is due; asked once after it was looked at. */
  readonly isSettled: (file: FoundFile) => boolean;
  /** The answers of `isSettled` may have changed: it is asked again for every file. */
  readonly reconsider: boolean;
}

export interface DiscoverySettings {
  readonly patterns: readonly string[];
  readonly exclude: readonly string[];
  /** Whether patterns are read exactly as the Java agent reads them: `*` takes a dot at the beginning, `[^a]` does not negate. */
  readonly javaGlobs: boolean;
}

const STATS_AT_ONCE = 64;

export class Discovery {
  readonly #files: FileSystem;
  readonly #patterns: readonly (readonly Segment[])[];
  readonly #excluded: (path: string) => boolean;
  readonly #directories: KnownDirectories;
  #look = 0;
  /** By path, in the order of paths; undefined: never looked. */
  #known: ReadonlyMap<string, KnownFile> | undefined;
  #last: Listing = NOTHING;

  constructor(files: FileSystem, settings: DiscoverySettings) {
    this.#files = files;
    this.#directories = new KnownDirectories(files);
    const { javaGlobs, patterns, exclude } = settings;
    const globs = { dotFiles: javaGlobs, caretNegates: !javaGlobs };
    this.#patterns = patterns.map((pattern) => parsePattern(pattern, globs));
    this.#excluded = excluder(exclude, { ...globs, dotFiles: true });
  }

  /** Lists everything that matches. Never rejects: faults are part of the result. */
  list(): Promise<Listing> {
    return this.look({ ...EVERYTHING, nowMs: 0, wallMs: 0, intervalMsMin: 0 });
  }

  /** Everything that matches, looked at as closely as `request` says. Never rejects. */
  async look(request: LookRequest): Promise<Listing> {
    this.#look += 1;
    const { scope, nowMs } = request;
    const asBefore = await this.#asBefore(scope, nowMs);
    const walk = asBefore ? undefined : await this.#walk(nowMs);
    const known = walk?.files ?? this.#known ?? new Map<string, KnownFile>();
    this.#known = known;
    const faults: FileFault[] = [...(walk?.faults ?? [])];
    const { fresh, changed } = await this.#lookAtFiles(known, { request, walk, faults });
    const isNew = walk !== undefined || changed;
    const files = isNew ? [...known.values()].filter(isThere) : this.#last.files;
    this.#last = {
      files,
      fresh,
      changed: isNew,
      inodeKeys: isNew ? new Set(files.map((file) => inodeKey(file.stat))) : this.#last.inodeKeys,
      directories: walk?.directories ?? this.#last.directories,
      changedDirectories: walk?.changedDirectories() ?? new Map(),
      faults,
    };
    return this.#last;
  }

  /** Whether a file or directory at `path` could be, or could hold, something that is listed. */
  concerns(path: string): boolean {
    const names = namesOf(path);
    return this.#patterns.some((segments) => reaches(segments, names)) && !this.#excluded(path);
  }

  /** Whether a file at `path` is listed. */
  lists(path: string): boolean {
    const names = namesOf(path);
    return this.#patterns.some((segments) => fits(segments, names)) && !this.#excluded(path);
  }

  /** Whether no directory has to be listed for this look. */
  async #asBefore(scope: LookScope, nowMs: number): Promise<boolean> {
    if (scope.kind === 'everything') this.#directories.forget();
    const asBefore = this.#areDirectoriesAsBefore(scope, nowMs);
    return (await asBefore) && this.#known !== undefined && this.#last.faults.length === 0;
  }

  async #areDirectoriesAsBefore(scope: LookScope, nowMs: number): Promise<boolean> {
    if (scope.kind === 'everything') return false;
    let expired = false;
    for (const path of scope.paths) {
      for (const directory of [path, dirname(path)]) expired = this.#directories.expire(directory) || expired;
    }
    if (scope.kind === 'hinted' && expired) return false;
    // A hint about a directory that is not known yet says nothing about those that are.
    return (await this.#directories.check(nowMs)) && !expired;
  }

  async #walk(nowMs: number): Promise<Walk> {
    const walk = new Walk(this.#directories, this.#excluded, { look: this.#look, nowMs });
    await walk.run(this.#patterns, this.#known);
    return walk;
  }

  async #lookAtFiles(
    known: ReadonlyMap<string, KnownFile>,
    { request, walk, faults }: { request: LookRequest; walk: Walk | undefined; faults: FileFault[] },
  ): Promise<{ fresh: ReadonlySet<FoundFile>; changed: boolean }> {
    const due: KnownFile[] = [];
    for (const file of known.values()) if (this.#isDue(file, request, walk)) due.push(file);
    const looked: LookedAt = { ...request, fileCount: known.size };
    const fresh = new Set<FoundFile>();
    let changed = false;
    for (let first = 0; first < due.length; first += STATS_AT_ONCE) {
      const batch = due.slice(first, first + STATS_AT_ONCE);
      const stats = await Promise.all(batch.map((file) => this.#stat(file.path)));
      // In the order of paths, not of the answers: the order of reading and of messages does not depend on the disk.
      for (const [index, file] of batch.entries()) {
        const stat = stats[index];
        if (stat instanceof FileFault) faults.push(stat);
        const isNew = file.stat === undefined;
        if (file.see(stat instanceof FileFault ? undefined : stat, looked)) {
          changed = true;
          // Another file has the name now, in a directory that seemed not to have changed.
          if (!isNew) this.#directories.expire(dirname(file.path));
        }
        if (isThere(file)) fresh.add(file);
      }
    }
    return { fresh, changed };
  }

  #isDue(file: KnownFile, request: LookRequest, walk: Walk | undefined): boolean {
    const { scope, nowMs, unsettled } = request;
    if (!isThere(file) || nowMs >= file.dueMs || scope.kind === 'everything' || unsettled.has(file.path)) return true;
    if (walk?.isChanged(dirname(file.path)) === true || (file.isLink && scope.kind === 'reconcile')) return true;
    if (request.reconsider || !file.settled) file.settled = request.isSettled(file);
    return !file.settled;
  }

  /** Undefined: nothing is there, or no regular file. */
  async #stat(path: string): Promise<FileStat | FileFault | undefined> {
    try {
      const stat = await this.#files.stat(path);
      return stat.kind === 'file' ? stat : undefined;
    } catch (fault) {
      return !isAbsence(fault) && fault instanceof FileFault ? fault : undefined;
    }
  }
}

const EVERYTHING = { scope: { kind: 'everything' }, unsettled: new Set<string>(), isSettled: () => false, reconsider: false } as const;
const NOTHING: Listing = { files: [], fresh: new Set(), changed: true, inodeKeys: new Set(), directories: [], changedDirectories: new Map(), faults: [] };

/** A pattern that begins with / is compared with the whole path, any other one with the end of the path. */
function excluder(patterns: readonly string[], globs: GlobOptions): (path: string) => boolean {
  const excludes = patterns.map((pattern) => {
    const segments = parsePattern(pattern, globs);
    if (pattern.startsWith('/')) return (names: readonly string[]) => fits(segments, names);
    return (names: readonly string[]) => endFits(segments, names);
  });
  return (path) => {
    const names = namesOf(path);
    return excludes.some((matches) => matches(names));
  };
}

function isThere(file: KnownFile): file is KnownFile & FoundFile {
  return file.stat !== undefined;
}

/** One walk through the directories that the patterns reach. */
class Walk {
  readonly faults: FileFault[] = [];
  files: ReadonlyMap<string, KnownFile> = new Map();
  directories: readonly string[] = [];
  readonly #known: KnownDirectories;
  readonly #excluded: (path: string) => boolean;
  readonly #time: LookTime;
  /** Path → whether it is a symbolic link. */
  readonly #candidates = new Map<string, boolean>();
  readonly #listed = new Map<string, ListedDirectory | undefined>();

  constructor(known: KnownDirectories, excluded: (path: string) => boolean, time: LookTime) {
    this.#known = known;
    this.#excluded = excluded;
    this.#time = time;
  }

  /** `before`: files known by path, taken over where they are still there. */
  async run(patterns: readonly (readonly Segment[])[], before: ReadonlyMap<string, KnownFile> = new Map()): Promise<void> {
    for (const segments of patterns) await this.#descend('/', segments);
    const paths = [...this.#candidates.keys()].sort();
    this.files = new Map(
      paths.map((path) => {
        const isLink = this.#candidates.get(path) ?? false;
        const known = before.get(path);
        return [path, known?.isLink === isLink ? known : new KnownFile(path, isLink)];
      }),
    );
    this.#known.keep(this.#listed);
    this.directories = [...this.#listed].filter(([, listed]) => listed !== undefined).map(([path]) => path);
  }

  /** Whether something in `directory` is, or may be, different since the look before. */
  isChanged(directory: string): boolean {
    return this.#listed.get(directory)?.changedInLook === this.#time.look;
  }

  changedDirectories(): ReadonlyMap<string, DirectoryContent> {
    const changed = new Map<string, DirectoryContent>();
    for (const [path, listed] of this.#listed) if (listed !== undefined && this.isChanged(path)) changed.set(path, listed);
    return changed;
  }

  async #descend(directory: string, segments: readonly Segment[]): Promise<void> {
    const [segment, ...rest] = segments;
    if (segment === undefined) return;
    if (segment.kind === 'literal' && rest.length > 0) return this.#descend(join(directory, segment.name), rest);
    const entries = await this.#entries(directory);
    if (segment.kind === 'any-depth') {
      await this.#descend(directory, rest);
      for (const entry of entries) {
        if (entry.kind === 'directory') await this.#descend(join(directory, entry.name), segments);
      }
      return;
    }
    for (const entry of entries) {
      if (!nameFits(segment, entry.name)) continue;
      const path = join(directory, entry.name);
      if (rest.length > 0) {
        if (entry.kind === 'directory' || entry.kind === 'link') await this.#descend(path, rest);
      } else if ((entry.kind === 'file' || entry.kind === 'link') && !this.#excluded(path)) {
        this.#candidates.set(path, entry.kind === 'link');
      }
    }
  }

  async #entries(directory: string): Promise<readonly DirectoryEntry[]> {
    if (this.#listed.has(directory)) return this.#listed.get(directory)?.entries ?? [];
    let listed: ListedDirectory | undefined;
    try {
      listed = await this.#known.list(directory, this.#time);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      this.faults.push(fault);
    }
    this.#listed.set(directory, listed);
    return listed?.entries ?? [];
  }
}
