/** Decompression without threads, so that it takes part in simulated time: everything is decoded at once. */
import { constants, gunzipSync } from 'node:zlib';
import type { Decompression, Decompressor } from '../../src/core/ports.ts';

export const simDecompression: Decompression = {
  open: (format) => {
    if (format !== 'gzip') throw new Error(`the simulation has no ${format} files`);
    return new Gunzip();
  },
};

class Gunzip implements Decompressor {
  #compressed: Buffer = Buffer.alloc(0);
  #decodedBytes = 0;

  push(chunk: Buffer): Promise<Buffer> {
    this.#compressed = Buffer.concat([this.#compressed, chunk]);
    return Promise.try(() => {
      const all = gunzipSync(this.#compressed, { finishFlush: constants.Z_SYNC_FLUSH });
      const fresh = all.subarray(this.#decodedBytes);
      this.#decodedBytes = all.length;
      return fresh;
    });
  }

  isComplete(): Promise<boolean> {
    try {
      gunzipSync(this.#compressed);
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
