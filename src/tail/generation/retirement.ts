/** When a generation is over, and what becomes of the rest of a generation that is given up. */
import type { EventSink } from '../../telemetry/events.ts';
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

/** Counts the unread bytes of `generation` as lost, and tells so: they are nowhere any more. */
export function loseRest(generation: Generation, events: EventSink): void {
  const { flow, path, unreadBytes: bytes } = generation;
  if (bytes === 0) return;
  generation.tracker.open(bytes).resolve('lost', bytes, 0);
  events.emit('bytesLost', { flow, path, bytes });
}
