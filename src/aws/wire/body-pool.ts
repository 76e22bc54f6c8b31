/**
 * Memory of request bodies. A few buffers are used again and again instead of a fresh one for each request: memory outside
 * of the heap is freed only when the collector gets round to it, and meanwhile the resident size doubles.
 *
 * Invariant: a buffer is either with one taker or in the pool; the pool keeps at most `keptMax` of them, the largest.
 * The buffer of a call that failed is not given back: part of the body may still stand in a socket's queue.
 */
const SMALLEST_BYTES = 64 * 1024;

export class BodyPool {
  readonly #keptMax: number;
  /** Ascending by length. */
  readonly #free: Buffer[] = [];

  constructor(keptMax: number) {
    this.#keptMax = keptMax;
  }

  get keptBytes(): number {
    return this.#free.reduce((bytes, buffer) => bytes + buffer.length, 0);
  }

  /** A buffer of at least `bytes`, with any content. */
  take(bytes: number): Buffer {
    const index = this.#free.findIndex((buffer) => buffer.length >= bytes);
    const [found] = index === -1 ? [] : this.#free.splice(index, 1);
    return found ?? Buffer.allocUnsafeSlow(capacityFor(bytes));
  }

  /** Takes a buffer back, or lets it go when there are enough larger ones. */
  give(buffer: Buffer): void {
    this.#free.push(buffer);
    this.#free.sort((left, right) => left.length - right.length);
    if (this.#free.length > this.#keptMax) this.#free.shift();
  }
}

/** Powers of two: pages that are never written cost nothing, and bodies of nearly one size share a buffer. */
function capacityFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(bytes, SMALLEST_BYTES)));
}
