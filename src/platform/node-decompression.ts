/** gzip (all members, RFC 1952) and zstd (all frames, RFC 8878) by Node's zlib. */
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Compression } from '../core/checkpoint-row.ts';
import type { Decompression, Decompressor } from '../core/ports.ts';

export class NodeDecompression implements Decompression {
  open(format: Compression): Decompressor {
    return new NodeDecompressor(format);
  }
}

class NodeDecompressor implements Decompressor {
  readonly #stream: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>;
  #decoded: Buffer[] = [];
  #fault: Error | undefined;
  #ended = false;

  constructor(format: Compression) {
    this.#stream = format === 'gzip' ? createGunzip() : createZstdDecompress();
    // Not 'data': that may come after the write it belongs to was called done.
    this.#stream.on('readable', () => this.#drain());
    this.#stream.on('end', () => (this.#ended = true));
    // Reported by the call under way; without a listener it would end the process.
    this.#stream.on('error', (fault: Error) => (this.#fault = fault));
  }

  async push(chunk: Buffer): Promise<Buffer> {
    if (this.#fault !== undefined) throw this.#fault;
    await new Promise<void>((resolve, reject) => {
      const onError = (fault: Error) => reject(fault);
      this.#stream.once('error', onError);
      this.#stream.write(chunk, (fault) => {
        this.#stream.off('error', onError);
        if (fault) reject(fault);
        else resolve();
      });
    });
    this.#drain();
    const decoded = Buffer.concat(this.#decoded);
    this.#decoded = [];
    return decoded;
  }

  async isComplete(): Promise<boolean> {
    if (this.#fault !== undefined) return false;
    await new Promise<void>((resolve) => {
      this.#stream.once('error', () => resolve());
      this.#stream.once('end', () => resolve());
      this.#stream.end();
    });
    return this.#ended;
  }

  #drain(): void {
    for (let chunk: unknown = this.#stream.read(); chunk !== null; chunk = this.#stream.read()) {
      if (Buffer.isBuffer(chunk)) this.#decoded.push(chunk);
    }
  }

  close(): void {
    this.#stream.destroy();
  }
}
