/**
 * The files among which missing generations are searched: each directory is listed once for all searches of a moment, and its
 * files are looked at once, however many generations are missing.
 *
 * Invariant: a directory or file that could not be looked at is reported to every search that it concerns.
 */
import { FileFault } from '../../core/errors.ts';
import { basename, dirname, join } from '../../core/paths.ts';
import type { DirectoryEntry, FileSystem } from '../../core/ports.ts';
import { logsOf } from '../generation/generation-set.ts';
import type { Generation } from '../generation/generation.ts';
import { canBeCopyOf } from '../generation/rotation.ts';
import { DirectoryContents } from '../listing/directory-contents.ts';
import type { Discovery, Listing } from '../listing/discovery.ts';
import { isAbsence } from '../listing/known-directories.ts';
import { RefutedFiles } from './refuted-files.ts';

/** Paths of files that may hold a generation, and why others may be missing. */
export interface Candidates {
  readonly paths: readonly string[];
  readonly faults: readonly FileFault[];
}

/** Searches within this time share a space. A file that came meanwhile is found by the next search. */
const SHARED_MS = 200;
/** Searches one after the other, each for a generation of its own, share a space for this long. */
const SHARED_MAX_MS = 10_000;

export class SearchSpaces {
  readonly #files: FileSystem;
  readonly #rotated: Discovery | undefined;
  readonly #refuted = new RefutedFiles();
  #last: SearchSpace | undefined;

  /** `rotated` finds rotated files outside the directories of their logs, whatever their names. */
  constructor(files: FileSystem, rotated: Discovery | undefined) {
    this.#files = files;
    this.#rotated = rotated;
  }

  /**
   * The space for a search at `nowMs`, monotonic. Thousands of generations that are missing at once share one space: it takes longer than
   * `SHARED_MS` to look through their directories.
   */
  for(generation: Generation, nowMs: number): SearchSpace {
    if (this.#last?.isFor(generation, nowMs) !== true) {
      this.#refuted.keepMissing();
      this.#last = new SearchSpace(this.#files, this.#rotated, nowMs, this.#refuted);
    }
    this.#last.searched.add(generation);
    this.#refuted.begin(nowMs);
    return this.#last;
  }
}

export class SearchSpace {
  /** Monotonic. A file that came later may not be in the space. */
  readonly sinceMs: number;
  readonly searched = new WeakSet<Generation>();
  readonly refuted: RefutedFiles;
  readonly #files: FileSystem;
  readonly #rotated: Discovery | undefined;
  readonly #listed = new Map<string, SearchedDirectory>();
  #elsewhere: Promise<Listing> | undefined;

  /** See `SearchSpaces`. */
  constructor(files: FileSystem, rotated: Discovery | undefined, sinceMs: number, refuted = new RefutedFiles()) {
    this.refuted = refuted;
    this.#files = files;
    this.#rotated = rotated;
    this.sinceMs = sinceMs;
  }

  /** Whether the space will do for a search at `nowMs`. A file that came since is not in it, and may be gone before the next search. */
  isFor(generation: Generation, nowMs: number): boolean {
    const ageMs = nowMs - this.sinceMs;
    if (ageMs < SHARED_MS) return true;
    return ageMs < SHARED_MAX_MS && !this.searched.has(generation) && (generation.missingSinceMs ?? nowMs) <= this.sinceMs;
  }

  /**
   * Files by their names: rotated names of the generation's logs, in its directories and one below (`olddir`). Those of its original log
   * come first.
   */
  async named(generation: Generation): Promise<Candidates> {
    const paths = new Set<string>();
    const faults: FileFault[] = [];
    const logs = logsOf(generation);
    for (const directory of directoriesOf(generation)) {
      const listed = await this.#listedOnce(directory);
      if (listed.fault !== undefined) faults.push(listed.fault);
      for (const path of listed.namedAfter(logs)) paths.add(path);
      for (const below of listed.directories) {
        const olddir = await this.#listedOnce(join(directory, below));
        if (olddir.fault !== undefined && isShortage(olddir.fault)) faults.push(olddir.fault);
        for (const path of olddir.rotatedFormsOf(logs)) paths.add(path);
      }
    }
    const { originalPath } = generation;
    const own = [...paths].filter((path) => canBeCopyOf(path, originalPath));
    return { paths: [...new Set([...own, ...paths])], faults };
  }

  /** Files that `rotated` finds. Those with the number of the generation's inode come first. */
  async elsewhere({ inode }: Generation): Promise<Candidates> {
    this.#elsewhere ??= this.#rotated?.list();
    const listing = await this.#elsewhere;
    if (listing === undefined) return { paths: [], faults: [] };
    const its = listing.files.filter(({ stat }) => stat.inode === inode);
    const paths = [...its, ...listing.files].map(({ path }) => path);
    return { paths: [...new Set(paths)], faults: listing.faults.filter(isShortage) };
  }

  /** Files in the generation's directories that have the number of its inode, whatever their names. */
  async numbered(generation: Generation): Promise<Candidates> {
    const paths: string[] = [];
    const faults: FileFault[] = [];
    for (const directory of directoriesOf(generation)) {
      const numbers = await (await this.#listedOnce(directory)).numbers();
      paths.push(...(numbers.paths.get(generation.inode) ?? []));
      faults.push(...numbers.faults);
    }
    return { paths, faults };
  }

  async #listedOnce(directory: string): Promise<SearchedDirectory> {
    const known = this.#listed.get(directory);
    if (known !== undefined) return known;
    const listed = await SearchedDirectory.list(this.#files, directory);
    this.#listed.set(directory, listed);
    return listed;
  }
}

/** Whether the agent itself lacks handles, which passes. Nobody knows whether any other fault ever passes. */
export function isShortage({ code }: FileFault): boolean {
  return code === 'too-many-open';
}

/** The directories in which a generation was. */
export function directoriesOf({ originalPath, path }: Generation): ReadonlySet<string> {
  return new Set([dirname(originalPath), dirname(path)]);
}

interface Numbers {
  /** By inode number. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
  readonly faults: readonly FileFault[];
}

/** One directory; empty where it cannot be listed. */
class SearchedDirectory {
  /** Why it could not be listed, unless it is not there. */
  readonly fault: FileFault | undefined;
  readonly #files: FileSystem;
  readonly #directory: string;
  readonly #contents: DirectoryContents;
  #numbers: Promise<Numbers> | undefined;

  private constructor(files: FileSystem, directory: string, entries: readonly DirectoryEntry[], fault: FileFault | undefined) {
    this.#files = files;
    this.#directory = directory;
    this.#contents = new DirectoryContents(entries);
    this.fault = fault;
  }

  static async list(files: FileSystem, directory: string): Promise<SearchedDirectory> {
    try {
      return new SearchedDirectory(files, directory, await files.list(directory), undefined);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      return new SearchedDirectory(files, directory, [], isAbsence(fault) ? undefined : fault);
    }
  }

  get directories(): Iterable<string> {
    return this.#contents.directories;
  }

  rotatedFormsOf(logs: readonly string[]): readonly string[] {
    const { rotated } = this.#contents;
    return logs.flatMap((log) => rotated.near(basename(log)).map((name) => join(this.#directory, name)).filter((path) => canBeCopyOf(path, log)));
  }

  /** Rotated forms of the logs, and files with the names of the logs themselves. */
  namedAfter(logs: readonly string[]): readonly string[] {
    const alike = logs.map((log) => basename(log)).filter((name) => this.#contents.files.has(name));
    return [...this.rotatedFormsOf(logs), ...alike.map((name) => join(this.#directory, name))];
  }

  /** The files by inode number. Asked once: it takes a look at every file. */
  numbers(): Promise<Numbers> {
    this.#numbers ??= this.#lookAtAll();
    return this.#numbers;
  }

  async #lookAtAll(): Promise<Numbers> {
    const paths = new Map<string, string[]>();
    const faults: FileFault[] = [];
    for (const name of this.#contents.files) {
      const path = join(this.#directory, name);
      try {
        const { inode } = await this.#files.stat(path);
        paths.set(inode, [...(paths.get(inode) ?? []), path]);
      } catch (fault) {
        if (!(fault instanceof FileFault)) throw fault;
        if (!isAbsence(fault)) faults.push(fault);
      }
    }
    return { paths, faults };
  }
}
