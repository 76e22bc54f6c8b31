/** Generations as the store keeps them. */
import { type CheckpointRow, type DirectorySeen, NO_END, type Waiting } from '../../core/checkpoint-row.ts';
import type { Now } from '../../core/ports.ts';
import type { Generation } from './generation.ts';

/** What is to be stored of a flow's files, all of it or nothing. */
export interface ChangedRows {
  readonly upserts: readonly CheckpointRow[];
  /** Numbers of generations. */
  readonly removals: readonly number[];
  readonly directories: readonly DirectorySeen[];
}

/**
 * The rows of `known` generations that changed since the last call. They count as stored from now on. A changed generation that is not
 * known (yet) is no longer held as changed: to take it up is a change again.
 */
export function changedRows(changed: Set<Generation>, known: { includes(generation: Generation): boolean }, now: Now): readonly CheckpointRow[] {
  const rows: CheckpointRow[] = [];
  for (const generation of changed) {
    const isKnown = known.includes(generation);
    if (isKnown && !generation.storable) continue;
    generation.dirty = false;
    if (isKnown) rows.push(rowOf(generation, now));
  }
  return rows;
}

/** The `rows` were not stored: their generations count as changed again. */
export function markChanged(known: Iterable<Generation>, rows: readonly CheckpointRow[]): void {
  const numbers = new Set(rows.map((row) => row.generation));
  for (const generation of known) if (numbers.has(generation.number)) generation.dirty = true;
}

/** The row that says where to go on after a restart. */
export function rowOf(generation: Generation, now: Now): CheckpointRow {
  const { watermark, watermarkMarker } = generation.tracker;
  generation.rowWallMs = now.wallMs;
  return {
    flow: generation.flow,
    generation: generation.number,
    path: generation.path,
    originalPath: generation.originalPath,
    device: generation.device,
    inode: generation.inode,
    birthMs: generation.birthMs,
    head: generation.head,
    tailMarker: watermarkMarker.toString('hex'),
    offset: watermark,
    cuts: generation.cuts.from(watermark),
    sizeBytes: generation.storedBytes,
    modifiedMs: generation.modifiedMs,
    state: generation.state,
    storage: generation.storage,
    updatedWallMs: now.wallMs,
    waits: waitsOf(generation, now),
    ends: generation.ends,
    beganBytes: generation.beganBytes,
  };
}

function waitsOf({ lateSinceMs, growth, tracker, storage, missedSinceMs }: Generation, now: Now): readonly Waiting[] {
  const waits = lateSinceMs === undefined ? [] : growth.waits(tracker.watermark, now);
  if (missedSinceMs === undefined || storage !== 'plain') return waits;
  return [...waits, { end: NO_END, sinceWallMs: Math.floor(now.wallMs - (now.nowMs - missedSinceMs)) }];
}
