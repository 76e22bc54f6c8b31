/**
 * The directories of one flow that are watched for hints: those its listing went through, and those that cannot be
 * listed just now.
 */
import type { FileSystem, OnHint, Watcher } from '../../core/ports.ts';
import type { EventSink } from '../../telemetry/events.ts';
import type { Listing } from './discovery.ts';

export interface WatchedDirectoriesOptions {
  readonly flow: string;
  readonly files: FileSystem;
  readonly events: EventSink;
  /** As `FileSystem.watch` says. */
  readonly onHint: OnHint;
  readonly onFault: () => void;
  /** As `WatchOptions.paceMs` says. */
  readonly hintPaceMs: number;
}

export class WatchedDirectories {
  readonly #options: WatchedDirectoriesOptions;
  #watcher: Watcher | undefined;
  #watched: ReadonlySet<string> = new Set();
  #listed: readonly string[] | undefined;

  constructor(options: WatchedDirectoriesOptions) {
    this.#options = options;
  }

  /** Watches what `listing` went through, from now on. */
  follow(listing: Listing): void {
    const { files, flow, events, onHint, onFault, hintPaceMs: paceMs } = this.#options;
    this.#watcher ??= files.watch([], {
      onHint,
      paceMs,
      onFault: (fault) => {
        events.emit('hintsUnavailable', { flow, reason: fault.message });
        onFault();
      },
    });
    if (listing.directories === this.#listed && listing.faults.length === 0) return;
    this.#listed = listing.directories;
    const directories = new Set(listing.directories);
    const added = new Set([...listing.directories.filter((directory) => !this.#watched.has(directory)), ...listing.changedDirectories.keys()]);
    // A directory that cannot be listed just now is still there: it stays watched.
    const failed = (directory: string) => listing.faults.some((fault) => directory.startsWith(fault.path));
    for (const directory of this.#watched) if (failed(directory)) directories.add(directory);
    const removed = [...this.#watched].filter((directory) => !directories.has(directory));
    if (added.size > 0) this.#watcher.add([...added]);
    if (removed.length > 0) this.#watcher.remove(removed);
    this.#watched = directories;
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
  }
}
