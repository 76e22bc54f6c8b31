/**
 * A field of a JSON record, by its path (`user.id`): the one that has the path for its name, as flattened records have it, else the
 * field within a field. So the steps of a chain find it, too (preprocess/json/json-members.ts).
 *
 * A field has the value that `JSON.parse` gives it: of two members with one name the last counts, a number is the double that it
 * stands for, and a record with a mistake anywhere has no fields.
 */
import { jsonString, skipSpace, skipString, skipValue, stringIs } from '../core/json-scan.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import { recordEnd, recordText } from './record-text.ts';
import { RepeatedTexts } from './repeated-texts.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;

/** Record `index` parsed; `undefined` when it is no JSON object. */
export function jsonRecord(batch: RecordBatch, index: number): unknown {
  if (!mayBeObject(batch, index)) return undefined;
  try {
    return JSON.parse(recordText(batch, index));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Spares lines that cannot be an object an exception each. */
function mayBeObject(batch: RecordBatch, index: number): boolean {
  const end = batch.ends[index] ?? 0;
  return batch.buffer[skipSpace(batch.buffer, batch.starts[index] ?? 0, end)] === OPEN_BRACE;
}

export interface FieldPath {
  readonly text: string;
  /** The names on the way to it. */
  readonly names: readonly string[];
}

export function fieldPath(text: string): FieldPath {
  return { text, names: text.split('.') };
}

/** The text of a field that is a text, a number or a boolean; else `undefined`. */
export function scalarText(record: unknown, { text, names }: FieldPath): string | undefined {
  let value = record;
  for (const name of hasMember(record, text) ? [text] : names) {
    if (!hasMember(value, name)) return undefined;
    value = value[name];
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function hasMember(value: unknown, name: string): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}

/**
 * One field of many records, found in their bytes. `textOf` gives what `scalarText` gives for the parsed record, at a fifth of the
 * cost. Where the scan cannot go on (a mistake, deep nesting, an array in the path) the record is parsed.
 */
export class JsonField {
  readonly #path: FieldPath;
  readonly #names: readonly Buffer[];
  /** Where the path has several names, itself as one. */
  readonly #whole: Buffer | undefined;
  /** Whether the names of the path can be compared as bytes. */
  readonly #scans: boolean;
  readonly #texts = new RepeatedTexts();
  /** Where the value found last stands; `#start` < 0: there was none. */
  #start = -1;
  #end = -1;
  /** The same of the member that has the path for its name. */
  #wholeStart = -1;
  #wholeEnd = -1;

  constructor(path: string) {
    this.#path = fieldPath(path);
    this.#names = this.#path.names.map((name) => Buffer.from(name));
    this.#whole = this.#names.length > 1 ? Buffer.from(path) : undefined;
    // U+FFFD may stand for bytes that are not UTF-8, and half a surrogate pair has no bytes: such names need the parser.
    this.#scans = path.isWellFormed() && !path.includes('\ufffd');
  }

  /** The text of the field in record `index`; `undefined` where it is missing, or no text, number or boolean. */
  textOf(batch: RecordBatch, index: number): string | undefined {
    if (!mayBeObject(batch, index)) return undefined;
    const { buffer } = batch;
    const end = recordEnd(batch, index);
    const start = skipSpace(buffer, batch.starts[index] ?? 0, end);
    this.#start = -1;
    this.#wholeStart = -1;
    const after = this.#scans && buffer[start] === OPEN_BRACE ? this.#scan(buffer, start, end, 0) : -1;
    if (after < 0 || skipSpace(buffer, after, end) < end) return scalarText(jsonRecord(batch, index), this.#path);
    if (this.#wholeStart >= 0) return this.#scalarAt(buffer, this.#wholeStart, this.#wholeEnd);
    return this.#start < 0 ? undefined : this.#scalarAt(buffer, this.#start, this.#end);
  }

  /**
   * Scans the object that begins at `start` and holds name `depth` of the path. Returns the place after it, or -1 where the scan
   * cannot go on. Leaves the place of the field's value in `#start` and `#end`.
   */
  #scan(buffer: Buffer, start: number, end: number, depth: number): number {
    const name = this.#names[depth] as Buffer;
    const whole = depth === 0 ? this.#whole : undefined;
    let at = skipSpace(buffer, start + 1, end);
    if (at < end && buffer[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      const keyStart = at;
      if (at >= end || buffer[at] !== QUOTE) return -1;
      const keyEnd = skipString(buffer, at, end);
      if (keyEnd < 0) return -1;
      at = skipSpace(buffer, keyEnd, end);
      if (at >= end || buffer[at] !== COLON) return -1;
      at = skipSpace(buffer, at + 1, end);
      const valueStart = at;
      at = stringIs(buffer, keyStart, keyEnd, name) ? this.#enter(buffer, at, end, depth) : skipValue(buffer, at, end);
      if (at < 0) return -1;
      if (whole !== undefined && stringIs(buffer, keyStart, keyEnd, whole)) {
        this.#wholeStart = valueStart;
        this.#wholeEnd = at;
      }
      at = skipSpace(buffer, at, end);
      if (at >= end) return -1;
      if (buffer[at] === CLOSE_BRACE) return at + 1;
      if (buffer[at] !== COMMA) return -1;
      at = skipSpace(buffer, at + 1, end);
    }
  }

  /** The same for the value with name `depth`, which stands at `start`. */
  #enter(buffer: Buffer, start: number, end: number, depth: number): number {
    // What an earlier member of the same name held does not count.
    this.#start = -1;
    if (depth + 1 === this.#names.length) {
      this.#start = start;
      this.#end = skipValue(buffer, start, end);
      return this.#end;
    }
    if (buffer[start] === OPEN_BRACKET) return -1;
    return buffer[start] === OPEN_BRACE ? this.#scan(buffer, start, end, depth + 1) : skipValue(buffer, start, end);
  }

  /** The text of the value buffer[start, end) if it is a text, a number or a boolean. */
  #scalarAt(buffer: Buffer, start: number, end: number): string | undefined {
    switch (buffer[start]) {
      case QUOTE:
        return this.#texts.of(buffer, start + 1, end - 1) ?? jsonString(buffer, start, end);
      case OPEN_BRACE:
      case OPEN_BRACKET:
      case LETTER_N:
        return undefined;
      case LETTER_T:
        return 'true';
      case LETTER_F:
        return 'false';
      default:
        return String(Number(buffer.toString('latin1', start, end)));
    }
  }
}
