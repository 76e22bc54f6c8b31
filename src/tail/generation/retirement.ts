/** When a generation is over, when its handle need not be held, and what it had when it is given up. */
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
 * Closes those of which the file is as it was seen last; how many. What was written to it since, and what is still written to one that has
 * no name any more, may be reached by nothing but its handle.
 */
export async function closeUnchanged(generations: Iterable<Generation>): Promise<number> {
  let count = 0;
  for (const generation of generations) {
    if (!(await isAsSeen(generation))) continue;
    await generation.close();
    count += 1;
  }
  return count;
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
/** Of few, all: most of what is open waits then, and would find no room one by one. */
const SPARED_MIN = 16;

/** Of those that are open: what is read to its end, all of it resolved, and can be found again by its name; longest idle first. */
export function closableOf(open: ReadonlySet<Generation>): readonly Generation[] {
  // What is on its way may have to be read again, at a reload for one, and the file, or the copy of it, deleted by then.
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
