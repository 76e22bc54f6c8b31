/**
 * More bytes before the position than the stored marker has: the last ones that this process read.
 *
 * Lines often end alike (a user agent, padding). So a file that was cut and refilled can have the same marker by chance, and the
 * same head where a long header stands there. It does not have whole lines by chance. The bytes come with every read, which begins
 * so much earlier: it costs no further call, and a microsecond for the checksum.
 */
import { crc32 } from 'node:zlib';
import { limits } from '../../core/limits.ts';

export class NearBytes {
  #lengthBytes = 0;
  #checksum = 0;

  /** How many of the bytes before the position are known; 0: none yet. */
  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /** No byte is known from now on. */
  forget(): void {
    this.#lengthBytes = 0;
    this.#checksum = 0;
  }

  /** Whether the known bytes stand before `end` in `buffer`. */
  fit(buffer: Buffer, end: number): boolean {
    return crc32(buffer.subarray(end - this.#lengthBytes, end)) === this.#checksum;
  }

  /** From now on the known bytes are the last ones of buffer[start, end). */
  take(buffer: Buffer, start: number, end: number): void {
    const near = buffer.subarray(Math.max(start, end - limits.nearBytesMax), end);
    this.#lengthBytes = near.length;
    this.#checksum = crc32(near);
  }
}
