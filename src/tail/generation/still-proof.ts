/**
 * Is a generation's file still what it was when it was looked at last? Between two looks it can be cut and refilled, to any size.
 *
 * Invariant: only what stands in the file proves it: its head, what stands before the position, and where it was seen to end.
 */
import type { Head } from '../../core/checkpoint-row.ts';
import { FileFault } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { FileHandle } from '../../core/ports.ts';
import { isHole, isSameContent, readAt, readEndMarker } from '../content/content-proof.ts';
import type { ContentFiles } from '../content/content.ts';
import type { Generation } from './generation.ts';
import { reopen } from './reopen.ts';

/** Whether the generation's file still holds what was read and seen of it; opens it where it is not open. Rejects with a `FileFault`. */
export async function isStill(generation: Generation, files: ContentFiles): Promise<boolean> {
  try {
    return await isProved(generation, files);
  } catch (fault) {
    if (!(fault instanceof FileFault) || fault.code !== 'stale') throw fault;
    // The server has forgotten the handle, not the file: it is opened anew as long as it has a name.
    await generation.close();
    return isProved(generation, files);
  }
}

async function isProved(generation: Generation, files: ContentFiles): Promise<boolean> {
  if (generation.handle === undefined && (await reopen(generation, files)) === 'other-file') return false;
  const { handle, sizeBytes } = generation;
  if (handle === undefined) return false;
  // First: what proves to be the same file after it, was it then.
  const marker = await readEndMarker(handle, sizeBytes);
  // Shorter than it was when it was seen: it was cut since.
  if (marker.length < Math.min(sizeBytes, limits.endMarkerBytes)) return false;
  const head = await sameHead(generation, handle);
  if (head === undefined) return false;
  // What is new of the head proves nothing of before: it can be that of what was written after a cut in between.
  if (head !== generation.head && !(await readEndMarker(handle, sizeBytes)).equals(marker)) return false;
  if (!(await hasSeenEnd(generation, handle))) return false;
  generation.proveSeen(head, marker);
  return true;
}

/** What the file begins with, where that is what was read of it. */
async function sameHead(generation: Generation, handle: FileHandle): Promise<Head | undefined> {
  return (await isSameContent(handle, generation)) ? generation.grownHead(undefined) : undefined;
}

/** Whether what was the end of the file when it was looked at last still stands there: it is not read yet. */
async function hasSeenEnd(generation: Generation, handle: FileHandle): Promise<boolean> {
  const { lookedEnd, partialEnd, position } = generation;
  if (lookedEnd !== undefined && !(await readEndMarker(handle, lookedEnd.offset)).equals(lookedEnd.marker)) return false;
  // Nothing else tells a hole from a longer one; what follows this one was seen.
  return !(partialEnd > position && isHole(generation) && (await readAt(handle, position, 1))[0] === 0);
}
