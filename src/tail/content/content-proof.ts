/**
 * Proof by content that a file holds a generation's bytes: its head and what stands before the position, read from
 * wherever the file is now.
 */
import type { Head } from '../../core/checkpoint-row.ts';
import { limits } from '../../core/limits.ts';
import type { FileHandle } from '../../core/ports.ts';
import { EMPTY_HEAD, headFits, headOf } from './file-identity.ts';

/** Two files are compared at their beginning and after each of so many steps, `SAMPLE_BYTES` each time. */
const SAMPLES = 16;
const SAMPLE_BYTES = 256;

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

/** Whether the proof is only a hole (NULs): after copytruncate, every file of a writer without O_APPEND begins with one. */
export function isHole({ head, marker }: ContentProof): boolean {
  return isHoleMarker(marker) && isHoleHead(head);
}

/** Whether nothing but a hole stands before an offset. */
export function isHoleMarker(marker: Buffer): boolean {
  for (const byte of marker) if (byte !== 0) return false;
  return true;
}

/** Whether nothing but a hole was seen of the head: all files of such a writer have the same one. */
export function isHoleHead(head: Head): boolean {
  return headOf(Buffer.alloc(head.lengthBytes)).digest === head.digest;
}

/** The head of the file behind `handle`, as far as it goes now: see `grownHead`. */
export async function readHead(handle: FileHandle): Promise<Head> {
  return (await grownHead(handle, EMPTY_HEAD)) ?? EMPTY_HEAD;
}

/**
 * `head`, grown where the file behind `handle` has become longer; undefined: the file no longer begins with it. It grows only by what
 * one call reads: between two calls the file can be cut and refilled. Rejects with a `FileFault`.
 */
export async function grownHead(handle: FileHandle, head: Head): Promise<Head | undefined> {
  const buffer = Buffer.allocUnsafe(limits.headBytesMax);
  const bytes = buffer.subarray(0, await handle.read(buffer, { bufferOffset: 0, length: buffer.length, position: 0 }));
  const known = bytes.length < head.lengthBytes ? await readAt(handle, 0, head.lengthBytes) : bytes;
  if (!headFits(head, known)) return undefined;
  return bytes.length > head.lengthBytes ? headOf(bytes) : head;
}

/** The marker for `offset` of the file behind `handle`. The buffer may be kept. */
export function readMarker(handle: FileHandle, offset: number): Promise<Buffer> {
  return readBefore(handle, offset, limits.tailMarkerBytes);
}

/** The end marker for `offset`, where the file behind `handle` ended once (past-ends.ts). The buffer may be kept. */
export function readEndMarker(handle: FileHandle, offset: number): Promise<Buffer> {
  return readBefore(handle, offset, limits.endMarkerBytes);
}

function readBefore(handle: FileHandle, offset: number, bytesMax: number): Promise<Buffer> {
  const length = Math.min(offset, bytesMax);
  return readInto(Buffer.alloc(length), handle, offset - length);
}

/** Whether there are more than `length` bytes. A compressed file is decoded no further than that. Rejects with a `FileFault`. */
export async function isLongerThan(handle: FileHandle, length: number): Promise<boolean> {
  return (await readAt(handle, length, 1)).length > 0;
}

/** Whether two files begin with the same `length` bytes: compared at both ends and at places between. Rejects with a `FileFault`. */
export async function areEqual(one: FileHandle, other: FileHandle, length: number): Promise<boolean> {
  const last = Math.max(0, length - SAMPLE_BYTES);
  // Forwards: a compressed file is decoded in this order.
  for (let sample = 0; sample <= SAMPLES; sample += 1) {
    const position = Math.floor((last * sample) / SAMPLES);
    const bytes = Math.min(SAMPLE_BYTES, length - position);
    const there = await readAt(other, position, bytes);
    if (!there.equals(await readAt(one, position, bytes))) return false;
    if (last === 0) break;
  }
  return true;
}

/**
 * Up to `length` bytes at `position`; fewer only at the end of the file. The buffer is to be looked at and dropped: one that is kept
 * holds the pool of short buffers that it is cut from.
 */
export function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  return readInto(Buffer.allocUnsafe(length), handle, position);
}

/** The part of `buffer` that could be filled. */
async function readInto(buffer: Buffer, handle: FileHandle, position: number): Promise<Buffer> {
  const { length } = buffer;
  let filled = 0;
  while (filled < length) {
    const count = await handle.read(buffer, { bufferOffset: filled, length: length - filled, position: position + filled });
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}
