/**
 * Change hints from the kernel (inotify), by chokidar: one watch a directory, none a file. chokidar keeps the watches
 * alive when a directory is deleted, replaced, or not there yet; its bookkeeping of files is switched off (`ignored`),
 * because the agent lists and stats for itself. Measured with 10,000 files in one directory: one listing when the
 * watch is set (170 ms), afterwards not one stat a change; 15 µs a notice of the kernel. (No `depth`: chokidar 6 would not watch a
 * directory that comes late; `ignored` keeps it from descending.)
 *
 * Invariant: a hint is a reason to look, never a fact. Where the kernel may have dropped notices, everything is hinted at.
 */
import { FSWatcher } from 'chokidar';
import { dirname, join } from '../core/paths.ts';
import type { Watcher } from '../core/ports.ts';
import { systemCodeOf } from './file-fault.ts';
import { HintPacer } from './hint-pacer.ts';
import { NodeClock } from './node-clock.ts';
import type { NoticeQueue } from './notice-queue.ts';

interface HintListener {
  readonly onHint: (path: string | undefined) => void;
  readonly onFault: (fault: Error) => void;
}

/** Gives hints about its directories until closed; tells each kind of trouble once; never keeps the process alive. */
export class DirectoryWatcher implements Watcher {
  readonly #watched = new Set<string>();
  /** Parents of watched directories: chokidar watches the nearest one while a directory is not there. */
  readonly #awaited = new Set<string>();
  readonly #told = new Set<string>();
  readonly #on: HintListener;
  readonly #watcher: FSWatcher;
  readonly #pacer: HintPacer;
  readonly #queue: NoticeQueue;
  readonly #stopListening: () => void;

  constructor(directories: readonly string[], on: HintListener, queue: NoticeQueue) {
    this.#on = on;
    this.#queue = queue;
    this.#stopListening = queue.listen(() => this.#on.onHint(undefined));
    this.#pacer = new HintPacer(new NodeClock(), (path) => this.#on.onHint(path));
    this.#watcher = new FSWatcher({
      persistent: false,
      ignoreInitial: true,
      atomic: false,
      ignorePermissionErrors: true,
      ignored: (path) => !this.#watched.has(path),
    });
    this.#watcher.on('raw', (_event, name, details) => this.#hint(watchedPathOf(details), name));
    // A directory that came late, or was replaced, may have got files before its watch was set.
    this.#watcher.on('addDir', (path) => this.#pacer.hint(path));
    this.#watcher.on('error', (error) => this.#tellOnce(toWatchFault(error)));
    this.add(directories);
  }

  add(directories: readonly string[]): void {
    const wellFormed = directories.filter((directory) => directory.isWellFormed());
    const added = wellFormed.filter((directory) => !this.#watched.has(directory));
    for (const directory of added) {
      this.#watched.add(directory);
      for (const ancestor of ancestors(directory)) this.#awaited.add(ancestor);
    }
    if (added.length > 0) this.#watcher.add(added);
    if (wellFormed.length < directories.length) this.#tellOnce(new WatchFault('not-utf8', notUtf8Message));
  }

  remove(directories: readonly string[]): void {
    const removed = directories.filter((directory) => this.#watched.delete(directory));
    if (removed.length > 0) this.#watcher.unwatch(removed);
  }

  close(): Promise<void> {
    this.#pacer.close();
    this.#stopListening();
    return this.#watcher.close();
  }

  /**
   * A neighbour of a directory that is awaited concerns nobody. Node hands names over as UTF-8; where it had to replace
   * bytes, the hint is the directory.
   */
  #hint(directory: string | undefined, name: string | null): void {
    this.#queue.noticed();
    if (directory === undefined) return;
    const path = name === null || name.includes('\ufffd') ? directory : join(directory, name);
    if (this.#watched.has(directory) || this.#watched.has(path) || this.#awaited.has(path)) this.#pacer.hint(path);
  }

  /** In a later turn, so that a listener is never called from within `add`. */
  #tellOnce(fault: WatchFault): void {
    if (this.#told.has(fault.code)) return;
    this.#told.add(fault.code);
    queueMicrotask(() => this.#on.onFault(fault));
  }
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

const notUtf8Message =
  'directories whose names are not UTF-8 cannot be watched: their files are found and read by listing, a little later';

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

/** chokidar's documentation leaves the details of a raw event open: what is not as expected gives no path. */
function watchedPathOf(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('watchedPath' in details)) return undefined;
  return typeof details.watchedPath === 'string' ? details.watchedPath : undefined;
}

function ancestors(directory: string): readonly string[] {
  const found: string[] = [];
  for (let at = dirname(directory); at !== dirname(at); at = dirname(at)) found.push(at);
  return found;
}
