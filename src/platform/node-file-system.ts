/**
 * The real file system. Log files are opened read-only, never created, never blocked on (a FIFO in a log directory
 * opens at once and is told apart by `stat`), and their access time is left alone where the kernel allows it.
 *
 * Invariant: every method rejects with a `FileFault` and with nothing else.
 */
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle as NodeFileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { FileFault } from '../core/errors.ts';
import type { DirectoryEntry, DirectoryStamp, FileHandle, FileKind, FileStat, FileSystem, Watcher } from '../core/ports.ts';
import { DirectoryWatcher } from './directory-watcher.ts';
import { orFileFault, systemCodeOf } from './file-fault.ts';
import { bytesToPath, pathToBytes } from './file-path.ts';
import { NoticeQueue } from './notice-queue.ts';

const readFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

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

  stat(path: string): Promise<FileStat> {
    return orFileFault(path, async () => toFileStat(await stat(pathToBytes(path), { bigint: true })));
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
      const stats = await stat(pathToBytes(directory), { bigint: true });
      if (!stats.isDirectory()) throw new FileFault({ code: 'not-a-directory', systemCode: 'ENOTDIR', path: directory });
      return { text: `${stats.dev}:${stats.ino}:${stats.ctimeNs}`, changedMs: Number(stats.ctimeNs) / 1e6 };
    });
  }

  watch(
    directories: readonly string[],
    on: { onHint: (path: string | undefined) => void; onFault: (fault: Error) => void },
  ): Watcher {
    this.#notices ??= new NoticeQueue();
    return new DirectoryWatcher(directories, on, this.#notices);
  }

  unlink(path: string): Promise<void> {
    return orFileFault(path, () => unlink(pathToBytes(path)));
  }

  rename(from: string, to: string): Promise<void> {
    return orFileFault(from, () => rename(pathToBytes(from), pathToBytes(to)));
  }
}

class NodeFile implements FileHandle {
  readonly #path: string;
  readonly #handle: NodeFileHandle;
  #onClose: (() => void) | undefined;

  constructor(path: string, handle: NodeFileHandle, onClose: () => void) {
    this.#path = path;
    this.#handle = handle;
    this.#onClose = onClose;
  }

  read(buffer: Buffer, place: { bufferOffset: number; length: number; position: number }): Promise<number> {
    const { bufferOffset, length, position } = place;
    return orFileFault(this.#path, async () => (await this.#handle.read(buffer, bufferOffset, length, position)).bytesRead);
  }

  stat(): Promise<FileStat> {
    return orFileFault(this.#path, async () => toFileStat(await this.#handle.stat({ bigint: true })));
  }

  close(): Promise<void> {
    this.#onClose?.();
    this.#onClose = undefined;
    return orFileFault(this.#path, () => this.#handle.close());
  }
}

/** O_NOATIME is refused (EPERM) for files of other users without CAP_FOWNER: then without. Source: open(2). */
async function openForReading(path: string | Buffer): Promise<NodeFileHandle> {
  try {
    return await open(path, readFlags | constants.O_NOATIME);
  } catch (error) {
    if (systemCodeOf(error) !== 'EPERM') throw error;
    return open(path, readFlags);
  }
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): FileKind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

let birthsKnown: Promise<boolean> | undefined;

/**
 * Whether times of birth are what they are called. Where the kernel refuses statx(2) (before 4.11, some sandboxes) libuv
 * puts the time of change in their place, for every file; this program's own file was changed after it was made
 * (renamed into place, made executable). Source: libuv, uv__fs_statx and uv__to_stat.
 */
function areBirthsKnown(): Promise<boolean> {
  birthsKnown ??= stat(process.execPath, { bigint: true }).then(
    (own) => own.birthtimeNs !== own.ctimeNs,
    () => false,
  );
  return birthsKnown;
}

async function toFileStat(stats: BigIntStats): Promise<FileStat> {
  // A file system that keeps no times of birth says 0.
  const hasBirth = stats.birthtimeNs > 0n && (await areBirthsKnown());
  return {
    kind: kindOf(stats),
    device: String(stats.dev),
    inode: String(stats.ino),
    sizeBytes: Number(stats.size),
    modifiedMs: Number(stats.mtimeMs),
    linkCount: Number(stats.nlink),
    birthMs: hasBirth ? Number(stats.birthtimeNs) / 1e6 : undefined,
  };
}
