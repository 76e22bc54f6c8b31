/**
 * CSVTOJSON of the Java agent for delimiters that are one character and names that are all different: what java-split.ts
 * and `LogToJson` do, in one pass.
 */
import type { ByteWriter } from '../stage/byte-writer.ts';
import type { CsvLineWriter } from '../csv/csv-line-writer.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from '../stage/stage.ts';

export class JavaCsv implements Stage {
  readonly name = 'CSVTOJSON';
  readonly usesPatterns = false;
  readonly #delimiter: number;
  readonly #writer: CsvLineWriter;

  constructor(delimiter: number, writer: CsvLineWriter) {
    this.#delimiter = delimiter;
    this.#writer = writer;
  }

  convert(record: RecordBytes, _context: RecordContext, out: ByteWriter): Verdict {
    const { buffer, start } = record;
    const end = textEnd(record);
    let last = end;
    while (last > start && buffer[last - 1] === this.#delimiter) last -= 1;
    // A line of delimiters alone has no columns; a line of nothing has one, which is empty.
    if (last === start && end > start) this.#writer.writeEmpty(out);
    else this.#writer.write(out, buffer, start, last);
    return verdict.written;
  }
}
