/**
 * Writes the fields of a line as one JSON object and a newline. Names, quotes and punctuation are made once; of a
 * repeated name the last value stands in the place of the first, as in a Java map.
 */
import { isUtf8 } from 'node:buffer';
import type { ByteWriter } from './byte-writer.ts';
import type { JsonFormat, ValueTypes } from './config-shared.ts';
import { fieldKind, type FieldPositions } from './field-positions.ts';
import { escapedBytesMax, jsonText, writeJsonString } from './json-text.ts';
import { decodeServerEscapes } from './server-escapes.ts';
import { isPlainJsonScalar, isPlainJsonScalarText } from './value-types.ts';

export interface TemplateOptions {
  readonly fieldNames: readonly string[];
  /** How many of the names, at the end, are left out where the value is absent. */
  readonly optionalCount: number;
  readonly jsonFormat: JsonFormat;
  readonly dashIsAbsent: boolean;
  readonly types: ValueTypes;
}

const DASH = 0x2d;
const nullText = Buffer.from('null');

export class FieldTemplate {
  /** What stands before the value at index i, comma or brace included. */
  readonly #prefixes: readonly Buffer[];
  readonly #prefixTexts: readonly string[];
  /** Which field the value at index i is. */
  readonly #sources: Uint32Array;
  readonly #requiredCount: number;
  readonly #suffix: Buffer;
  readonly #fixedBytes: number;
  readonly #dashIsAbsent: boolean;
  readonly #autoTypes: boolean;

  constructor(options: TemplateOptions) {
    const pretty = options.jsonFormat === 'PRETTYPRINT';
    const names = [...new Set(options.fieldNames)];
    const prefix = (name: string, index: number) => {
      const comma = index === 0 ? '{' : ',';
      return Buffer.from(pretty ? `${comma}\n  ${jsonText(name)} : ` : `${comma}${jsonText(name)}:`);
    };
    this.#prefixes = names.map(prefix);
    this.#prefixTexts = this.#prefixes.map(String);
    this.#sources = Uint32Array.from(names, (name) => options.fieldNames.lastIndexOf(name));
    this.#requiredCount = options.fieldNames.length - options.optionalCount;
    this.#suffix = Buffer.from(names.length === 0 ? (pretty ? '{ }\n' : '{}\n') : pretty ? '\n}\n' : '}\n');
    const prefixBytes = this.#prefixes.reduce((sum, bytes) => sum + bytes.length, 0);
    this.#fixedBytes = prefixBytes + this.#suffix.length + names.length * (nullText.length + 2);
    this.#dashIsAbsent = options.dashIsAbsent;
    this.#autoTypes = options.types === 'auto';
  }

  /** Appends the object; `lineBytes` is an upper bound of the bytes that the fields hold together. */
  write(out: ByteWriter, input: Buffer, fields: FieldPositions, lineBytes: number): void {
    out.reserve(this.#fixedBytes + (lineBytes + fields.scratch.length) * escapedBytesMax);
    const { kinds, starts, ends } = fields;
    const prefixes = this.#prefixes;
    for (let i = 0; i < prefixes.length; i += 1) {
      const field = this.#sources[i] as number;
      const kind = kinds[field] as number;
      if (kind === fieldKind.absent && field >= this.#requiredCount) continue;
      copyShort(out, prefixes[i] as Buffer);
      const start = starts[field] as number;
      const end = ends[field] as number;
      if (kind === fieldKind.text) this.#writeText(out, input, start, end);
      else if (kind === fieldKind.absent) copyShort(out, nullText);
      else if (kind === fieldKind.scratchText) this.#writeText(out, fields.scratch.bytes, start, end);
      else if (kind === fieldKind.json) out.append(fields.scratch.bytes, start, end);
      else this.#writeEscaped(out, input, fields, start, end);
    }
    copyShort(out, this.#suffix);
  }

  /** Appends the object of a row of texts; what the row is too short for is null. */
  writeRow(out: ByteWriter, row: readonly string[]): void {
    let text = '';
    for (let i = 0; i < this.#prefixTexts.length; i += 1) {
      const value = row[this.#sources[i] as number];
      text += this.#prefixTexts[i] as string;
      if (value === undefined || (this.#autoTypes && value === '')) text += 'null';
      else if (this.#autoTypes && isPlainJsonScalarText(value)) text += value;
      else text += needsEscape.test(value) ? jsonText(value) : `"${value}"`;
    }
    out.appendText(text);
    out.append(this.#suffix);
  }

  #writeText(out: ByteWriter, input: Buffer, start: number, end: number): void {
    if (this.#dashIsAbsent && end - start === 1 && input[start] === DASH) copyShort(out, nullText);
    else if (this.#autoTypes && end === start) copyShort(out, nullText);
    else if (this.#autoTypes && isPlainJsonScalar(input, start, end)) out.append(input, start, end);
    else writeJsonString(out, input, start, end);
  }

  #writeEscaped(out: ByteWriter, input: Buffer, fields: FieldPositions, start: number, end: number): void {
    const scratch = fields.scratch;
    const from = scratch.length;
    decodeServerEscapes(scratch, input, start, end);
    // Escapes of bytes that are no text (a TLS greeting sent to port 80) stay as the server wrote them.
    const readable = isUtf8(scratch.bytes.subarray(from, scratch.length));
    if (readable) writeJsonString(out, scratch.bytes, from, scratch.length);
    else writeJsonString(out, input, start, end);
    scratch.length = from;
  }
}

/** Whether JSON needs an escape in `text`. */
const needsEscape = /["\\\u0000-\u001f]/;

/** Appends a few bytes for which there is room. */
function copyShort(out: ByteWriter, source: Buffer): void {
  const bytes = out.bytes;
  let at = out.length;
  for (let i = 0; i < source.length; i += 1) bytes[at++] = source[i] as number;
  out.length = at;
}
