/**
 * Bytes of one source that are not consumed yet, in whatever encoding.
 *
 * Invariant: the bytes just before those that are not consumed are kept, as the framing looks at them.
 */
import { limits } from '../../core/limits.ts';
import { OffsetTracker } from '../../core/offset-tracker.ts';
import { type TextSettings, textOfHead } from '../../tail/lines/text-splitter.ts';
import { type ByteOrder, byteOrderOf, readBytesFor, unitAt } from '../../tail/lines/utf16.ts';

const NEWLINE = 0x0a;
/** One unit of UTF-16. */
const HISTORY_BYTES = 2;

export class TrialInput {
  readonly path: string;
  readonly buffer: Buffer;
  readonly tracker: OffsetTracker;
  /** Lines seen so far, the unterminated last one included. */
  lines = 0;
  /** What is not consumed is buffer[from, to). */
  from = 0;
  to = 0;
  readonly #settings: TextSettings;
  #order: ByteOrder | undefined;
  /** Up to here newlines are counted; at whole characters. */
  #counted = 0;
  #lineIsOpen = false;
  #firstLine: Buffer | undefined;

  constructor(path: string, settings: TextSettings, onResolve: ConstructorParameters<typeof OffsetTracker>[0]['onResolve']) {
    this.path = path;
    this.#settings = settings;
    // Room for the longest line, for what shows that a line is too long, for the bytes before it, and one byte that splitting needs.
    const lineBytes = settings.encoding === 'utf-8' ? settings.lineBytesMax + 1 : readBytesFor(settings.lineBytesMax);
    this.buffer = Buffer.alloc(HISTORY_BYTES + Math.max(limits.readBytesMax, lineBytes) + 1);
    this.tracker = new OffsetTracker({ startOffset: 0, onResolve });
  }

  /** Offset of the first byte that is not consumed. */
  get position(): number {
    return this.tracker.readOffset;
  }

  /** The byte order of UTF-16, once its first unit is there. */
  get order(): ByteOrder | undefined {
    const { encoding } = this.#settings;
    if (encoding === 'utf-8' || this.#order !== undefined || this.to < HISTORY_BYTES) return this.#order;
    this.#order = byteOrderOf(encoding, this.buffer.subarray(0, HISTORY_BYTES));
    return this.#order;
  }

  /** Takes as much of `chunk` as there is room for; says how much. */
  fill(chunk: Uint8Array): number {
    const taken = chunk.subarray(0, this.buffer.length - 1 - this.to);
    this.buffer.set(taken, this.to);
    this.to += taken.length;
    this.#countLines();
    return taken.length;
  }

  /** The first line as far as it is there, as UTF-8. */
  firstLine(): Buffer | undefined {
    if (this.#firstLine === undefined && this.position === 0) {
      const text = textOfHead(this.buffer.subarray(0, this.to), this.#settings);
      const end = text.indexOf(NEWLINE);
      this.#firstLine = Buffer.from(text.subarray(0, end < 0 ? text.length : end + 1));
    }
    return this.#firstLine;
  }

  /** The first `bytes` are done with; they are in a span of `tracker` already. */
  consume(bytes: number): void {
    const end = this.from + bytes;
    const start = Math.max(0, end - HISTORY_BYTES);
    this.buffer.copyWithin(0, start, this.to);
    this.from = end - start;
    this.to -= start;
    this.#counted -= start;
  }

  #countLines(): void {
    const { buffer, to } = this;
    const units = this.#settings.encoding !== 'utf-8';
    const order = this.order;
    if (units && order === undefined) return;
    const before = this.#lineIsOpen ? 1 : 0;
    let newlines = 0;
    let after = -1;
    if (order !== undefined) {
      for (; this.#counted + 1 < to; this.#counted += 2) {
        if (unitAt(buffer, this.#counted, order) !== NEWLINE) continue;
        newlines += 1;
        after = this.#counted + 2;
      }
    } else {
      const fresh = buffer.subarray(this.#counted, to);
      for (let at = fresh.indexOf(NEWLINE); at >= 0; at = fresh.indexOf(NEWLINE, at + 1)) {
        newlines += 1;
        after = this.#counted + at + 1;
      }
      this.#counted = to;
    }
    this.#lineIsOpen = after < 0 ? this.#lineIsOpen || to > this.from : after < to;
    this.lines += newlines + (this.#lineIsOpen ? 1 : 0) - before;
  }
}
