/**
 * Writes a line of CSV as one JSON object in a single pass over its bytes: no column becomes a string, or a pair of
 * positions that something else looks at again.
 *
 * Guarantee: what it writes is what csv-columns.ts or java-split.ts with `FieldTemplate` write (tests compare). What it
 * cannot do it leaves to them: columns with types, names that stand twice, delimiters of several bytes.
 */
import type { ByteWriter } from './byte-writer.ts';
import type { JsonFormat } from './config-shared.ts';
import { FixedTexts } from './fixed-text.ts';
import { escapedBytesMax, type InputView, inputView, jsonText, specialBits, writeCharacter } from './json-text.ts';

const QUOTE = 0x22;

export interface CsvLineOptions {
  readonly fieldNames: readonly string[];
  readonly delimiter: string;
  /** Whether a column may stand in quotes (RFC 4180), and surplus columns are for a slower way; else both mean nothing. */
  readonly quotes: boolean;
  readonly jsonFormat: JsonFormat;
}

/** The writer for these lines, or `undefined` where they need more than it can do. */
export function csvLineWriter(options: CsvLineOptions): CsvLineWriter | undefined {
  const distinct = new Set(options.fieldNames).size === options.fieldNames.length;
  return distinct && options.fieldNames.length > 0 && /^[\0-\x7f]$/.test(options.delimiter) ? new CsvLineWriter(options) : undefined;
}

export class CsvLineWriter {
  readonly #count: number;
  readonly #delimiter: number;
  readonly #quotes: boolean;
  /** What stands before the text of column i, with the quote that ends the text before it. */
  readonly #prefixes: FixedTexts;
  /** What ends the object after i columns. */
  readonly #ends: FixedTexts;
  #input: InputView | undefined;

  constructor(options: CsvLineOptions) {
    const pretty = options.jsonFormat === 'PRETTYPRINT';
    const keys = options.fieldNames.map((name, index) => {
      const comma = index === 0 ? '{' : ',';
      return pretty ? `${comma}\n  ${jsonText(name)} : ` : `${comma}${jsonText(name)}:`;
    });
    const nulls = (count: number) => keys.slice(count).map((key) => `${key}null`).join('');
    const closed = Array.from({ length: keys.length + 1 }, (_, count) => `${count === 0 ? '' : '"'}${nulls(count)}${pretty ? '\n}\n' : '}\n'}`);
    this.#count = keys.length;
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#quotes = options.quotes;
    this.#prefixes = new FixedTexts(keys.map((key, index) => `${index === 0 ? '' : '"'}${key}"`));
    this.#ends = new FixedTexts(closed);
  }

  /** Appends the object of a line without columns. */
  writeEmpty(out: ByteWriter): void {
    out.reserve(this.#ends.bytes);
    out.length = this.#ends.copy(0, out.view, out.length);
  }

  /** Appends the object of the line buffer[start, end). False where that takes a slower way; then `out` is as it was. */
  write(out: ByteWriter, buffer: Uint8Array, start: number, end: number): boolean {
    out.reserve(this.#prefixes.bytes + this.#ends.bytes + (end - start) * escapedBytesMax);
    this.#input = inputView(buffer, this.#input);
    const before = out.length;
    if (this.#writeColumns(out, this.#input, start, end)) return true;
    out.length = before;
    return false;
  }

  #writeColumns(out: ByteWriter, input: InputView, start: number, end: number): boolean {
    const { view: source, bytes } = input;
    const { view: target } = out;
    const lastWord = source.byteLength - 4;
    const prefixes = this.#prefixes;
    const quotes = this.#quotes;
    const delimiter = this.#delimiter;
    const delimiters = Math.imul(delimiter, 0x01010101);
    const count = this.#count;
    let at = out.length;
    let from = start;
    for (let field = 0; field < count; field += 1) {
      at = prefixes.copy(field, target, at);
      if (quotes && from < end && source.getUint8(from) === QUOTE) {
        out.length = at;
        from = writeQuoted(out, bytes, from + 1, end);
        at = out.length;
        if (from < 0 || (from < end && source.getUint8(from) !== delimiter)) return false;
      }
      // Four bytes are copied before they are looked at, and the first that ends the column or needs an escape is told from
      // the bits: 450 MB/s where finding the columns first and then copying them did 215.
      while (from < end) {
        if (from <= lastWord) {
          const word = source.getInt32(from, true);
          target.setInt32(at, word, true);
          const delimiting = word ^ delimiters;
          const stops = specialBits(word) | ((delimiting - 0x01010101) & ~delimiting & 0x80808080);
          const plain = stops === 0 ? 4 : (31 - Math.clz32(stops & -stops)) >> 3;
          from += plain;
          at += plain;
          if (stops === 0 || from >= end) continue;
        }
        const byte = source.getUint8(from);
        if (byte === delimiter) break;
        if (byte === QUOTE && quotes) return false;
        out.length = at;
        from = writeCharacter(out, bytes, from, end);
        at = out.length;
      }
      if (from >= end || (field === count - 1 && !quotes)) {
        // The last word may have reached beyond the end.
        out.length = this.#ends.copy(field + 1, target, at - Math.max(0, from - end));
        return true;
      }
      from += 1;
    }
    return false;
  }
}

/** Writes a column that begins after its quote at `start`; returns the place after its closing quote, or -1. */
function writeQuoted(out: ByteWriter, input: Uint8Array, start: number, end: number): number {
  for (let from = start; from < end; ) {
    if (input[from] === QUOTE) {
      if (from + 1 === end || input[from + 1] !== QUOTE) return from + 1;
      from += 1;
    }
    from = writeCharacter(out, input, from, end);
  }
  return -1;
}
