/**
 * Change hints from the kernel (inotify): one watch a directory, none a file. It uses `fs.watch` as it is: a notice costs 3 µs. By
 * chokidar, which keeps a tree of files that the agent does not need, it costs 15 µs, and there are as many notices as writes.
 *
 * A directory that does not exist is awaited: the nearest existing one above it is watched. A directory that was deleted, moved or
 * made again is watched anew: the kernel tells that of the directory itself. Where only one above it was moved, the next look finds
 * out (`add` of what changed).
 *
 * Invariant: a hint is a reason to look, never a fact. Where the kernel may have dropped notices, everything is hinted at.
 */
import { type FSWatcher, watch } from 'node:fs';
import { pathToBytes } from '../core/file-path.ts';
import { basename, dirname } from '../core/paths.ts';
import type { Watcher, WatchOptions } from '../core/ports.ts';
import { systemCodeOf } from './file-fault.ts';
import { HintPacer } from './hint-pacer.ts';
import { NodeClock } from './node-clock.ts';
import type { NoticeQueue } from './notice-queue.ts';

/** Gives hints about its directories until closed; tells each kind of trouble once; never keeps the process alive. */
export class DirectoryWatcher implements Watcher {
  readonly #wanted = new Set<string>();
  /** By directory: the watch on it, or on the one above it in which it is awaited. */
  readonly #watches = new Map<string, FSWatcher>();
  readonly #told = new Set<string>();
  readonly #on: WatchOptions;
  readonly #pacer: HintPacer;
  readonly #queue: NoticeQueue;
  readonly #stopListening: () => void;

  constructor(directories: readonly string[], on: WatchOptions, queue: NoticeQueue) {
    this.#on = on;
    this.#queue = queue;
    this.#stopListening = queue.listen(() => this.#on.onHint(undefined, 0));
    this.#pacer = new HintPacer(new NodeClock(), { paceMs: on.paceMs, deliver: (path, heldMs) => on.onHint(path, heldMs) });
    this.add(directories);
  }

  /** A directory that is watched already is watched anew: another one may be in its place. */
  add(directories: readonly string[]): void {
    for (const directory of directories) {
      this.#wanted.add(directory);
      this.#watch(directory);
    }
  }

  remove(directories: readonly string[]): void {
    for (const directory of directories) {
      this.#wanted.delete(directory);
      this.#watches.get(directory)?.close();
      this.#watches.delete(directory);
    }
  }

  close(): Promise<void> {
    this.#pacer.close();
    this.#stopListening();
    this.remove([...this.#wanted]);
    return Promise.resolve();
  }

  /** The new watch is set before the old one ends, so that a directory that is still the same stays watched. */
  #watch(directory: string): void {
    const before = this.#watches.get(directory);
    this.#watches.delete(directory);
    const set = this.#tryWatch(directory, directory, (event, name) => {
      this.#pacer.hint(pathOf(directory, name));
      // A notice about the directory itself has the directory's own name.
      if (event === 'rename' && name === basename(directory)) queueMicrotask(() => this.#again(directory));
    });
    if (!set) this.#await(directory);
    before?.close();
  }

  /** Watches the nearest directory above `directory` that is there, for the name on the way to it. */
  #await(directory: string): void {
    for (let below = directory; below !== dirname(below); below = dirname(below)) {
      const parent = dirname(below);
      const set = this.#tryWatch(directory, parent, (_event, name) => {
        if (name !== null && name !== basename(below) && name !== basename(parent)) return;
        queueMicrotask(() => this.#again(directory));
      });
      if (set) return;
    }
  }

  #again(directory: string): void {
    if (!this.#wanted.has(directory)) return;
    this.#watch(directory);
    // Entries may have come into it before the watch.
    this.#pacer.hint(directory);
  }

  /** False: `path` does not exist. Other trouble is told, and the answer is true: nothing is to be awaited then. */
  #tryWatch(directory: string, path: string, onNotice: (event: string, name: string | null) => void): boolean {
    try {
      const watcher = watch(pathToBytes(path), { persistent: false }, (event, name) => {
        this.#queue.noticed();
        if (this.#watches.get(directory) === watcher) onNotice(event, name);
      });
      watcher.on('error', (error) => this.#tellOnce(toWatchFault(error)));
      this.#watches.set(directory, watcher);
      return true;
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return false;
      // A directory that may not be read is not watched either; listing tells of it.
      if (code !== 'EACCES' && code !== 'EPERM') this.#tellOnce(toWatchFault(error));
      return true;
    }
  }

  /** In a later turn, so that a listener is never called from within `add`. */
  #tellOnce(fault: WatchFault): void {
    if (this.#told.has(fault.code)) return;
    this.#told.add(fault.code);
    queueMicrotask(() => this.#on.onFault(fault));
  }
}

/** Node hands names over as UTF-8: where it had to replace bytes, the hint is the directory. `join` is too slow for this. */
function pathOf(directory: string, name: string | null): string {
  if (name === null || name.includes('\ufffd')) return directory;
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** Hints will not come, wholly or for some directories; listing goes on. */
export class WatchFault extends Error {
  override name = 'WatchFault';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Source: inotify(7): ENOSPC is the limit on watches, EMFILE the one on inotify instances or open files. */
function toWatchFault(error: unknown): WatchFault {
  const code = systemCodeOf(error);
  const consequence = 'changes are still found by listing, a little later';
  if (code === 'ENOSPC') {
    return new WatchFault(
      code,
      `the limit on inotify watches is reached: ${consequence}; raise it with sysctl fs.inotify.max_user_watches=524288`,
      error,
    );
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return new WatchFault(
      code,
      `no more inotify instances or open files: ${consequence}; raise it with sysctl fs.inotify.max_user_instances=1024 ` +
        'or LimitNOFILE= (sysctl fs.inotify.max_user_watches limits the watches)',
      error,
    );
  }
  return new WatchFault(code, `watching for changes failed (${code}): ${consequence}`, error);
}
