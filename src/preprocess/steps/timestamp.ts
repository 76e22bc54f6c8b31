/**
 * TIMESTAMP: a field's date becomes ISO 8601 in UTC, with as many digits of the second as it had (three at least). A
 * record without the field passes; a date that no format fits makes the line unparsable.
 */
import type { ByteWriter } from '../stage/byte-writer.ts';
import { isoUtc } from '../time/calendar.ts';
import type { DateFormat } from '../time/date-format.ts';
import { FieldPath, JsonMembers } from '../json/json-members.ts';
import { jsonText } from '../json/json-text.ts';
import { type RecordBytes, type RecordContext, type Stage, type Verdict, verdict } from '../stage/stage.ts';
import type { TimeZone } from '../time/time-zone.ts';

export interface TimestampOptions {
  readonly field: string;
  readonly formats: readonly DateFormat[];
  readonly zone: TimeZone;
  /** Top-level field for the result; `undefined`: the field itself. */
  readonly target: string | undefined;
}

export class Timestamp implements Stage {
  readonly name = 'TIMESTAMP';
  readonly usesPatterns = false;
  readonly #options: TimestampOptions;
  readonly #field: FieldPath;
  readonly #targetKey: Buffer | undefined;
  readonly #members = new JsonMembers();

  constructor(options: TimestampOptions) {
    this.#options = options;
    this.#field = new FieldPath(options.field);
    this.#targetKey = options.target === undefined ? undefined : Buffer.from(options.target);
  }

  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict {
    const field = this.#field;
    if (!field.find(record)) return verdict.unchanged;
    const iso = this.#convertDate(field.valueText(record.buffer), context.wallMs);
    if (iso === undefined) {
      context.failure = `the date in ${field.text} is not of the given format`;
      context.failedAtBytes = field.start - record.start;
      return verdict.unparsable;
    }
    if (this.#targetKey === undefined) replaceValue(out, record, field, iso);
    else this.#writeTarget(out, record, this.#targetKey, iso);
    return verdict.written;
  }

  #convertDate(text: string, wallMs: number): string | undefined {
    for (const format of this.#options.formats) {
      const date = format.parse(text, this.#options.zone, wallMs);
      if (date !== undefined) return `"${isoUtc(date.wallMs).slice(0, -'000Z'.length)}${date.fraction}Z"`;
    }
    return undefined;
  }

  #writeTarget(out: ByteWriter, record: RecordBytes, key: Buffer, iso: string): void {
    const members = this.#members;
    members.read(record.buffer, record.start, record.end);
    const index = members.find(record.buffer, key);
    if (index >= 0) {
      replaceValue(out, record, { start: members.valueStarts[index] as number, end: members.valueEnds[index] as number }, iso);
      return;
    }
    out.append(record.buffer, record.start, members.end);
    out.appendText(`,${jsonText(key.toString())}:${iso}`);
    out.append(record.buffer, members.end, record.end);
  }
}

function replaceValue(out: ByteWriter, record: RecordBytes, place: { start: number; end: number }, json: string): void {
  out.append(record.buffer, record.start, place.start);
  out.appendText(json);
  out.append(record.buffer, place.end, record.end);
}
