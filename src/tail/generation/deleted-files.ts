/**
 * Deleted files that are not read to their end pin disk space while they are open: says which of them to let go of.
 */
import { FileFault } from '../../core/errors.ts';
import type { EventSink } from '../../telemetry/events.ts';
import type { ContentFiles } from '../content/content.ts';
import type { Generation } from './generation.ts';
import { isStill } from './still-proof.ts';

export interface DeletedFilesPolicy {
  /** A deleted file is held open for at most this long. */
  readonly keepMsMax: number | undefined;
  /** All deleted files of a flow together pin at most this much. */
  readonly keepBytesMax: number | undefined;
}

/** Deleted files held for too long, then the oldest of those that together pin too much. `nowMs`: monotonic. */
export function deletedToRelease(
  generations: Iterable<Generation>,
  { keepMsMax = Infinity, keepBytesMax = Infinity }: DeletedFilesPolicy,
  nowMs: number,
): readonly Generation[] {
  if (keepMsMax === Infinity && keepBytesMax === Infinity) return [];
  const pinned: { readonly generation: Generation; readonly sinceMs: number }[] = [];
  for (const generation of generations) {
    const { deletedMs: sinceMs, handle } = generation;
    if (sinceMs !== undefined && handle !== undefined) pinned.push({ generation, sinceMs });
  }
  pinned.sort((a, b) => a.sinceMs - b.sinceMs || a.generation.number - b.generation.number);
  let pinnedBytes = pinned.reduce((sum, { generation }) => sum + generation.storedBytes, 0);
  const released: Generation[] = [];
  for (const { generation, sinceMs } of pinned) {
    if (nowMs - sinceMs <= keepMsMax && pinnedBytes <= keepBytesMax) continue;
    released.push(generation);
    pinnedBytes -= generation.storedBytes;
  }
  return released;
}

/**
 * Closes a deleted file that is held no longer. Looks at it once more before: its compressed form is found by what the file holds
 * now, unread bytes included.
 */
export async function letGo(generation: Generation, files: ContentFiles): Promise<void> {
  try {
    await isStill(generation, files);
  } catch (fault) {
    // A file that cannot be read pins the disk no longer than any other.
    if (!(fault instanceof FileFault)) throw fault;
  }
  await generation.close();
}

/** Tells that a deleted file is held open no longer, and how much of it is unread or unsent. `nowMs`: monotonic. */
export function tellReleased({ flow, path, storedBytes: bytes, unreadBytes, lagBytes: unsentBytes, deletedMs }: Generation, events: EventSink, nowMs: number): void {
  const seconds = Math.round((nowMs - (deletedMs ?? nowMs)) / 1000);
  events.emit('deletedFileReleased', { flow, path, seconds, bytes, unreadBytes, unsentBytes });
}
