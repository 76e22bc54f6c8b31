/**
 * Bytes → records: finds the line ends in what was read and says how much of it is complete.
 *
 * Framing depends on nothing but the bytes, the byte before them and where records were cut by time (cuts.ts), so it is
 * the same after a restart as before.
 * The splitter may change the buffer: it writes the end of a cut line into it.
 * Invariant: the records and the skipped ranges of the result cover exactly the first `consumedBytes`.
 */
import type { LineJoiner } from '../../core/pipeline.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import { cutAtCharacter } from '../../core/utf8.ts';

const NEWLINE = 0x0a;
const newlineOnly = Buffer.of(NEWLINE);

export interface SplitSettings {
  /** A longer line falls under `oversize`. */
  readonly lineBytesMax: number;
  /** What is left of such a line, at most, and each of its pieces but the last. Left out: `lineBytesMax`. */
  readonly cutBytes?: number | undefined;
  readonly oversize: 'truncate' | 'split' | 'drop';
  /** Ends a line that was cut, unless it leaves no room for the line. Left out: a newline. */
  readonly terminator?: Buffer | undefined;
  readonly joiner?: LineJoiner | undefined;
  /** Lines of one joined record, at most. */
  readonly joinLinesMax: number;
  readonly skipHeaderLines: number;
}

export interface SplitInput {
  /** New bytes are buffer[from, to); one byte of room must follow `to`. */
  readonly buffer: Buffer;
  readonly from: number;
  readonly to: number;
  /** The byte that stands before `from` in the file; undefined at the file's beginning. */
  readonly previousByte: number | undefined;
  /** A record begins at `from`, whatever stands before it. */
  readonly atCut: boolean;
  /** A record ends at `to`, whatever follows: a last line without newline, a last open group, are complete. */
  readonly final: boolean;
  readonly recordsMax: number;
}

export interface SplitResult {
  readonly consumedBytes: number;
  readonly skippedBytes: number;
  readonly skippedLines: number;
  readonly oversizeBytes: number;
  readonly oversizeLines: number;
  /** Whole lines of an open group that follow the consumed bytes. */
  readonly openBytes: number;
  /** Where ends of cut lines were written, ascending, and the bytes that stood there. */
  readonly overwritten?: readonly { readonly offset: number; readonly byte: number }[];
}

/** Fills `batch` with the complete records of the input. */
export function splitLines(input: SplitInput, settings: SplitSettings, batch: RecordBatch): SplitResult {
  batch.reset(input.buffer);
  return new Split(input, settings, batch).run();
}

class Split {
  readonly #input: SplitInput;
  readonly #settings: SplitSettings;
  readonly #batch: RecordBatch;
  #cursor: number;
  #skippedBytes = 0;
  #skippedLines = 0;
  #oversizeBytes = 0;
  #oversizeLines = 0;
  #openBytes = 0;
  readonly #overwritten: { offset: number; byte: number }[] = [];

  constructor(input: SplitInput, settings: SplitSettings, batch: RecordBatch) {
    this.#input = input;
    this.#settings = settings;
    this.#batch = batch;
    this.#cursor = input.from;
  }

  run(): SplitResult {
    // A sentinel, so that a search for the last line's end does not run on into bytes that older reads left behind.
    this.#input.buffer[this.#input.to] = NEWLINE;
    if (this.#beforeRecords()) {
      if (this.#settings.joiner === undefined) this.#lines();
      else this.#groups(this.#settings.joiner);
    }
    return {
      consumedBytes: this.#cursor - this.#input.from,
      skippedBytes: this.#skippedBytes,
      skippedLines: this.#skippedLines,
      oversizeBytes: this.#oversizeBytes,
      oversizeLines: this.#oversizeLines,
      openBytes: this.#openBytes,
      overwritten: this.#overwritten,
    };
  }

  /** What precedes the first record: a NUL head, header lines, the rest of a cut line. False: nothing else to do yet. */
  #beforeRecords(): boolean {
    const { previousByte, atCut, buffer, to } = this.#input;
    if (atCut) return true;
    if (previousByte === undefined || previousByte === 0) {
      // A writer without O_APPEND that goes on after copytruncate leaves a hole: NULs from 0 to its old offset.
      const start = this.#cursor;
      while (this.#cursor < to && buffer[this.#cursor] === 0) this.#cursor += 1;
      this.#skippedBytes += this.#cursor - start;
      if (this.#cursor === to) return false;
    }
    if (previousByte === undefined) return this.#header();
    if (previousByte === NEWLINE || previousByte === 0) return true;
    if (this.#settings.oversize === 'split') return true;
    return this.#discardToNewline();
  }

  #header(): boolean {
    let end = this.#cursor;
    for (let line = 0; line < this.#settings.skipHeaderLines; line += 1) {
      const newline = this.#newlineFrom(end);
      if (newline < 0) {
        if (!this.#input.final) return false;
        end = this.#input.to;
        break;
      }
      end = newline + 1;
    }
    if (end > this.#cursor) this.#skippedLines += this.#settings.skipHeaderLines;
    this.#skippedBytes += end - this.#cursor;
    this.#cursor = end;
    return true;
  }

  #discardToNewline(): boolean {
    const newline = this.#newlineFrom(this.#cursor);
    const end = newline < 0 ? this.#input.to : newline + 1;
    this.#oversizeBytes += end - this.#cursor;
    this.#cursor = end;
    return newline >= 0;
  }

  #lines(): void {
    const { buffer, from, to, recordsMax, final } = this.#input;
    const batch = this.#batch;
    const { lineBytesMax } = this.#settings;
    let cursor = this.#cursor;
    while (batch.count < recordsMax) {
      const newline = buffer.indexOf(NEWLINE, cursor);
      const end = newline < 0 || newline >= to ? -1 : newline + 1;
      if (end < 0 || end - cursor > lineBytesMax) {
        this.#cursor = cursor;
        const open = end < 0 ? to : end;
        if (open - cursor > lineBytesMax) {
          if (!this.#overlong(open, end >= 0)) return;
        } else if (final && open > cursor) {
          batch.push(cursor, open, cursor - from, open - cursor);
          this.#cursor = open;
          return;
        } else return;
        cursor = this.#cursor;
        continue;
      }
      batch.push(cursor, end, cursor - from, end - cursor);
      cursor = end;
    }
    this.#cursor = cursor;
  }

  /** Cuts or drops a line [cursor, open) that is longer than allowed. `ended`: its newline is there. False: stop here. */
  #overlong(open: number, ended: boolean): boolean {
    const { buffer, from } = this.#input;
    const start = this.#cursor;
    const { oversize, lineBytesMax } = this.#settings;
    const cutBytes = Math.min(this.#settings.cutBytes ?? lineBytesMax, lineBytesMax);
    if (oversize === 'drop') {
      this.#oversizeLines += 1;
      this.#oversizeBytes += open - start;
      this.#cursor = open;
      return ended;
    }
    if (oversize === 'split') {
      // One byte less than allowed: the newline that closes the piece counts too.
      const cut = cutAtCharacter(buffer, start, start + cutBytes - 1);
      this.#batch.push(start, cut, start - from, cut - start);
      this.#cursor = cut;
      return true;
    }
    const { terminator = newlineOnly } = this.#settings;
    const endBytes = terminator.length < cutBytes ? terminator.length : 0;
    const cut = cutAtCharacter(buffer, start, start + cutBytes - endBytes);
    this.#oversizeLines += 1;
    this.#oversizeBytes += open - cut;
    for (let i = 0; i < endBytes; i += 1) {
      this.#overwritten.push({ offset: cut + i, byte: buffer[cut + i] ?? 0 });
      buffer[cut + i] = terminator[i] ?? 0;
    }
    this.#batch.push(start, cut + endBytes, start - from, cut - start);
    this.#cursor = open;
    return ended;
  }

  #groups(joiner: LineJoiner): void {
    const { buffer, from, recordsMax, final, to } = this.#input;
    const { lineBytesMax, joinLinesMax } = this.#settings;
    const close = (end: number) => {
      this.#batch.push(this.#cursor, end, this.#cursor - from, end - this.#cursor);
      this.#cursor = end;
    };
    joiner.prepare?.(buffer, this.#cursor, final ? to : Math.max(this.#cursor, this.#lastNewline() + 1));
    let line = this.#cursor;
    let lines = 0;
    while (this.#batch.count < recordsMax) {
      const newline = this.#newlineFrom(line);
      const end = newline < 0 ? to : newline + 1;
      const complete = newline >= 0 || (final && end > line);
      if (complete && lines > 0 && joiner.startsRecord(buffer, line, end)) {
        close(line);
        lines = 0;
        continue;
      }
      if (end - this.#cursor > lineBytesMax) {
        if (lines > 0) close(line);
        else if (!this.#overlong(end, newline >= 0)) return;
        else line = this.#cursor;
        lines = 0;
        continue;
      }
      if (!complete) break;
      const start = line;
      lines += 1;
      line = end;
      if (lines >= joinLinesMax || joiner.endsRecord(buffer, start, end)) {
        close(end);
        lines = 0;
      }
      if (line >= to) break;
    }
    if (final && line > this.#cursor && this.#batch.count < recordsMax) close(line);
    this.#openBytes = line - this.#cursor;
  }

  /** Offset of the input's last newline; before its beginning: it has none. */
  #lastNewline(): number {
    const { buffer, to } = this.#input;
    return buffer.subarray(0, to).lastIndexOf(NEWLINE);
  }

  #newlineFrom(offset: number): number {
    const newline = this.#input.buffer.indexOf(NEWLINE, offset);
    return newline >= 0 && newline < this.#input.to ? newline : -1;
  }
}
