/**
 * Buffers to read into. A tailer holds one only while it reads; idle flows hold none. A few are kept for reuse, so
 * that full load allocates nothing.
 */
const KEPT_MAX = 2;

export class ReadBuffers {
  readonly #lengthBytes: number;
  readonly #free: Buffer[] = [];

  constructor(lengthBytes: number) {
    this.#lengthBytes = lengthBytes;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#lengthBytes);
  }

  give(buffer: Buffer): void {
    if (this.#free.length < KEPT_MAX) this.#free.push(buffer);
  }
}
