/**
 * More of what stands before the position than the marker that is stored: the last bytes that this process read.
 *
 * Lines often end alike (a user agent, padding), so that a file which was cut and refilled can have the marker by chance, and
 * its head where a long header stands there. It does not have whole lines by chance. They come with every read, since a read
 * begins so much earlier: no call more, a microsecond for the checksum.
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

  /** None is known from now on. */
  forget(): void {
    this.#lengthBytes = 0;
    this.#checksum = 0;
  }

  /** Whether they stand before `end` in `buffer`. */
  fit(buffer: Buffer, end: number): boolean {
    return crc32(buffer.subarray(end - this.#lengthBytes, end)) === this.#checksum;
  }

  /** From now on they are the last ones of buffer[start, end). */
  take(buffer: Buffer, start: number, end: number): void {
    const near = buffer.subarray(Math.max(start, end - limits.nearBytesMax), end);
    this.#lengthBytes = near.length;
    this.#checksum = crc32(near);
  }
}
