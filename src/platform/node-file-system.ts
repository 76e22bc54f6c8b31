/**
 * The real file system. Log files are opened read-only, never created, never blocked on (a FIFO in a log directory
 * opens at once and is told apart by `stat`), and their access time is left alone where the kernel allows it.
 *
 * Invariant: every method rejects with a `FileFault` and with nothing else.
 */
import { readdir, rename, unlink } from 'node:fs/promises';
import { FileFault } from '../core/errors.ts';
import { bytesToPath, pathToBytes } from '../core/file-path.ts';
import type { DirectoryEntry, DirectoryStamp, FileHandle, FileStat, FileSystem, Watcher, WatchOptions } from '../core/ports.ts';
import { DirectoryWatcher } from './directory-watcher.ts';
import { orFileFault, toFileFault } from './file-fault.ts';
import { NodeFile, openForReading } from './node-file.ts';
import { kindOf, statPath, toFileStat } from './node-file-stat.ts';
import { NoticeQueue } from './notice-queue.ts';

export class NodeFileSystem implements FileSystem {
  readonly #openMax: number;
  #openCount = 0;
  #notices: NoticeQueue | undefined;

  /** `openMax`: with so many files open, `open` rejects as the system does when it has no handle left. */
  constructor(openMax = Infinity) {
    this.#openMax = openMax;
  }

  async open(path: string): Promise<FileHandle> {
    if (this.#openCount >= this.#openMax) throw new FileFault({ code: 'too-many-open', systemCode: 'EMFILE', path });
    this.#openCount += 1;
    const onClose = () => {
      this.#openCount -= 1;
    };
    try {
      return await orFileFault(path, async () => new NodeFile(path, await openForReading(pathToBytes(path)), onClose));
    } catch (fault) {
      onClose();
      throw fault;
    }
  }

  async stat(path: string): Promise<FileStat> {
    try {
      return await toFileStat(await statPath(pathToBytes(path), { bigint: true }));
    } catch (error) {
      throw toFileFault(error, path);
    }
  }

  list(directory: string): Promise<readonly DirectoryEntry[]> {
    return orFileFault(directory, async () => {
      const entries = await readdir(pathToBytes(directory), { withFileTypes: true, encoding: 'buffer' });
      return entries.map((entry) => ({
        name: bytesToPath(entry.name),
        kind: entry.isSymbolicLink() ? 'link' : kindOf(entry),
      }));
    });
  }

  /** The time of change, which no program can set back, moves with every change of the entries. Source: inode(7). */
  stamp(directory: string): Promise<DirectoryStamp> {
    return orFileFault(directory, async () => {
      const stats = await statPath(pathToBytes(directory), { bigint: true });
      if (!stats.isDirectory()) throw new FileFault({ code: 'not-a-directory', systemCode: 'ENOTDIR', path: directory });
      return { text: `${stats.dev}:${stats.ino}:${stats.ctimeNs}`, changedMs: Number(stats.ctimeNs) / 1e6 };
    });
  }

  watch(directories: readonly string[], options: WatchOptions): Watcher {
    this.#notices ??= new NoticeQueue();
    return new DirectoryWatcher(directories, options, this.#notices);
  }

  unlink(path: string): Promise<void> {
    return orFileFault(path, () => unlink(pathToBytes(path)));
  }

  rename(from: string, to: string): Promise<void> {
    return orFileFault(from, () => rename(pathToBytes(from), pathToBytes(to)));
  }
}
