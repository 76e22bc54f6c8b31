/**
 * How long deleted files that are not read to their end may pin the disk: says which to let go of.
 */
import type { EventSink } from '../telemetry/events.ts';
import type { Generation } from './generation.ts';

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

/** Says that a deleted file is held open no longer, and what it had that is not read. `nowMs`: monotonic. */
export function tellReleased({ flow, path, storedBytes: bytes, unreadBytes, deletedMs }: Generation, events: EventSink, nowMs: number): void {
  const seconds = Math.round((nowMs - (deletedMs ?? nowMs)) / 1000);
  events.emit('deletedFileReleased', { flow, path, seconds, bytes, unreadBytes });
}
