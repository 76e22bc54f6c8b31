/**
 * SINGLELINE: the lines of a multi-line record become one. Rules: split at LF as Java's `split` does (empty pieces at
 * the end vanish), each piece trimmed of bytes ≤ U+0020, joined with nothing or, escaped, with two backslashes and `n`.
 */
import type { ByteWriter } from '../stage/byte-writer.ts';
import { textOf } from '../java/java-text.ts';
import { type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from '../stage/stage.ts';

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const escapedNewline = Buffer.from('\\\\n');

export class SingleLine implements Stage {
  readonly name = 'SINGLELINE';
  readonly usesPatterns = false;
  readonly #trims: boolean;
  readonly #escapes: boolean;
  readonly #decodes: boolean;

  /** `decodes`: what is not UTF-8 becomes U+FFFD, as in the Java agent. */
  constructor(options: { trims: boolean; escapes: boolean; decodes: boolean }) {
    this.#trims = options.trims;
    this.#escapes = options.escapes;
    this.#decodes = options.decodes;
  }

  convert(record: RecordBytes, _context: RecordContext, out: ByteWriter): Verdict {
    const { buffer, start, end } = this.#decodes ? textOf(record) : record;
    out.reserve((end - start) * escapedNewline.length + 1);
    let last = end;
    while (last > start && buffer[last - 1] === LINE_FEED) last -= 1;
    let from = start;
    while (from <= last) {
      const newline = buffer.indexOf(LINE_FEED, from);
      const to = newline < 0 || newline > last ? last : newline;
      this.#appendPiece(out, buffer, from, to);
      from = to + 1;
      if (this.#escapes && from <= last) out.append(escapedNewline);
    }
    out.appendByte(LINE_FEED);
    return verdict.written;
  }

  #appendPiece(out: ByteWriter, buffer: Buffer, start: number, end: number): void {
    let from = start;
    let to = end;
    if (this.#trims) {
      while (from < to && (buffer[from] as number) <= SPACE) from += 1;
      while (to > from && (buffer[to - 1] as number) <= SPACE) to -= 1;
    }
    out.append(buffer, from, to);
  }
}
