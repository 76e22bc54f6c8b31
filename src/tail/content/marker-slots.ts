/**
 * Memory for the end markers of reads (past-ends.ts), each until its digest is asked for or a newer end takes its place. Slots are
 * used again: a thousand files that are written to note forty thousand ends a second, and each end outlives the young generation
 * of the heap. As garbage of the old generation they kept the collector busy with a tenth of all that the agent did.
 *
 * Invariant: a slot is with one holder or free; at most `FREE_MAX` are kept free.
 */
import { limits } from '../../core/limits.ts';

/** 2 MB, with what the heap needs for each slot. */
const FREE_MAX = 4096;

const free: Buffer[] = [];

/** A slot with `marker` at its beginning, which is at most `limits.endMarkerBytes` long. */
export function takeSlot(marker: Buffer): Buffer {
  const slot = free.pop() ?? Buffer.allocUnsafeSlow(limits.endMarkerBytes);
  marker.copy(slot);
  return slot;
}

/** Nobody uses `slot` any more. */
export function giveSlot(slot: Buffer): void {
  if (free.length < FREE_MAX) free.push(slot);
}
