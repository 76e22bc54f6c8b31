/**
 * The disk as one process of the agent sees it: every call takes time, some calls fail, and hints can be lost, late or
 * doubled.
 *
 * By chance, a call takes effect at its beginning or at its end, so that the world can change both before and after what
 * the call saw. When the process dies, the kernel closes its files, and its calls never return.
 */
import type { DirectoryEntry, DirectoryStamp, FileHandle, FileStat, FileSystem, Watcher, WatchOptions } from '../../src/core/ports.ts';
import { HintPacer } from '../../src/platform/hint-pacer.ts';
import type { FaultPlan } from './fault-plan.ts';
import { type Life, ProcessClock, type SimClock } from './sim-clock.ts';
import type { Content } from './sim-content.ts';
import { fault, type Inode, type SimDisk } from './sim-disk.ts';
import type { SimRandom } from './sim-random.ts';
import type { Trace } from './trace.ts';

export interface FileSystemParts {
  readonly disk: SimDisk;
  readonly clock: SimClock;
  readonly life: Life;
  readonly random: SimRandom;
  readonly faults: FaultPlan;
  readonly trace: Trace;
  /** Whether `stat` tells when the inode was made. */
  readonly tellsBirth: boolean;
  /** Resolution of the time at which a directory was changed. */
  readonly stampTickMs: number;
  /** Hears which bytes of a content a read hands out. A read of a compressed file hands out all that the file decompresses to. */
  readonly onHanded: (content: Content, start: number, end: number) => void;
  /** Hears of a file that the process is about to delete. */
  readonly onDeleting: (inode: Inode) => void;
}

const FAST_MS = 0.05;
const SLOW_MS = 400;

export class SimFileSystem implements FileSystem {
  readonly #parts: FileSystemParts;
  readonly #open = new Set<Inode[]>();

  constructor(parts: FileSystemParts) {
    this.#parts = parts;
    parts.life.onDeath(() => {
      for (const held of this.#open) for (const inode of held) parts.disk.release(inode);
      this.#open.clear();
    });
  }

  open(path: string): Promise<FileHandle> {
    return this.#call('open', path, () => {
      if (this.#hits('too-many-open')) throw fault('too-many-open', 'EMFILE', path);
      const inode = this.#permitted(path);
      if (inode.kind === 'directory') throw fault('other', 'EISDIR', path);
      inode.openCount += 1;
      const held = [inode];
      this.#open.add(held);
      return this.#handle(path, inode, held);
    });
  }

  stat(path: string): Promise<FileStat> {
    return this.#call('stat', path, () => this.#statOf(this.#parts.disk.inodeAt(path)));
  }

  list(directory: string): Promise<readonly DirectoryEntry[]> {
    return this.#call('list', directory, () => {
      this.#permitted(directory);
      const entries: DirectoryEntry[] = [];
      for (const [name, inode] of this.#parts.disk.children(directory)) entries.push({ name, kind: inode.kind });
      return entries;
    });
  }

  stamp(directory: string): Promise<DirectoryStamp> {
    return this.#call('stamp', directory, () => {
      const inode = this.#parts.disk.inodeAt(directory);
      if (inode.kind !== 'directory') throw fault('not-a-directory', 'ENOTDIR', directory);
      const { stampTickMs } = this.#parts;
      const ticks = Math.floor(inode.modifiedWallMs / stampTickMs);
      return { text: `${inode.number}:${ticks}`, changedMs: Math.floor(ticks * stampTickMs) };
    });
  }

  unlink(path: string): Promise<void> {
    return this.#call('unlink', path, () => {
      this.#parts.onDeleting(this.#parts.disk.inodeAt(path));
      this.#parts.disk.unlink(path);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', from, () => this.#parts.disk.rename(from, to));
  }

  watch(directories: readonly string[], on: WatchOptions): Watcher {
    const { disk, clock, life } = this.#parts;
    const watched = new Set<string>();
    const deliver = (path: string | undefined, heldMs: number) => {
      clock.wake();
      on.onHint(path, heldMs);
    };
    const pacer = new HintPacer(new ProcessClock(clock, life), { paceMs: on.paceMs, deliver });
    const hint = (delayMs: number, path: string | undefined) => {
      const notice = () => {
        if (!open) return;
        if (path === undefined) deliver(undefined, 0);
        else pacer.hint(path);
      };
      clock.schedule(delayMs, notice, life);
    };
    const add = (more: readonly string[]) => {
      for (const directory of more) {
        if (!this.#hits('watch-limit')) watched.add(directory);
        else clock.schedule(1, () => on.onFault(fault('other', 'ENOSPC', directory)), life);
      }
    };
    let open = true;
    const stop = disk.listen((path) => {
      if (!isBelow(watched, path) || this.#hits('hint-lost')) return;
      const delayMs = this.#hits('hint-late') ? this.#parts.random.between(100, 5000) : this.#parts.random.between(0.1, 5);
      hint(delayMs, this.#hits('hint-overflow') ? undefined : path);
      if (this.#hits('hint-doubled')) hint(delayMs + 1, path);
    });
    life.onDeath(() => {
      open = false;
      stop();
    });
    add(directories);
    return {
      add,
      remove: (fewer) => {
        for (const directory of fewer) watched.delete(directory);
      },
      close: () => {
        open = false;
        stop();
        pacer.close();
        return Promise.resolve();
      },
    };
  }

  #handle(path: string, inode: Inode, held: Inode[]): FileHandle {
    let stale = false;
    const check = () => {
      if (!this.#open.has(held)) throw fault('other', 'EBADF', path);
      if (this.#hits('stale-handle')) stale = true;
      if (stale) throw fault('stale', 'ESTALE', path);
      if (this.#hits('io-error')) throw fault('other', 'EIO', path);
    };
    return {
      read: (buffer, place) =>
        this.#call('read', path, () => {
          check();
          const stored = inode.stored ?? inode.content.bytes;
          const end = Math.min(inode.stored?.length ?? inode.content.lengthBytes, place.position + place.length);
          let count = Math.max(0, end - place.position);
          if (count > 1 && this.#hits('short-read')) count = 1 + this.#parts.random.below(count - 1);
          if (count === 0) return 0;
          stored.copy(buffer, place.bufferOffset, place.position, place.position + count);
          const { content } = inode;
          if (inode.stored === undefined) this.#parts.onHanded(content, place.position, place.position + count);
          else this.#parts.onHanded(content, 0, content.lengthBytes);
          return count;
        }),
      stat: () =>
        this.#call('fstat', path, () => {
          check();
          return this.#statOf(inode);
        }),
      close: () =>
        this.#call('close', path, () => {
          if (!this.#open.delete(held)) throw fault('other', 'EBADF', path);
          this.#parts.disk.release(inode);
        }),
    };
  }

  #permitted(path: string): Inode {
    const { disk } = this.#parts;
    const inode = disk.inodeAt(path);
    const slash = path.lastIndexOf('/');
    const parent = slash > 0 ? disk.inodeAt(path.slice(0, slash)) : inode;
    if (inode.denied || parent.denied) throw fault('denied', 'EACCES', path);
    return inode;
  }

  #statOf(inode: Inode): FileStat {
    return {
      kind: inode.kind === 'directory' ? 'directory' : 'file',
      device: '2049',
      inode: String(inode.number),
      sizeBytes: inode.stored?.length ?? inode.content.lengthBytes,
      modifiedMs: Math.floor(inode.modifiedWallMs),
      linkCount: inode.names.size,
      ...(this.#parts.tellsBirth ? { birthMs: Math.floor(inode.bornWallMs) } : {}),
    };
  }

  #hits(kind: Parameters<FaultPlan['hits']>[0]): boolean {
    return this.#parts.faults.hits(kind, this.#parts.clock.nowMs);
  }

  #call<Result>(name: string, path: string, act: () => Result): Promise<Result> {
    const { clock, life, random, trace } = this.#parts;
    const latencyMs = (this.#hits('slow-disk') ? SLOW_MS : FAST_MS) * random.between(0.2, 2);
    const atOnce = random.chance(0.5) ? attempt(act) : undefined;
    return new Promise<Result>((resolve, reject) => {
      const finish = () => {
        clock.wake();
        const outcome = atOnce ?? attempt(act);
        if (outcome.kind === 'failed') {
          trace.note('file failed', name, String(outcome.failure));
          reject(outcome.failure);
        } else {
          const { result } = outcome;
          trace.note('file', name, path, typeof result === 'number' ? result : 0);
          resolve(result);
        }
      };
      clock.schedule(latencyMs, finish, life);
    });
  }
}

type Attempt<Result> = { readonly kind: 'done'; readonly result: Result } | { readonly kind: 'failed'; readonly failure: Error };

function attempt<Result>(act: () => Result): Attempt<Result> {
  try {
    return { kind: 'done', result: act() };
  } catch (failure) {
    return { kind: 'failed', failure: failure instanceof Error ? failure : new Error(String(failure)) };
  }
}

function isBelow(directories: ReadonlySet<string>, path: string): boolean {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (directories.has(path.slice(0, slash))) return true;
  }
  return false;
}
