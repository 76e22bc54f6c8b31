/** A file system in memory, and a flow's generations on it, for tests of what a flow recognizes. */
import type { CheckpointRow } from '../../src/core/checkpoint-row.ts';
import { FileFault } from '../../src/core/errors.ts';
import type { DirectoryEntry, DirectoryStamp, FileHandle, FileStat, FileSystem } from '../../src/core/ports.ts';
import type { Generation } from '../../src/tail/generation/generation.ts';
import { Generations } from '../../src/tail/generations.ts';
import { Discovery, type Listing } from '../../src/tail/listing/discovery.ts';
import { Looks } from '../../src/tail/listing/looks.ts';
import { memoryFile } from './memory-files.ts';
import { generationsOptions, noDecompression, unreadLogs } from './tail-options.ts';

export interface MemoryFile {
  readonly text: string;
  readonly inode: string;
  /** By the flow's own clock: there is only one. */
  readonly modifiedMs: number;
  readonly birthMs?: number | undefined;
}

/** A directory is there as long as files are in it. All directories share one stamp. Wall clock and monotonic clock are one. */
export class MemoryDirectory implements FileSystem {
  readonly #files = new Map<string, MemoryFile>();
  #changes = 0;
  /** When the directories last changed, by the clock of `birthMs`. */
  changedMs = 0;

  put(path: string, file: MemoryFile): void {
    this.#files.set(path, file);
    this.#changes += 1;
  }

  rename(from: string, to: string): Promise<void> {
    this.put(to, this.#at(from));
    this.#files.delete(from);
    return Promise.resolve();
  }

  unlink(path: string): Promise<void> {
    this.#files.delete(path);
    this.#changes += 1;
    return Promise.resolve();
  }

  async open(path: string): Promise<FileHandle> {
    const opened = this.#at(path);
    // The file as it is now, under whatever name: it may have been renamed or replaced since.
    const file = () => [...this.#files.values()].find(({ inode }) => inode === opened.inode) ?? opened;
    return { ...memoryFile(opened.text, opened.inode), stat: () => Promise.resolve(statOf(file())) };
  }

  async stat(path: string): Promise<FileStat> {
    return statOf(this.#at(path));
  }

  async list(directory: string): Promise<readonly DirectoryEntry[]> {
    const prefix = directory === '/' ? '/' : `${directory}/`;
    const entries = new Map<string, DirectoryEntry>();
    for (const path of this.#files.keys()) {
      if (!path.startsWith(prefix)) continue;
      const [name = '', ...below] = path.slice(prefix.length).split('/');
      entries.set(name, { name, kind: below.length === 0 ? 'file' : 'directory' });
    }
    return [...entries.values()];
  }

  async stamp(): Promise<DirectoryStamp> {
    return { text: String(this.#changes), changedMs: this.changedMs };
  }

  watch(): never {
    throw new Error('nobody watches');
  }

  #at(path: string): MemoryFile {
    const file = this.#files.get(path);
    if (file === undefined) throw new FileFault({ code: 'not-found', systemCode: 'ENOENT', path });
    return file;
  }
}

function statOf({ text, inode, modifiedMs, birthMs }: MemoryFile): FileStat {
  return { kind: 'file', device: '1', inode, sizeBytes: text.length, modifiedMs, linkCount: 1, birthMs };
}

/** What a flow knows of `/app.log`, or of other files that its pattern matches, in a directory that it looked at before. */
export class MemoryFlow {
  readonly files = new MemoryDirectory();
  readonly looks: Looks;
  readonly generations: Generations;
  readonly #discovery: Discovery;
  #nowMs: number;

  constructor(start: { readonly nowMs: number; readonly lookedMs: number; readonly pattern?: string; readonly changedMs?: number; readonly rows?: readonly CheckpointRow[] }) {
    this.#nowMs = start.nowMs;
    this.looks = new Looks(start.lookedMs, 1000);
    this.#discovery = new Discovery(this.files, { patterns: [start.pattern ?? '/app.log'], exclude: [], javaGlobs: true });
    const content = { files: this.files, decompression: noDecompression };
    this.generations = new Generations(
      generationsOptions(content, { wallMs: () => this.#nowMs, looks: this.looks, startMs: start.nowMs, lists: (path) => this.#discovery.lists(path) }),
      { rows: start.rows ?? [], directories: [{ directory: '/', changedMs: start.changedMs }], lookedWallMs: start.lookedMs },
    );
  }

  /** One look: `find` judges the listing. `unread`: logs that cannot be read. */
  async look(nowMs: number, find: (listing: Listing) => Promise<unknown>, unread: readonly string[] = []): Promise<void> {
    this.#nowMs = nowMs;
    const listing = await this.#discovery.list();
    this.generations.directories.look(listing);
    await this.generations.judge.readUndecided(listing, nowMs, unreadLogs(...unread));
    await find(listing);
    this.looks.ended(nowMs);
  }

  /** Since when the oldest byte waits in the file with that inode; undefined: none does. */
  lateSinceMs(inode: string): number | undefined {
    return this.#of(inode).lateSinceMs;
  }

  /** The next `bytes` of that generation are read and delivered. */
  delivered(inode: string, bytes: number): void {
    this.#of(inode).tracker.open(bytes).resolve('delivered', bytes, 1);
  }

  #of(inode: string): Generation {
    const generation = [...this.generations.live()].find((one) => one.inode === inode);
    if (generation === undefined) throw new Error(`nothing is read from inode ${inode}`);
    return generation;
  }
}
