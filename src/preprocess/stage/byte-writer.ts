/**
 * Bytes being written, in one buffer that grows and is used again for every batch.
 *
 * The hot loops write `bytes` themselves and set `length` when they are done, after `reserve` has made room for the
 * worst case; nothing is allocated a record.
 */
const CAPACITY_BYTES_MIN = 16 * 1024;
/** Room beyond what was reserved, so that the hot loops may write whole words. */
const SLACK_BYTES = 8;

/** A view of the same bytes, for loops that take four at a time. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export class ByteWriter {
  bytes: Buffer = Buffer.alloc(0);
  /** A view of `bytes`. */
  view = viewOf(this.bytes);
  /** How many of `bytes` are written. */
  length = 0;

  /** Makes room for `count` more bytes. `bytes` may be another buffer afterwards. */
  reserve(count: number): void {
    const needed = this.length + count + SLACK_BYTES;
    if (needed <= this.bytes.length) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(CAPACITY_BYTES_MIN, needed, this.bytes.length * 2));
    this.bytes.copy(wider, 0, 0, this.length);
    const view = viewOf(wider);
    // Both change together, with no call between: work under a time limit may be ended at any call, and goes on with this writer.
    this.view = view;
    this.bytes = wider;
  }

  /** Appends source[start, end). */
  append(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    this.reserve(count);
    const bytes = this.bytes;
    let at = this.length;
    if (count <= 64) for (let i = start; i < end; i += 1) bytes[at++] = source[i] ?? 0;
    else bytes.set(source.subarray(start, end), at);
    this.length += count;
  }

  appendByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length] = byte;
    this.length += 1;
  }

  /** Appends `text` as UTF-8; half a surrogate pair becomes `?`, as in Java. */
  appendText(text: string): void {
    const encodable = text.isWellFormed() ? text : text.replaceAll(/\p{Cs}/gu, '?');
    this.reserve(encodable.length * 3);
    this.length += this.bytes.write(encodable, this.length, 'utf8');
  }
}
