/**
 * Reads lines of CSV that hold quotes, by RFC 4180, with csv-parse: many lines a call (one line a call costs eight times
 * as much), and yet a line that is not CSV spoils no other.
 */
import { CsvError } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { ByteWriter } from './byte-writer.ts';

const QUOTE = 0x22;
const LINE_FEED = 0x0a;

export class CsvRows {
  readonly #delimiter: string;
  readonly #joined = new ByteWriter();

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** The columns of one line, newline excluded; `undefined` where it is not CSV. */
  row(line: Buffer): readonly string[] | undefined {
    const rows = this.#parse(line);
    return rows instanceof CsvError || rows.length !== 1 ? undefined : rows[0];
  }

  /** The columns of each line, `undefined` where it is not CSV. */
  rows(lines: readonly Buffer[]): readonly (readonly string[] | undefined)[] {
    const results: (readonly string[] | undefined)[] = [];
    let next = 0;
    while (next < lines.length) {
      const batch: Buffer[] = [];
      for (let line = lines[next + batch.length]; line !== undefined && standsAlone(line); ) {
        batch.push(line);
        line = lines[next + batch.length];
      }
      if (batch.length === 0) {
        results.push(this.row(lines[next] as Buffer));
        next += 1;
        continue;
      }
      next += this.#parseTogether(batch, results);
    }
    return results;
  }

  /** Adds the rows of `lines` up to one that is not CSV; returns how many lines that were. */
  #parseTogether(lines: readonly Buffer[], results: (readonly string[] | undefined)[]): number {
    const joined = this.#joined;
    joined.length = 0;
    for (const line of lines) {
      joined.append(line);
      joined.appendByte(LINE_FEED);
    }
    const rows = this.#parse(joined.bytes.subarray(0, joined.length));
    if (!(rows instanceof CsvError) && rows.length === lines.length) {
      for (const row of rows) results.push(row);
      return lines.length;
    }
    if (lines.length === 1) {
      results.push(undefined);
      return 1;
    }
    const half = lines.length >> 1;
    const done = this.#parseTogether(lines.slice(0, half), results);
    return done < half ? done : half + this.#parseTogether(lines.slice(half), results);
  }

  #parse(input: Buffer): readonly (readonly string[])[] | CsvError {
    try {
      return parse(input, {
        delimiter: this.#delimiter,
        record_delimiter: '\n',
        relax_column_count: true,
        skip_empty_lines: false,
      });
    } catch (error) {
      if (error instanceof CsvError) return error;
      throw error;
    }
  }
}

/** Whether the line cannot run on into the next: quotes in pairs, no line end within. */
function standsAlone(line: Buffer): boolean {
  let quotes = 0;
  for (const byte of line) {
    if (byte === QUOTE) quotes += 1;
    else if (byte === LINE_FEED) return false;
  }
  return quotes % 2 === 0;
}
