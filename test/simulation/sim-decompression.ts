/** Decompression without threads, so that it takes part in simulated time: everything is decoded at once. */
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Decompression, Decompressor } from '../../src/core/ports.ts';

export const simDecompression: Decompression = {
  open: (format) => new AtOnce(format === 'gzip' ? gunzip : unzstd),
};

/** All that can be decoded of a stream; `whole`: an unfinished one throws. */
type Decode = (compressed: Buffer, whole: boolean) => Buffer;

const gunzip: Decode = (compressed, whole) => gunzipSync(compressed, whole ? {} : { finishFlush: constants.Z_SYNC_FLUSH });
const unzstd: Decode = (compressed, whole) => zstdDecompressSync(compressed, whole ? {} : { finishFlush: constants.ZSTD_e_continue });

class AtOnce implements Decompressor {
  readonly #decode: Decode;
  #compressed: Buffer = Buffer.alloc(0);
  #decodedBytes = 0;

  constructor(decode: Decode) {
    this.#decode = decode;
  }

  push(chunk: Buffer): Promise<Buffer> {
    this.#compressed = Buffer.concat([this.#compressed, chunk]);
    return Promise.try(() => {
      const all = this.#decode(this.#compressed, false);
      const fresh = all.subarray(this.#decodedBytes);
      this.#decodedBytes = all.length;
      return fresh;
    });
  }

  isComplete(): Promise<boolean> {
    try {
      this.#decode(this.#compressed, true);
      return Promise.resolve(true);
    } catch (failure) {
      // An unfinished stream is the question here, not a fault.
      return failure instanceof Error ? Promise.resolve(false) : Promise.reject(failure);
    }
  }

  close(): void {
    this.#compressed = Buffer.alloc(0);
  }
}
