/**
 * A compressed file, read as if it were the file it was made from: positions and sizes are of the decompressed bytes.
 *
 * Decodes forwards, a little ahead of what is asked for, and keeps a window behind it; a position before the window is
 * reached by decoding anew. Invariant: memory is bounded by the window and one decoded piece, whatever the file's size.
 * `stat().sizeBytes` is what is decoded so far: always more than the last position read, unless there is no more.
 */
import type { Compression } from '../../core/checkpoint-row.ts';
import { FileFault } from '../../core/errors.ts';
import type { Decompression, Decompressor, FileHandle, FileStat } from '../../core/ports.ts';

/** Compressed bytes a step. Deflate expands 1032-fold at most (RFC 1951): 16 MiB a piece in the worst case. */
const PIECE_BYTES = 16 * 1024;
/** Kept behind the last position: room for markers and for reading a line again. */
const WINDOW_BYTES = 2 * 1024 * 1024;

/** How far a file reaches. */
interface Extent {
  /** As it is stored. */
  readonly storedBytes: number;
  /** Decoded. */
  readonly bytes: number;
  readonly complete: boolean;
}

export class DecompressedFile implements FileHandle {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #format: Compression;
  readonly #decompression: Decompression;
  #decompressor: Decompressor;
  readonly #piece = Buffer.alloc(PIECE_BYTES);
  /** Decoded bytes from `#windowStart` on. */
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #readBytes = 0;
  #wantedEnd = 0;
  #extent: Extent | undefined;

  constructor(file: FileHandle, options: { path: string; format: Compression; decompression: Decompression }) {
    this.#file = file;
    this.#path = options.path;
    this.#format = options.format;
    this.#decompression = options.decompression;
    this.#decompressor = options.decompression.open(options.format);
  }

  async read(buffer: Buffer, place: { bufferOffset: number; length: number; position: number }): Promise<number> {
    if (place.position < this.#windowStart) this.#rewind();
    await this.#decodeTo(place.position + place.length);
    const start = place.position - this.#windowStart;
    const count = Math.min(place.length, this.#window.length - start);
    if (count <= 0) return 0;
    this.#window.copy(buffer, place.bufferOffset, start, start + count);
    this.#wantedEnd = Math.max(this.#wantedEnd, place.position + count);
    return count;
  }

  async stat(): Promise<FileStat> {
    const stat = await this.#file.stat();
    await this.#decodeTo(this.#wantedEnd + 1);
    return { ...stat, sizeBytes: this.#windowStart + this.#window.length };
  }

  /** Whether the compressed stream is whole: one that is still being written, or was cut off, is not. */
  async isComplete(): Promise<boolean> {
    return (await this.wholeBytes()) !== undefined;
  }

  /** How many decoded bytes there are in all; undefined where the compressed stream is not whole. */
  async wholeBytes(): Promise<number | undefined> {
    const { bytes, complete } = await this.#decodeAll();
    return complete ? bytes : undefined;
  }

  /** How many bytes can be decoded now. */
  async readableBytes(): Promise<number> {
    return (await this.#decodeAll()).bytes;
  }

  async close(): Promise<void> {
    this.#decompressor.close();
    await this.#file.close();
  }

  /** Decodes the whole file, once for each size on disk: it takes as long as the file is long. */
  async #decodeAll(): Promise<Extent> {
    const { sizeBytes } = await this.#file.stat();
    if (this.#extent?.storedBytes === sizeBytes) return this.#extent;
    await this.#decodeTo(Number.POSITIVE_INFINITY);
    const bytes = this.#windowStart + this.#window.length;
    const complete = await this.#decompressor.isComplete();
    const extent = { storedBytes: this.#readBytes, bytes, complete };
    this.#extent = extent;
    this.#rewind();
    return extent;
  }

  async #decodeTo(end: number): Promise<void> {
    while (this.#windowStart + this.#window.length < end) {
      const count = await this.#file.read(this.#piece, { bufferOffset: 0, length: PIECE_BYTES, position: this.#readBytes });
      if (count === 0) return;
      this.#readBytes += count;
      const decoded = await this.#decode(Buffer.from(this.#piece.subarray(0, count)));
      const kept = this.#window.subarray(Math.max(0, this.#window.length - WINDOW_BYTES));
      this.#windowStart += this.#window.length - kept.length;
      this.#window = Buffer.concat([kept, decoded]);
    }
  }

  async #decode(chunk: Buffer): Promise<Buffer> {
    try {
      return await this.#decompressor.push(chunk);
    } catch (cause) {
      throw new FileFault({ code: 'other', systemCode: 'damaged compressed file', path: this.#path, cause });
    }
  }

  #rewind(): void {
    this.#decompressor.close();
    this.#decompressor = this.#decompression.open(this.#format);
    this.#window = Buffer.alloc(0);
    this.#windowStart = 0;
    this.#readBytes = 0;
  }
}
