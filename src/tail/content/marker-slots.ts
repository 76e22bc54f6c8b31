/**
 * Memory for what stands before the ends of reads (past-ends.ts), until its digest is asked for or newer ends take its
 * place: what was used is used again. A thousand files that are written to note forty thousand ends a second, each of
 * which outlives the young generation of the heap: as garbage of the old one they kept the collector busy with a tenth
 * of all that the agent did.
 *
 * Invariant: a slot is with one holder or free; at most `FREE_MAX` are kept free.
 */
import { limits } from '../../core/limits.ts';

/** 2 MB with what the heap has of each. */
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
