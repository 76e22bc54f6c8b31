/**
 * The unit of work: the records of one read, as one buffer and arrays of positions. No object, string or Buffer a
 * record. A batch and its buffer are valid only during the synchronous call that hands them on.
 *
 * Invariant: Σ sourceBytes of the records + bytes resolved as dropped = length of the batch's span.
 */
import { assert } from './assert.ts';

export class RecordBatch {
  buffer: Buffer = Buffer.alloc(0);
  count = 0;
  /** Record i is buffer[starts[i], ends[i]). */
  starts = new Uint32Array(1024);
  ends = new Uint32Array(1024);
  /** How many bytes of the span record i accounts for. */
  sourceBytes = new Uint32Array(1024);
  /** Where record i's first byte stood, relative to the start of the span. */
  sourceStarts = new Uint32Array(1024);

  /** Empties the batch and points it at `buffer`. */
  reset(buffer: Buffer): void {
    this.buffer = buffer;
    this.count = 0;
  }

  /** Makes room for `count` records in all. */
  reserve(count: number): void {
    while (this.ends.length < count) this.#grow();
  }

  /** Adds record buffer[start, end), which accounts for span bytes [sourceStart, sourceStart + sourceBytes). */
  push(start: number, end: number, sourceStart: number, sourceBytes: number): void {
    const index = this.count;
    if (index === this.ends.length) this.#grow();
    this.starts[index] = start;
    this.ends[index] = end;
    this.sourceStarts[index] = sourceStart;
    this.sourceBytes[index] = sourceBytes;
    this.count = index + 1;
  }

  /** The record's bytes as a view, without a copy. */
  record(index: number): Buffer {
    assert(index >= 0 && index < this.count, 'record index within the batch');
    return this.buffer.subarray(this.starts[index], this.ends[index]);
  }

  #grow(): void {
    const capacity = this.ends.length * 2;
    const widen = (old: Uint32Array<ArrayBuffer>) => {
      const wider = new Uint32Array(capacity);
      wider.set(old);
      return wider;
    };
    this.starts = widen(this.starts);
    this.ends = widen(this.ends);
    this.sourceStarts = widen(this.sourceStarts);
    this.sourceBytes = widen(this.sourceBytes);
  }
}
