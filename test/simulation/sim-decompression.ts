/** Decompression without threads, which would not keep to simulated time: everything is decoded at once. */
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Decompression, Decompressor } from '../../src/core/ports.ts';

export const simDecompression: Decompression = {
  open: (format) => new AtOnce(format === 'gzip' ? gunzip : unzstd),
};

/** Decodes all that can be decoded of a stream; with `whole`, an unfinished stream throws. */
type Decode = (compressed: Buffer, whole: boolean) => Buffer;

const gunzip: Decode = (compressed, whole) => gunzipSync(compressed, whole ? {} : { finishFlush: constants.Z_SYNC_FLUSH });
const unzstd: Decode = (compressed, whole) => zstdDecompressSync(compressed, whole ? {} : { finishFlush: constants.ZSTD_e_continue });

class AtOnce implements Decompressor {
  readonly #decode: Decode;
  #compressed: Buffer = Buffer.alloc(0);
  #decodedBytes = 0;
  /** All of the stream, decoded, if it is complete; undefined: not tried since the last push. */
  #whole: Buffer | 'unfinished' | undefined;

  constructor(decode: Decode) {
    this.#decode = decode;
  }

  push(chunk: Buffer): Promise<Buffer> {
    this.#compressed = this.#compressed.length === 0 ? chunk : Buffer.concat([this.#compressed, chunk]);
    this.#whole = undefined;
    return Promise.try(() => {
      const whole = this.#tryWhole();
      const all = whole === 'unfinished' ? this.#decode(this.#compressed, false) : whole;
      const fresh = all.subarray(this.#decodedBytes);
      this.#decodedBytes = all.length;
      return fresh;
    });
  }

  isComplete(): Promise<boolean> {
    return Promise.try(() => this.#tryWhole() !== 'unfinished');
  }

  close(): void {
    this.#compressed = Buffer.alloc(0);
    this.#whole = undefined;
  }

  #tryWhole(): Buffer | 'unfinished' {
    this.#whole ??= this.#decodeWhole();
    return this.#whole;
  }

  #decodeWhole(): Buffer | 'unfinished' {
    try {
      return this.#decode(this.#compressed, true);
    } catch (failure) {
      // An unfinished stream is the question here, not a fault.
      if (failure instanceof Error) return 'unfinished';
      throw failure;
    }
  }
}
