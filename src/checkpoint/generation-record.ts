/** A row of the store as SQLite holds it, and as the agent knows it. Names of files that are not UTF-8 are BLOBs: as TEXT they would become others. */
import type { CheckpointRow, CutInPlace, GenerationState, Waiting } from '../core/checkpoint-row.ts';
import { bytesToPath, pathToBytes } from '../core/file-path.ts';

/** TEXT, or a BLOB. */
export type StoredPath = string | Buffer;

export interface GenerationRecord {
  flow: string;
  generation: number;
  path: StoredPath;
  original_path: StoredPath;
  device: string;
  inode: string;
  birth_ms: number | null;
  head_length: number;
  head_digest: string;
  tail_marker: string;
  offset: number;
  size: number;
  modified_ms: number;
  state: string;
  storage: string;
  updated_ms: number;
  /** Decimal offsets with commas between them. Absent in an older layout that was opened for reading, and so not migrated. */
  cuts?: string;
  /** `end:milliseconds` with commas between them. This column and those that follow can be absent for the same reason. */
  waits?: string;
  read_ends?: string;
  seen_ends?: string;
  /** `milliseconds:inode`; empty: the file was not cut in place. */
  cut_in_place?: string;
  began?: number | null;
}

const STATES: ReadonlySet<string> = new Set(['active', 'rotated', 'finished'] satisfies GenerationState[]);

/** The row that a record stands for. Columns that an older layout lacks are read as empty. */
export function rowOf(record: GenerationRecord): CheckpointRow {
  return {
    flow: record.flow,
    generation: record.generation,
    path: pathOf(record.path),
    originalPath: pathOf(record.original_path),
    device: record.device,
    inode: record.inode,
    birthMs: record.birth_ms ?? undefined,
    head: { lengthBytes: record.head_length, digest: record.head_digest },
    tailMarker: record.tail_marker,
    offset: record.offset,
    sizeBytes: record.size,
    modifiedMs: record.modified_ms,
    state: STATES.has(record.state) ? (record.state as GenerationState) : 'active',
    storage: record.storage === 'gzip' || record.storage === 'zstd' ? record.storage : 'plain',
    updatedWallMs: record.updated_ms,
    cuts: (record.cuts ?? '').split(',').filter(Boolean).map(Number),
    waits: (record.waits ?? '').split(',').filter(Boolean).map(waitingOf),
    ends: { read: record.read_ends ?? '', seen: record.seen_ends ?? '', cutInPlace: cutOf(record.cut_in_place ?? '') },
    beganBytes: record.began ?? undefined,
  };
}

/** The inverse of `pathToBytes`. */
export function pathOf(stored: StoredPath): string {
  return typeof stored === 'string' ? stored : bytesToPath(stored);
}

function waitingOf(text: string): Waiting {
  const [end, sinceWallMs] = text.split(':').map(Number);
  return { end: end ?? 0, sinceWallMs: sinceWallMs ?? 0 };
}

function cutOf(text: string): CutInPlace | undefined {
  const [noticedWallMs, inode] = text.split(':');
  return inode === undefined ? undefined : { inode, noticedWallMs: Number(noticedWallMs) };
}

/** The inverse of `rowOf`. */
export function recordOf(row: CheckpointRow): GenerationRecord {
  return {
    flow: row.flow,
    generation: row.generation,
    path: pathToBytes(row.path),
    original_path: pathToBytes(row.originalPath),
    device: row.device,
    inode: row.inode,
    birth_ms: row.birthMs ?? null,
    head_length: row.head.lengthBytes,
    head_digest: row.head.digest,
    tail_marker: row.tailMarker,
    offset: row.offset,
    size: row.sizeBytes,
    modified_ms: row.modifiedMs,
    state: row.state,
    storage: row.storage,
    updated_ms: row.updatedWallMs,
    cuts: row.cuts.join(','),
    waits: row.waits.map(({ end, sinceWallMs }) => `${end}:${sinceWallMs}`).join(','),
    read_ends: row.ends.read,
    seen_ends: row.ends.seen,
    cut_in_place: row.ends.cutInPlace === undefined ? '' : `${row.ends.cutInPlace.noticedWallMs}:${row.ends.cutInPlace.inode}`,
    began: row.beganBytes ?? null,
  };
}
