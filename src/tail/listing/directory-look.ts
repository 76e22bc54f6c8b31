/**
 * The directories of logs as one look finds them, each listed once. Tells which names in them are rotated forms of a log, also when
 * thousands of logs are asked for at once.
 */
import { FileFault } from '../../core/errors.ts';
import { basename, dirname, join } from '../../core/paths.ts';
import type { DirectoryEntry, FileSystem } from '../../core/ports.ts';
import { DirectoryContents } from './directory-contents.ts';
import type { Listing } from './discovery.ts';

export class DirectoryLook {
  readonly #files: FileSystem;
  readonly #listed: ReadonlySet<string>;
  readonly #contents = new Map<string, DirectoryContents | undefined>();

  constructor(files: FileSystem, listing: Listing) {
    this.#files = files;
    this.#listed = new Set(listing.files.map((file) => file.path));
  }

  /**
   * Rotated names of `originalPath` next to it and one directory below (`olddir`) that the flow does not list. `failed`:
   * there may be others in a directory that could not be read.
   */
  async rotatedPaths(originalPath: string): Promise<{ readonly paths: readonly string[]; readonly failed: boolean }> {
    const name = basename(originalPath);
    const directory = dirname(originalPath);
    const paths: string[] = [];
    const contents = await this.#list(directory);
    let failed = contents === undefined;
    for (const rotated of contents?.rotated.of(name) ?? []) paths.push(join(directory, rotated));
    for (const below of contents?.directories ?? []) {
      const place = join(directory, below);
      const older = await this.#list(place);
      failed ||= older === undefined;
      // If that directory has a log of the same name, the rotated files there are that log's.
      if (older?.names.has(name) === false) for (const rotated of older.rotated.of(name)) paths.push(join(place, rotated));
    }
    return { paths: paths.filter((path) => !this.lists(path)), failed };
  }

  /** Whether the flow lists `path` itself. */
  lists(path: string): boolean {
    return this.#listed.has(path);
  }

  /** Undefined: it cannot be read now. */
  async #list(directory: string): Promise<DirectoryContents | undefined> {
    if (!this.#contents.has(directory)) {
      const entries = await listOrFault(this.#files, directory);
      this.#contents.set(directory, entries && new DirectoryContents(entries));
    }
    return this.#contents.get(directory);
  }
}

async function listOrFault(files: FileSystem, directory: string): Promise<readonly DirectoryEntry[] | undefined> {
  try {
    return await files.list(directory);
  } catch (fault) {
    if (fault instanceof FileFault) return fault.code === 'not-found' ? [] : undefined;
    throw fault;
  }
}
