/**
 * Slabs: the memory that records are framed in. Sizes are powers of two from 4 KiB and the three quarter steps between
 * two of them, so that no more than a fifth of a slab is wasted where the taker knows the size that it needs. A slab that
 * comes back is kept for the next taker, up to a bound: allocating fresh ones would double the resident memory, because
 * external memory is freed only when the collector gets round to it.
 *
 * Invariant: a slab is either with exactly one holder or in the pool; the pool takes back nothing beyond its bound.
 */
import { assert } from '../../core/assert.ts';

const SMALLEST_BYTES = 4096;

export class SlabPool {
  #keptBytesMax: number;
  readonly #free = new Map<number, Buffer[]>();
  #keptBytes = 0;
  #takenBytes = 0;

  constructor(keptBytesMax: number) {
    this.#keptBytesMax = keptBytesMax;
  }

  /** Another bound. What is kept beyond it is let go of, the largest slabs first. */
  resize(keptBytesMax: number): void {
    this.#keptBytesMax = keptBytesMax;
    for (const [capacityBytes, free] of [...this.#free].toSorted(([a], [b]) => b - a)) {
      const excess = Math.ceil((this.#keptBytes - keptBytesMax) / capacityBytes);
      const dropped = free.splice(0, Math.max(0, excess));
      this.#keptBytes -= dropped.length * capacityBytes;
    }
  }

  /** Bytes of all slabs that are out. */
  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** A slab of at least `bytes`, with any content. */
  take(bytes: number): Buffer {
    const capacityBytes = slabBytes(bytes);
    this.#takenBytes += capacityBytes;
    const slab = this.#free.get(capacityBytes)?.pop();
    if (slab === undefined) return Buffer.allocUnsafeSlow(capacityBytes);
    this.#keptBytes -= capacityBytes;
    return slab;
  }

  give(slab: Buffer): void {
    assert(slab.length <= this.#takenBytes, 'only what was taken comes back');
    this.#takenBytes -= slab.length;
    if (this.#keptBytes + slab.length > this.#keptBytesMax) return;
    this.#keptBytes += slab.length;
    const free = this.#free.get(slab.length);
    if (free === undefined) this.#free.set(slab.length, [slab]);
    else free.push(slab);
  }
}

/** The size of the slab that holds `bytes`. */
function slabBytes(bytes: number): number {
  if (bytes <= SMALLEST_BYTES) return SMALLEST_BYTES;
  const quarter = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / quarter) * quarter;
}
