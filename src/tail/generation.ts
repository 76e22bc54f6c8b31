/**
 * One generation of one log file: the bytes written to one inode between two truncations, wherever they live now
 * (renamed, copied away, unlinked but open).
 *
 * Invariant: `position` only moves forward over bytes that were handed to the pipeline; before every read the bytes
 * before it are compared with `marker`, so nothing is read from a file that is not this generation.
 */
import { limits } from '../core/limits.ts';
import type { CheckpointRow, GenerationState, Head } from '../core/checkpoint-row.ts';
import { OffsetTracker, type Resolution } from '../core/offset-tracker.ts';
import type { FileHandle, FileStat, FileSystem } from '../core/ports.ts';
import { EMPTY_HEAD, headFits, headOf, inodeKey, markerLength } from './file-identity.ts';

export type OpenResult = 'open' | 'other-file';

export interface GenerationStart {
  readonly flow: string;
  readonly number: number;
  readonly path: string;
  readonly originalPath: string;
  readonly stat: FileStat;
  readonly head: Head;
  readonly offset: number;
  readonly marker: Buffer;
  readonly state: GenerationState;
  readonly onResolve: (generation: Generation, resolution: Resolution) => void;
}

export class Generation {
  readonly flow: string;
  readonly number: number;
  readonly originalPath: string;
  readonly tracker: OffsetTracker;
  path: string;
  device: string;
  inode: string;
  birthMs: number | undefined;
  head: Head;
  /** What stands before `position`. */
  marker: Buffer;
  state: GenerationState;
  handle: FileHandle | undefined;
  /** As last seen. */
  sizeBytes: number;
  modifiedMs: number;
  linkCount: number;
  /** Monotonic time of the last growth seen. */
  grownMs = 0;
  /** Monotonic time since which its file cannot be found under any name. */
  missingSinceMs: number | undefined;
  /** Its inode was cut short in place: a plain copy may hold the rest. */
  cut = false;
  /** Found again under a name that the flow's patterns do not list. */
  outOfPattern = false;
  /** Bytes after the position that do not end in a newline (or an open group) are waiting. */
  partial = false;
  /** What waits was already tried when its time-out passed: only the file's end can complete it. */
  partialTried = false;
  /** The row in the store is behind. */
  dirty = true;
  lastError: string | undefined;

  constructor(start: GenerationStart) {
    this.flow = start.flow;
    this.number = start.number;
    this.path = start.path;
    this.originalPath = start.originalPath;
    this.device = start.stat.device;
    this.inode = start.stat.inode;
    this.birthMs = start.stat.birthMs;
    this.head = start.head;
    this.marker = start.marker;
    this.state = start.state;
    this.sizeBytes = start.stat.sizeBytes;
    this.modifiedMs = start.stat.modifiedMs;
    this.linkCount = start.stat.linkCount;
    this.tracker = new OffsetTracker({
      startOffset: start.offset,
      marker: start.marker,
      onResolve: (resolution) => start.onResolve(this, resolution),
    });
  }

  get inodeKey(): string {
    return inodeKey(this);
  }

  get position(): number {
    return this.tracker.readOffset;
  }

  get unreadBytes(): number {
    return Math.max(0, this.sizeBytes - this.position);
  }

  /** Takes over what a look at the file showed; true when it grew. */
  see(stat: FileStat, nowMs: number): boolean {
    const grew = stat.sizeBytes > this.sizeBytes;
    if (grew) this.grownMs = nowMs;
    if (grew || stat.modifiedMs !== this.modifiedMs) this.dirty = true;
    this.sizeBytes = stat.sizeBytes;
    this.modifiedMs = stat.modifiedMs;
    this.linkCount = stat.linkCount;
    return grew;
  }

  /**
   * Opens `path` and keeps the handle if the file there is this generation: same head, same bytes before the
   * position. Rejects with a `FileFault`.
   */
  async open(files: FileSystem, path: string): Promise<OpenResult> {
    const handle = await files.open(path);
    let kept = false;
    try {
      const stat = await handle.stat();
      if (stat.sizeBytes < this.position || !(await isSameContent(handle, this))) return 'other-file';
      kept = true;
      this.adopt(handle, { path, stat });
      return 'open';
    } finally {
      if (!kept) await handle.close();
    }
  }

  /** Goes on reading from `handle`, which was proved to hold this generation's bytes. */
  adopt(handle: FileHandle, file: { path: string; stat: FileStat }): void {
    this.handle = handle;
    this.path = file.path;
    this.device = file.stat.device;
    this.inode = file.stat.inode;
    this.birthMs = file.stat.birthMs;
    this.sizeBytes = file.stat.sizeBytes;
    this.modifiedMs = file.stat.modifiedMs;
    this.linkCount = file.stat.linkCount;
    this.missingSinceMs = undefined;
    this.dirty = true;
  }

  /** Closes the handle, if any; it is opened again on demand. */
  async close(): Promise<void> {
    const handle = this.handle;
    this.handle = undefined;
    await handle?.close();
  }

  /** The row that says where to go on after a restart. */
  row(wallMs: number): CheckpointRow {
    return {
      flow: this.flow,
      generation: this.number,
      path: this.path,
      originalPath: this.originalPath,
      device: this.device,
      inode: this.inode,
      birthMs: this.birthMs,
      head: this.head,
      tailMarker: this.tracker.watermarkMarker.toString('hex'),
      offset: this.tracker.watermark,
      sizeBytes: this.sizeBytes,
      modifiedMs: this.modifiedMs,
      state: this.state,
      updatedWallMs: wallMs,
    };
  }
}

/** What content proves: the head, and the marker before the offset. */
export interface ContentProof {
  readonly head: Head;
  readonly marker: Buffer;
  readonly position: number;
}

/** Whether the file behind `handle` holds the bytes that `proof` stands for. Rejects with a `FileFault`. */
export async function isSameContent(handle: FileHandle, proof: ContentProof): Promise<boolean> {
  const headBytes = await readAt(handle, 0, proof.head.lengthBytes);
  if (!headFits(proof.head, headBytes)) return false;
  const length = proof.marker.length;
  return length === 0 || (await readAt(handle, proof.position - length, length)).equals(proof.marker);
}

/** The head of the file behind `handle`, as far as it goes now. */
export async function readHead(handle: FileHandle): Promise<Head> {
  const bytes = await readAt(handle, 0, limits.headBytesMax);
  return bytes.length === 0 ? EMPTY_HEAD : headOf(bytes);
}

/** The marker for `offset` of the file behind `handle`. */
export async function readMarker(handle: FileHandle, offset: number): Promise<Buffer> {
  const length = markerLength(offset);
  return readAt(handle, offset - length, length);
}

/** Up to `length` bytes at `position`: fewer only at the end of the file. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = await handle.read(buffer, { bufferOffset: filled, length: length - filled, position: position + filled });
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}
