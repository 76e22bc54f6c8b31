/**
 * CSVTOJSON, native: RFC 4180 with a literal delimiter. Lines of the strict grammar are split by bytes, most of them in one pass;
 * csv-parse judges the others. All ways give the same columns. A missing column is null; a surplus one is named `column` and its
 * number.
 *
 * With `header`, the first line of each file generation names the columns and is skipped.
 */
import type { BatchSource } from '../../core/pipeline.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import type { ByteWriter } from '../stage/byte-writer.ts';
import type { JsonFormat, ValueTypes } from '../config/shared.ts';
import { CsvColumns } from './csv-columns.ts';
import { type CsvLineWriter, csvLineWriter } from './csv-line-writer.ts';
import { csvColumns } from './csv-line.ts';
import { FieldPositions } from '../fields/field-positions.ts';
import { FieldTemplate } from '../fields/field-template.ts';
import { decodeText } from '../json/json-text.ts';
import { lineEnd, type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from '../stage/stage.ts';

const QUOTE = 0x22;
const LAYOUTS_MAX = 256;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

interface Layout {
  readonly fieldNames: readonly string[];
  readonly template: FieldTemplate;
  readonly fields: FieldPositions;
  /** For lines that can be written in one pass. */
  readonly writer: CsvLineWriter | undefined;
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
  readonly usesPatterns = false;
  readonly needsFirstLine: boolean;
  readonly #options: CsvToJsonOptions;
  readonly #columns: CsvColumns;
  /** By the header's text, or by the number of columns where there are surplus ones. */
  readonly #layouts = new Map<string, Layout>();
  readonly #headers = new Map<string, string>();
  #layout: Layout | undefined;
  #headerIndex = -1;
  constructor(options: CsvToJsonOptions) {
    this.#options = options;
    this.#columns = new CsvColumns(options.delimiter);
    this.needsFirstLine = options.header && options.fieldNames === undefined;
    if (options.fieldNames !== undefined) this.#layout = this.#layoutOf(options.fieldNames);
  }

  prepare(input: RecordBatch, source: BatchSource): void {
    this.#headerIndex = this.#options.header && source.span.start === 0 && input.sourceStarts[0] === 0 ? 0 : -1;
    if (this.needsFirstLine) this.#learnHeader(input, source);
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
    if (layout.writer?.write(out, buffer, start, end) === true) return verdict.written;
    const { fields, fieldNames, template } = layout;
    fields.clear();
    if (this.#columns.read(buffer, start, end, fields, fieldNames.length) >= 0) {
      template.write(out, buffer, fields, end - start);
      return verdict.written;
    }
    const read = csvColumns(buffer.subarray(start, end), this.#options.delimiter);
    if (read.kind === 'failed') {
      context.failure = read.failure;
      context.failedAtBytes = Math.max(0, buffer.subarray(start, end).indexOf(QUOTE));
      return verdict.unparsable;
    }
    const { columns } = read;
    const full = columns.length <= fieldNames.length ? template : this.#widened(layout, columns.length).template;
    full.writeRow(out, columns);
    return verdict.written;
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
    const names = csvColumns(Buffer.from(seen), this.#options.delimiter);
    if (names.kind === 'columns') this.#layout = this.#layoutOf(names.columns, seen);
  }

  #widened(layout: Layout, columns: number): Layout {
    const surplus = Array.from({ length: columns - layout.fieldNames.length }, (_, i) => `column${layout.fieldNames.length + i + 1}`);
    const names = [...layout.fieldNames, ...surplus];
    return this.#layoutOf(names, JSON.stringify(names));
  }

  #layoutOf(fieldNames: readonly string[], key?: string): Layout {
    const known = key === undefined ? undefined : this.#layouts.get(key);
    if (known !== undefined) return known;
    const { delimiter, jsonFormat, types } = this.#options;
    const layout: Layout = {
      fieldNames,
      template: new FieldTemplate({ fieldNames, optionalCount: 0, jsonFormat, dashIsAbsent: false, types }),
      fields: new FieldPositions(fieldNames.length),
      writer: types === 'auto' ? undefined : csvLineWriter({ fieldNames, delimiter, quotes: true, jsonFormat }),
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
