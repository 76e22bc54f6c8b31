/**
 * Is a generation's file still what it was when it was looked at last? Between two looks it can be cut and refilled, to any size.
 *
 * Invariant: only the file's bytes prove it: its head, the bytes before the position, and those before where it was seen to end.
 */
import type { Head } from '../../core/checkpoint-row.ts';
import { FileFault } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { FileHandle } from '../../core/ports.ts';
import { isHole, isSameContent, readAt, readEndMarker } from '../content/content-proof.ts';
import type { ContentFiles } from '../content/content.ts';
import type { Generation } from './generation.ts';
import { reopen } from './reopen.ts';

/** Whether the generation's file still holds what was read and seen of it. Opens a closed file. Rejects with a `FileFault`. */
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
  // Read first: if the file proves to be the same afterwards, it was the same when this was read.
  const marker = await readEndMarker(handle, sizeBytes);
  // The file is shorter than when it was seen: it was cut since.
  if (marker.length < Math.min(sizeBytes, limits.endMarkerBytes)) return false;
  const head = await sameHead(generation, handle);
  if (head === undefined) return false;
  // New bytes of the head prove nothing of before: they may have been written after a cut in between. So the end is read once more.
  if (head !== generation.head && !(await readEndMarker(handle, sizeBytes)).equals(marker)) return false;
  if (!(await hasSeenEnd(generation, handle))) return false;
  generation.proveSeen(head, marker);
  return true;
}

/** The head that the file has now, if the file holds what was read of the generation. */
async function sameHead(generation: Generation, handle: FileHandle): Promise<Head | undefined> {
  return (await isSameContent(handle, generation)) ? generation.grownHead(undefined) : undefined;
}

/** Whether the end of the file as it was at the last look, which may not be read yet, still stands there. */
async function hasSeenEnd(generation: Generation, handle: FileHandle): Promise<boolean> {
  const { lookedEnd, partialEnd, position } = generation;
  if (lookedEnd !== undefined && !(await readEndMarker(handle, lookedEnd.offset)).equals(lookedEnd.marker)) return false;
  // The byte after the hole was seen before. If it is NUL now, the hole is a longer one; nothing else tells the two apart.
  return !(partialEnd > position && isHole(generation) && (await readAt(handle, position, 1))[0] === 0);
}
