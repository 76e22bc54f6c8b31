/**
 * What a flow gives its successor in this process beyond rows: the open files, and which files repeat others. Nothing of it
 * leads to the generations, which end with their flow.
 *
 * Invariant: a file that was cut before what was read of it is settled goes on in its copy, as far as that goes: the
 * successor reads it again, and the copy may be deleted by then.
 */
import type { FileHandle } from '../../core/ports.ts';
import type { Generation } from '../generation/generation.ts';
import type { Inheritance } from './remembered.ts';

/** Closes the files of a flow that has no successor. */
export async function disinherit({ handles, held }: Inheritance): Promise<void> {
  for (const handle of handles.values()) await handle.close();
  await held.close();
}

/** Takes the open handles, by generation: the caller owns them. Call it before rows are made for the successor. */
export function takeHandles(live: Iterable<Generation>, missing: Iterable<Generation>): ReadonlyMap<number, FileHandle> {
  const cut = [...missing];
  const handles = new Map<number, FileHandle>();
  for (const generation of live) {
    const { handle, storage, path } = generation;
    if (handle === undefined) continue;
    generation.handle = undefined;
    // The row of such a copy may not be stored yet: it is the original's place.
    const original = generation.storable ? undefined : cut.find((one) => one.tracker === generation.repeats);
    if (original !== undefined) {
      original.adopt({ handle, path, storage, stat: generation.lastStat });
      // What the copy lacks is gone: it is known by what it has.
      original.head = generation.head;
    }
    handles.set((original ?? generation).number, handle);
  }
  for (const generation of cut) generation.handle = undefined;
  return handles;
}
