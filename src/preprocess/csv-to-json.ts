/**
 * CSVTOJSON, native: RFC 4180 with a literal delimiter. A line without a quote is split by bytes, others by csv-parse;
 * both ways give the same columns. A missing column is null; a surplus one is named `column` and its number.
 *
 * With `header`, the first line of each file generation names the columns and is skipped.
 */
import type { BatchSource } from '../core/pipeline.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { JsonFormat, ValueTypes } from './config-shared.ts';
import { CsvRows } from './csv-rows.ts';
import { FieldPositions } from './field-positions.ts';
import { FieldTemplate } from './field-template.ts';
import { decodeText } from './json-text.ts';
import { lineEnd, type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from './stage.ts';

const QUOTE = 0x22;
const LAYOUTS_MAX = 256;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

interface Layout {
  readonly fieldNames: readonly string[];
  readonly template: FieldTemplate;
  readonly fields: FieldPositions;
}

export interface CsvToJsonOptions {
  /** Left out only with `header`. */
  readonly fieldNames: readonly string[] | undefined;
  readonly delimiter: string;
  readonly header: boolean;
  readonly types: ValueTypes;
  readonly jsonFormat: JsonFormat;
}

export class CsvToJson implements Stage {
  readonly name = 'CSVTOJSON';
  readonly writes = true;
  readonly usesPatterns = false;
  readonly needsFirstLine: boolean;
  readonly #options: CsvToJsonOptions;
  readonly #delimiter: Buffer;
  readonly #rows: CsvRows;
  /** By the header's text, or by the number of columns where there are surplus ones. */
  readonly #layouts = new Map<string, Layout>();
  readonly #headers = new Map<string, string>();
  #layout: Layout | undefined;
  #headerIndex = -1;
  /** Rows that `prepare` has read, by index in the batch. */
  #prepared: (readonly string[] | undefined)[] = [];
  #isPrepared = false;

  constructor(options: CsvToJsonOptions) {
    this.#options = options;
    this.#delimiter = Buffer.from(options.delimiter);
    this.#rows = new CsvRows(options.delimiter);
    this.needsFirstLine = options.header && options.fieldNames === undefined;
    if (options.fieldNames !== undefined) this.#layout = this.#layoutOf(options.fieldNames);
  }

  prepare(input: RecordBatch, source: BatchSource): void {
    this.#headerIndex = this.#options.header && source.span.start === 0 && input.sourceStarts[0] === 0 ? 0 : -1;
    if (this.needsFirstLine) this.#learnHeader(input, source);
    this.#prepareQuoted(input);
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    if (context.index === this.#headerIndex) return verdict.skipped;
    const layout = this.#layout;
    if (layout === undefined) {
      context.failure = 'the header line of the file is not known';
      context.failedAtBytes = -1;
      return verdict.unparsable;
    }
    const { buffer } = record;
    const end = lineEnd(record);
    const start = context.offset === 0 ? afterMark(buffer, record.start, end) : record.start;
    const quote = this.#isPrepared && this.#prepared.length === 0 ? -1 : buffer.subarray(start, end).indexOf(QUOTE);
    if (quote < 0 && this.#writeUnquoted(layout, buffer, start, end, out)) return verdict.written;
    const row =
      quote < 0
        ? decodeText(buffer, start, end).split(this.#options.delimiter)
        : this.#isPrepared
          ? this.#prepared[context.index]
          : this.#rows.row(buffer.subarray(start, end));
    if (row === undefined) {
      context.failure = 'its quotes are not those of CSV (RFC 4180)';
      context.failedAtBytes = quote;
      return verdict.unparsable;
    }
    const full = row.length <= layout.fieldNames.length ? layout : this.#widened(layout, row.length);
    full.template.writeRow(out, row);
    return verdict.written;
  }

  /** False: there are more columns than names. */
  #writeUnquoted(layout: Layout, buffer: Buffer, start: number, end: number, out: ByteWriter): boolean {
    const { fields, fieldNames } = layout;
    const first = this.#delimiter[0] as number;
    const width = this.#delimiter.length;
    const count = fieldNames.length;
    fields.clear();
    let from = start;
    let field = 0;
    for (let at = start; at < end; at += 1) {
      if (buffer[at] !== first || (width > 1 && !this.#delimiterAt(buffer, at, end))) continue;
      if (field >= count) return false;
      fields.text(field, from, at);
      field += 1;
      from = at + width;
      at = from - 1;
    }
    if (field >= count) return false;
    fields.text(field, from, end);
    layout.template.write(out, buffer, fields, end - start);
    return true;
  }

  #delimiterAt(buffer: Buffer, at: number, end: number): boolean {
    const delimiter = this.#delimiter;
    if (at + delimiter.length > end) return false;
    for (let i = 1; i < delimiter.length; i += 1) if (buffer[at + i] !== delimiter[i]) return false;
    return true;
  }

  #prepareQuoted(input: RecordBatch): void {
    const { buffer, starts, ends, count } = input;
    this.#isPrepared = true;
    this.#prepared = [];
    let quote = count === 0 ? -1 : buffer.indexOf(QUOTE, starts[0] as number);
    if (quote < 0 || quote >= (ends[count - 1] as number)) return;
    const lines: Buffer[] = [];
    const indexes: number[] = [];
    for (let index = 0; index < count && quote >= 0; index += 1) {
      const record = { buffer, start: starts[index] as number, end: ends[index] as number };
      if (quote < record.start) quote = buffer.indexOf(QUOTE, record.start);
      if (quote < 0 || quote >= record.end) continue;
      const end = lineEnd(record);
      const isFirst = index === 0 && input.sourceStarts[0] === 0;
      lines.push(buffer.subarray(isFirst ? afterMark(buffer, record.start, end) : record.start, end));
      indexes.push(index);
      quote = buffer.indexOf(QUOTE, record.end);
    }
    const rows = this.#rows.rows(lines);
    this.#prepared = Array.from({ length: count });
    for (let i = 0; i < indexes.length; i += 1) this.#prepared[indexes[i] as number] = rows[i];
  }

  #learnHeader(input: RecordBatch, source: BatchSource): void {
    const record =
      this.#headerIndex === 0
        ? { buffer: input.buffer, start: input.starts[0] as number, end: input.ends[0] as number }
        : source.firstLine === undefined
          ? undefined
          : { buffer: source.firstLine, start: 0, end: source.firstLine.length };
    const seen = record === undefined ? this.#headers.get(source.path) : headerText(record);
    this.#layout = undefined;
    if (seen === undefined) return;
    if (this.#headers.size >= LAYOUTS_MAX) this.#headers.clear();
    this.#headers.set(source.path, seen);
    this.#layout = this.#layouts.get(seen);
    if (this.#layout !== undefined) return;
    const names = seen.includes('"') ? this.#rows.row(Buffer.from(seen)) : seen.split(this.#options.delimiter);
    if (names !== undefined) this.#layout = this.#layoutOf(names, seen);
  }

  #widened(layout: Layout, columns: number): Layout {
    const surplus = Array.from({ length: columns - layout.fieldNames.length }, (_, i) => `column${layout.fieldNames.length + i + 1}`);
    const names = [...layout.fieldNames, ...surplus];
    return this.#layoutOf(names, JSON.stringify(names));
  }

  #layoutOf(fieldNames: readonly string[], key?: string): Layout {
    const known = key === undefined ? undefined : this.#layouts.get(key);
    if (known !== undefined) return known;
    const { jsonFormat, types } = this.#options;
    const layout: Layout = {
      fieldNames,
      template: new FieldTemplate({ fieldNames, optionalCount: 0, jsonFormat, dashIsAbsent: false, types }),
      fields: new FieldPositions(fieldNames.length),
    };
    if (this.#layouts.size >= LAYOUTS_MAX) this.#layouts.clear();
    if (key !== undefined) this.#layouts.set(key, layout);
    return layout;
  }
}

function afterMark(buffer: Buffer, start: number, end: number): number {
  const marked = end - start >= 3 && byteOrderMark.every((byte, index) => buffer[start + index] === byte);
  return marked ? start + byteOrderMark.length : start;
}

function headerText(record: RecordBytes): string {
  const end = lineEnd(record);
  return decodeText(record.buffer, afterMark(record.buffer, record.start, end), end);
}
