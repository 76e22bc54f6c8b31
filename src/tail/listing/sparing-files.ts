/**
 * Opens files for one flow: where no handle is left, handles of files that are read to their end are given up.
 *
 * Guarantees: `open` rejects with `too-many-open` only if the flow holds no handle that it can do without, or held none at most
 * `SPARE_EVERY_MS` ago: to look for one asks all open files, and there can be a hundred thousand files to open.
 */
import { FileFault } from '../../core/errors.ts';
import type { Clock, DirectoryEntry, DirectoryStamp, FileHandle, FileStat, FileSystem, Watcher, WatchOptions } from '../../core/ports.ts';

const SPARE_EVERY_MS = 250;

export class SparingFiles implements FileSystem {
  readonly #files: FileSystem;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #spare: () => Promise<number>;
  /** When no handle could be given up last, monotonic. */
  #noneMs = -Infinity;

  /** `spare` closes some handles and says how many. */
  constructor(files: FileSystem, { clock, spare }: { readonly clock: Pick<Clock, 'monotonicMs'>; readonly spare: () => Promise<number> }) {
    this.#files = files;
    this.#clock = clock;
    this.#spare = spare;
  }

  async open(path: string): Promise<FileHandle> {
    try {
      return await this.#files.open(path);
    } catch (fault) {
      if (!(fault instanceof FileFault) || fault.code !== 'too-many-open' || !(await this.#makesRoom())) throw fault;
      return this.#files.open(path);
    }
  }

  async #makesRoom(): Promise<boolean> {
    if (this.#clock.monotonicMs() < this.#noneMs + SPARE_EVERY_MS) return false;
    if ((await this.#spare()) > 0) return true;
    this.#noneMs = this.#clock.monotonicMs();
    return false;
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
