/**
 * Opens files for one flow: where no handle is left, handles of files that are read to their end are given up (generation/handle-room.ts).
 *
 * Guarantees: `open` rejects with `too-many-open` only if `spare` gives up none.
 */
import { FileFault } from '../../core/errors.ts';
import type { DirectoryEntry, DirectoryStamp, FileHandle, FileStat, FileSystem, Watcher, WatchOptions } from '../../core/ports.ts';

export class SparingFiles implements FileSystem {
  readonly #files: FileSystem;
  readonly #spare: () => Promise<boolean>;

  /** `spare` closes some files; false: it closed none. */
  constructor(files: FileSystem, spare: () => Promise<boolean>) {
    this.#files = files;
    this.#spare = spare;
  }

  async open(path: string): Promise<FileHandle> {
    try {
      return await this.#files.open(path);
    } catch (fault) {
      if (!(fault instanceof FileFault) || fault.code !== 'too-many-open' || !(await this.#spare())) throw fault;
      return this.#files.open(path);
    }
  }

  stat(path: string): Promise<FileStat> {
    return this.#files.stat(path);
  }

  list(directory: string): Promise<readonly DirectoryEntry[]> {
    return this.#files.list(directory);
  }

  stamp(directory: string): Promise<DirectoryStamp> {
    return this.#files.stamp(directory);
  }

  watch(directories: readonly string[], options: WatchOptions): Watcher {
    return this.#files.watch(directories, options);
  }

  unlink(path: string): Promise<void> {
    return this.#files.unlink(path);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#files.rename(from, to);
  }
}
