/** When a generation is over, which handles can be closed, and what becomes of the rest of a generation that is given up. */
import { FileFault } from '../../core/errors.ts';
import type { EventSink } from '../../telemetry/events.ts';
import { statOrForgotten } from '../content/content.ts';
import type { Generation } from './generation.ts';

/** A file renamed out of the pattern is followed until it was quiet for this long. */
const ROTATED_QUIET_MS = 60_000;
/** A deleted file may still be written to by whoever has it open. */
const UNLINKED_QUIET_MS = 5000;

/** Whether no more bytes will come of a generation and all that came are resolved. Rejects with a `FileFault`. */
export async function isOver(generation: Generation, nowMs: number): Promise<boolean> {
  const { state, unreadBytes, handle, partial, storage } = generation;
  if (state !== 'rotated' || unreadBytes > 0 || handle === undefined || partial) return false;
  // Bytes on their way may have to be read again: until they are resolved, a restart must find the file.
  if (generation.tracker.pendingBytes > 0 || !generation.storable) return false;
  const quietMs = nowMs - generation.grownMs;
  if (storage !== 'plain') return quietMs >= UNLINKED_QUIET_MS && (await generation.hasEnd());
  return generation.outOfPattern && quietMs >= (generation.linkCount === 0 ? UNLINKED_QUIET_MS : ROTATED_QUIET_MS);
}

export interface HandlePolicy {
  readonly idleCloseMs: number;
  readonly openFilesMax: number;
  readonly nowMs: number;
}

/** Handles to close: when idle, or when too many are open. */
export function idleHandles(open: ReadonlySet<Generation>, policy: HandlePolicy): readonly Generation[] {
  const excess = open.size - policy.openFilesMax;
  return closableOf(open).filter((one, index) => index < excess || policy.nowMs - one.grownMs >= policy.idleCloseMs);
}

/** Handles to close because not one more can be opened: those that were idle longest. */
export function spareHandles(open: ReadonlySet<Generation>): readonly Generation[] {
  const closable = closableOf(open);
  return closable.slice(0, Math.max(SPARED_MIN, Math.ceil(closable.length * SPARED_SHARE)));
}

/**
 * Closes the files that are as they were seen last; returns how many. Bytes that were written since, or that are still written to a file
 * without a name, may be reached by nothing but the open handle.
 */
export async function closeUnchanged(generations: Iterable<Generation>): Promise<number> {
  let count = 0;
  for (const generation of generations) {
    if (!(await isAsSeen(generation))) continue;
    await closed(generation);
    count += 1;
  }
  return count;
}

/** The descriptor is gone whatever close(2) says, and a file that is only read has nothing that could fail to be written. */
async function closed(generation: Generation): Promise<void> {
  try {
    await generation.close();
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
  }
}

async function isAsSeen({ handle, sizeBytes }: Generation): Promise<boolean> {
  try {
    const stat = handle === undefined ? undefined : await statOrForgotten(handle);
    return stat === undefined || (stat.sizeBytes === sizeBytes && stat.linkCount > 0);
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    return false;
  }
}

/** Enough that the next file does not run out of handles at once, few enough that not everything has to be opened again. */
const SPARED_SHARE = 0.25;
/** At least so many: where few can be closed, most open files wait to be read, and one handle at a time would not do. */
const SPARED_MIN = 16;

/** Those of `open` that can be closed: read to the end, all of it resolved, and the name leads to the file again. Longest idle first. */
export function closableOf(open: ReadonlySet<Generation>): readonly Generation[] {
  // Bytes on their way may have to be read again, as at a reload: by then the file, or its copy, may be deleted.
  const closable = [...open].filter(
    (one) => one.unreadBytes === 0 && one.tracker.pendingBytes === 0 && one.storable && !one.outOfPattern && one.storage === 'plain',
  );
  return closable.sort((a, b) => a.grownMs - b.grownMs);
}

/** Counts the unread bytes of `generation` as lost, and tells so: they are nowhere any more. */
export function loseRest(generation: Generation, events: EventSink): void {
  const { flow, path, unreadBytes: bytes } = generation;
  if (bytes === 0) return;
  generation.tracker.open(bytes).resolve('lost', bytes, 0);
  events.emit('bytesLost', { flow, path, bytes });
}
