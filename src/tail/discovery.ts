/**
 * Patterns → the files that match them now. Lists directories segment by segment, so that only directories a pattern
 * can reach are opened; `**` descends into real directories, never through symbolic links (no loops).
 *
 * Guarantees: a file that several patterns or names reach is listed once by path; what could not be listed is
 * reported, never taken for empty.
 */
import picomatch from 'picomatch';
import { FileFault } from '../core/errors.ts';
import { basename, dirname, join } from '../core/paths.ts';
import type { DirectoryEntry, FileStat, FileSystem } from '../core/ports.ts';

export interface FoundFile {
  readonly path: string;
  readonly stat: FileStat;
}

export interface Listing {
  /** By path, in the order of names. */
  readonly files: readonly FoundFile[];
  /** Every directory that was looked into. */
  readonly directories: readonly string[];
  readonly faults: readonly FileFault[];
}

export interface DiscoverySettings {
  readonly patterns: readonly string[];
  readonly exclude: readonly string[];
  /** Whether `*` also matches a leading dot, as the Java agent's globs do. */
  readonly dotFiles: boolean;
}

const STATS_AT_ONCE = 64;

export class Discovery {
  readonly #files: FileSystem;
  readonly #patterns: readonly (readonly Segment[])[];
  readonly #excluded: (path: string) => boolean;

  constructor(files: FileSystem, settings: DiscoverySettings) {
    this.#files = files;
    const options = { dot: settings.dotFiles };
    this.#patterns = settings.patterns.map((pattern) => parsePattern(pattern, options));
    const excludes = settings.exclude.map((pattern) => {
      const matches = picomatch(pattern, { dot: true });
      return pattern.includes('/') ? matches : (path: string) => matches(basename(path));
    });
    this.#excluded = (path) => excludes.some((matches) => matches(path));
  }

  /** Lists everything that matches. Never rejects: faults are part of the result. */
  async list(): Promise<Listing> {
    return new Walk(this.#files, this.#excluded).run(this.#patterns);
  }

  /** Whether a file or directory at `path` could be, or could hold, something that is listed. */
  concerns(path: string): boolean {
    const names = path.split('/').filter((name) => name !== '');
    return this.#patterns.some((segments) => reaches(segments, names)) && !this.#excluded(path);
  }
}

type Segment =
  | { readonly kind: 'literal'; readonly name: string }
  | { readonly kind: 'glob'; readonly matches: (name: string) => boolean }
  | { readonly kind: 'any-depth' };

function parsePattern(pattern: string, options: { dot: boolean }): readonly Segment[] {
  return pattern
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .map((part): Segment => {
      if (part === '**') return { kind: 'any-depth' };
      if (!picomatch.scan(part).isGlob) return { kind: 'literal', name: part.replaceAll(/\\(.)/g, '$1') };
      return { kind: 'glob', matches: picomatch(part, options) };
    });
}

/** Whether `names` are the beginning of something the pattern matches. */
function reaches(segments: readonly Segment[], names: readonly string[]): boolean {
  const [name, ...others] = names;
  if (name === undefined) return true;
  const [segment, ...rest] = segments;
  if (segment === undefined) return false;
  if (segment.kind === 'any-depth') return true;
  return nameFits(segment, name) && reaches(rest, others);
}

function nameFits(segment: Exclude<Segment, { kind: 'any-depth' }>, name: string): boolean {
  return segment.kind === 'literal' ? segment.name === name : segment.matches(name);
}

class Walk {
  readonly #files: FileSystem;
  readonly #excluded: (path: string) => boolean;
  readonly #candidates = new Set<string>();
  readonly #listed = new Map<string, readonly DirectoryEntry[]>();
  readonly #faults: FileFault[] = [];

  constructor(files: FileSystem, excluded: (path: string) => boolean) {
    this.#files = files;
    this.#excluded = excluded;
  }

  async run(patterns: readonly (readonly Segment[])[]): Promise<Listing> {
    for (const segments of patterns) await this.#descend('/', segments);
    const paths = [...this.#candidates].sort();
    const found: FoundFile[] = [];
    for (let first = 0; first < paths.length; first += STATS_AT_ONCE) {
      const some = await Promise.all(paths.slice(first, first + STATS_AT_ONCE).map((path) => this.#look(path)));
      for (const file of some) if (file !== undefined) found.push(file);
    }
    return { files: found, directories: [...this.#listed.keys()], faults: this.#faults };
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
        this.#candidates.add(path);
      }
    }
  }

  async #entries(directory: string): Promise<readonly DirectoryEntry[]> {
    const known = this.#listed.get(directory);
    if (known !== undefined) return known;
    let entries: readonly DirectoryEntry[] = [];
    try {
      entries = await this.#files.list(directory);
      this.#listed.set(directory, entries);
    } catch (fault) {
      this.#note(fault);
    }
    return entries;
  }

  async #look(path: string): Promise<FoundFile | undefined> {
    try {
      const stat = await this.#files.stat(path);
      return stat.kind === 'file' ? { path, stat } : undefined;
    } catch (fault) {
      this.#note(fault);
      return undefined;
    }
  }

  /** Gone between two looks is ordinary; a dangling link and a directory that is not there yet are, too. */
  #note(fault: unknown): void {
    if (!(fault instanceof FileFault)) throw fault;
    if (fault.code !== 'not-found' && fault.code !== 'not-a-directory') this.#faults.push(fault);
  }
}

/** The directory that must exist before anything can match: what is watched while it does not. */
export function nearestDirectory(pattern: string): string {
  const { base } = picomatch.scan(pattern);
  return picomatch.scan(pattern).isGlob ? base || '/' : dirname(pattern);
}
