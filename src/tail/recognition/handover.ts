/**
 * What a flow gives its successor in this process besides rows: the open files, and which files repeat others. Nothing of it
 * refers to the generations themselves, which end with their flow.
 *
 * Invariant: where a file was cut before its read bytes were resolved, its generation goes on in the copy, as far as the copy
 * goes. The successor reads those bytes again, and the copy may be deleted by then.
 */
import type { FileHandle } from '../../core/ports.ts';
import type { Generation } from '../generation/generation.ts';
import type { Inheritance } from './remembered.ts';

/** Closes the files of a flow that has no successor. */
export async function disinherit({ handles, undecided }: Inheritance): Promise<void> {
  for (const handle of handles.values()) await handle.close();
  await undecided.close();
}

/** Takes the open handles, by generation number. The caller owns them. To be called before rows are made for the successor. */
export function takeHandles(live: Iterable<Generation>, missing: Iterable<Generation>): ReadonlyMap<number, FileHandle> {
  const cut = [...missing];
  const handles = new Map<number, FileHandle>();
  for (const generation of live) {
    const { handle, storage, path } = generation;
    if (handle === undefined) continue;
    generation.handle = undefined;
    // The row of a generation that repeats a cut original may not be stored yet: the copy takes the original's place.
    const original = generation.storable ? undefined : cut.find((one) => one.tracker === generation.originalTracker);
    if (original !== undefined) {
      original.adopt({ handle, path, storage, stat: generation.lastStat });
      // The bytes that the copy lacks are gone: the original is known by the copy's head.
      original.head = generation.head;
    }
    handles.set((original ?? generation).number, handle);
  }
  for (const generation of cut) generation.handle = undefined;
  return handles;
}
