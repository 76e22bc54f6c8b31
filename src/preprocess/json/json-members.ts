/** The members of one JSON object, as places in its text. One instance for all records. */
import { jsonString, skipSpace, skipString, skipValue, stringIs } from '../../core/json-scan.ts';
import type { RecordBytes } from '../stage/stage.ts';

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;

export class JsonMembers {
  count = 0;
  /** Places of the keys' texts, within their quotes. */
  keyStarts = new Uint32Array(32);
  keyEnds = new Uint32Array(32);
  valueStarts = new Uint32Array(32);
  valueEnds = new Uint32Array(32);
  /** Place of the closing brace. */
  end = 0;

  /** Reads input[start, end), which must be one object with nothing but white space around it; false where it is not. */
  read(input: Uint8Array, start: number, end: number): boolean {
    this.count = 0;
    let at = skipSpace(input, start, end);
    if (at >= end || input[at] !== OPEN_BRACE) return false;
    at = skipSpace(input, at + 1, end);
    while (at < end && input[at] === QUOTE) {
      const keyEnd = skipString(input, at, end);
      const colon = keyEnd < 0 ? end : skipSpace(input, keyEnd, end);
      if (colon >= end || input[colon] !== 0x3a) return false;
      const valueStart = skipSpace(input, colon + 1, end);
      const valueEnd = skipValue(input, valueStart, end);
      if (valueEnd < 0) return false;
      this.#push(at + 1, keyEnd - 1, valueStart, valueEnd);
      at = skipSpace(input, valueEnd, end);
      if (at >= end || input[at] !== 0x2c) break;
      at = skipSpace(input, at + 1, end);
      if (at >= end || input[at] !== QUOTE) return false;
    }
    if (at >= end || input[at] !== 0x7d) return false;
    this.end = at;
    return skipSpace(input, at + 1, end) === end;
  }

  /** The last member with this key, or -1. */
  find(input: Buffer, key: Buffer): number {
    for (let index = this.count - 1; index >= 0; index -= 1) if (this.keyIs(input, index, key)) return index;
    return -1;
  }

  keyIs(input: Buffer, index: number, key: Buffer): boolean {
    return stringIs(input, (this.keyStarts[index] as number) - 1, (this.keyEnds[index] as number) + 1, key);
  }

  key(input: Buffer, index: number): string {
    return jsonString(input, (this.keyStarts[index] as number) - 1, (this.keyEnds[index] as number) + 1);
  }

  #push(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    if (this.count === this.keyStarts.length) this.#grow();
    this.keyStarts[this.count] = keyStart;
    this.keyEnds[this.count] = keyEnd;
    this.valueStarts[this.count] = valueStart;
    this.valueEnds[this.count] = valueEnd;
    this.count += 1;
  }

  #grow(): void {
    const widen = (old: Uint32Array<ArrayBuffer>) => {
      const wider = new Uint32Array(old.length * 2);
      wider.set(old);
      return wider;
    };
    this.keyEnds = widen(this.keyEnds);
    this.valueStarts = widen(this.valueStarts);
    this.valueEnds = widen(this.valueEnds);
    this.keyStarts = widen(this.keyStarts);
  }
}

/** A field's name as settings give it: `user.id`, found as a field within a field or under the name as it stands. */
export class FieldPath {
  readonly text: string;
  readonly #whole: Buffer;
  readonly #parts: readonly Buffer[];
  readonly #members = new JsonMembers();
  /** Place of the value last found. */
  start = 0;
  end = 0;

  constructor(text: string) {
    this.text = text;
    this.#whole = Buffer.from(text);
    this.#parts = text.split('.').map((part) => Buffer.from(part));
  }

  /** Finds the field in the JSON object `record`; leaves its value's place in `start` and `end`. */
  find(record: RecordBytes): boolean {
    const { buffer } = record;
    const members = this.#members;
    if (!members.read(buffer, record.start, record.end)) return false;
    let index = members.find(buffer, this.#whole);
    if (index >= 0) return this.#found(index);
    for (let i = 0; i < this.#parts.length; i += 1) {
      if (i > 0 && !members.read(buffer, this.start, this.end)) return false;
      index = members.find(buffer, this.#parts[i] as Buffer);
      if (index < 0) return false;
      this.#found(index);
    }
    return true;
  }

  /** The value last found as text: a string without quotes and escapes, anything else as it stands. */
  valueText(buffer: Buffer): string {
    if (buffer[this.start] === QUOTE) return jsonString(buffer, this.start, this.end);
    return buffer.toString('utf8', this.start, this.end);
  }

  #found(index: number): true {
    this.start = this.#members.valueStarts[index] as number;
    this.end = this.#members.valueEnds[index] as number;
    return true;
  }
}
