/** When a generation is over, when its handle need not be held, and what it had when it is given up. */
import type { EventSink } from '../../telemetry/events.ts';
import type { Generation } from './generation.ts';

/** A file renamed out of the pattern is followed until it was quiet for this long. */
const ROTATED_QUIET_MS = 60_000;
/** A deleted file may still be written to by whoever has it open. */
const UNLINKED_QUIET_MS = 5000;

/** Whether nothing more will come of a generation and everything that came is resolved. Rejects with a `FileFault`. */
export async function isOver(generation: Generation, nowMs: number): Promise<boolean> {
  const { state, unreadBytes, handle, partial, storage } = generation;
  if (state !== 'rotated' || unreadBytes > 0 || handle === undefined || partial) return false;
  // What is on its way may have to be read again: until it is resolved, the file must be found after a restart.
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
export function idleHandles(generations: Iterable<Generation>, policy: HandlePolicy): readonly Generation[] {
  const { open, closable } = openHandles(generations);
  const excess = open.length - policy.openFilesMax;
  return closable.filter((one, index) => index < excess || policy.nowMs - one.grownMs >= policy.idleCloseMs);
}

/** Handles to close because not one more can be opened: those that were idle longest. */
export function spareHandles(generations: Iterable<Generation>): readonly Generation[] {
  const { closable } = openHandles(generations);
  return closable.slice(0, Math.ceil(closable.length * SPARED_SHARE));
}

/** Closes those; how many. */
export async function closeSpareHandles(generations: Iterable<Generation>): Promise<number> {
  const spared = spareHandles(generations);
  for (const generation of spared) await generation.close();
  return spared.length;
}

/** So many that the next file does not run out of handles at once, so few that not everything is opened again. */
const SPARED_SHARE = 0.25;

/** Closable: what is read to its end, all of it resolved, and can be found again by its name; longest idle first. */
function openHandles(generations: Iterable<Generation>): { open: readonly Generation[]; closable: readonly Generation[] } {
  const open: Generation[] = [];
  for (const generation of generations) if (generation.handle !== undefined) open.push(generation);
  // What is on its way may have to be read again, at a reload for one, and the file, or the copy of it, deleted by then.
  const closable = open.filter(
    (one) => one.unreadBytes === 0 && one.tracker.pendingBytes === 0 && one.storable && !one.outOfPattern && one.storage === 'plain',
  );
  closable.sort((a, b) => a.grownMs - b.grownMs);
  return { open, closable };
}

/** Counts what is unread of `generation` as lost, and says so: its bytes are nowhere any more. */
export function loseRest(generation: Generation, events: EventSink): void {
  const { flow, path, unreadBytes: bytes } = generation;
  if (bytes === 0) return;
  generation.tracker.open(bytes).resolve('lost', bytes, 0);
  events.emit('bytesLost', { flow, path, bytes });
}
