/**
 * Writes the fields of a line as one JSON object and a newline. Names, quotes and punctuation are made once; of a
 * repeated name the last value stands in the place of the first, as in a Java map.
 */
import { isUtf8 } from 'node:buffer';
import { type ByteWriter, viewOf } from './byte-writer.ts';
import type { JsonFormat, ValueTypes } from './config-shared.ts';
import { fieldKind, type FieldPositions } from './field-positions.ts';
import { escapedBytesMax, type InputView, inputView, jsonText, writeJsonString, writeJsonStringWords } from './json-text.ts';
import { decodeServerEscapes } from './server-escapes.ts';
import { isPlainJsonScalar, isPlainJsonScalarText } from './value-types.ts';

export interface TemplateOptions {
  readonly fieldNames: readonly string[];
  /** How many of the names, at the end, are left out where the value is absent. */
  readonly optionalCount: number;
  readonly jsonFormat: JsonFormat;
  readonly dashIsAbsent: boolean;
  readonly types: ValueTypes;
  /** JSON values that fields of kind `constant` point at. */
  readonly constants?: readonly string[];
}

const DASH = 0x2d;

const nullText = fixedText('null');

export class FieldTemplate {
  /** What stands before the value at index i, comma or brace included. */
  readonly #prefixes: readonly FixedText[];
  readonly #prefixTexts: readonly string[];
  /** Which field the value at index i is. */
  readonly #sources: Uint32Array;
  readonly #requiredCount: number;
  readonly #suffix: FixedText;
  readonly #constants: readonly FixedText[];
  #input: InputView | undefined;
  readonly #fixedBytes: number;
  readonly #dashIsAbsent: boolean;
  readonly #autoTypes: boolean;

  constructor(options: TemplateOptions) {
    const pretty = options.jsonFormat === 'PRETTYPRINT';
    const names = [...new Set(options.fieldNames)];
    const prefix = (name: string, index: number) => {
      const comma = index === 0 ? '{' : ',';
      return fixedText(pretty ? `${comma}\n  ${jsonText(name)} : ` : `${comma}${jsonText(name)}:`);
    };
    this.#prefixes = names.map(prefix);
    this.#prefixTexts = this.#prefixes.map(({ bytes }) => bytes.toString());
    this.#sources = Uint32Array.from(names, (name) => options.fieldNames.lastIndexOf(name));
    this.#requiredCount = options.fieldNames.length - options.optionalCount;
    this.#suffix = fixedText(names.length === 0 ? (pretty ? '{ }\n' : '{}\n') : pretty ? '\n}\n' : '}\n');
    this.#constants = (options.constants ?? []).map(fixedText);
    const constantBytes = Math.max(0, ...this.#constants.map(({ bytes }) => bytes.length));
    const prefixBytes = this.#prefixes.reduce((sum, text) => sum + text.bytes.length, 0);
    this.#fixedBytes = prefixBytes + this.#suffix.bytes.length + names.length * (nullText.bytes.length + 2 + constantBytes);
    this.#dashIsAbsent = options.dashIsAbsent;
    this.#autoTypes = options.types === 'auto';
  }

  /** Appends the object; `lineBytes` is an upper bound of the bytes that the fields hold together. */
  write(out: ByteWriter, input: Buffer, fields: FieldPositions, lineBytes: number): void {
    out.reserve(this.#fixedBytes + (lineBytes + fields.scratch.length) * escapedBytesMax);
    this.#input = inputView(input, this.#input);
    const { kinds, starts, ends } = fields;
    const prefixes = this.#prefixes;
    for (let i = 0; i < prefixes.length; i += 1) {
      const field = this.#sources[i] as number;
      const kind = kinds[field] as number;
      if (kind === fieldKind.absent && field >= this.#requiredCount) continue;
      copyShort(out, prefixes[i] as FixedText);
      const start = starts[field] as number;
      const end = ends[field] as number;
      if (kind === fieldKind.text) this.#writeText(out, this.#input, start, end);
      else if (kind === fieldKind.quoted) this.#writeQuoted(out, this.#input, fields, start, end);
      else if (kind === fieldKind.absent) copyShort(out, nullText);
      else if (kind === fieldKind.constant) copyShort(out, this.#constants[start] as FixedText);
      else if (kind === fieldKind.json) out.append(fields.scratch.bytes, start, end);
      else this.#writeText(out, fields.scratch, start, end);
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
    out.append(this.#suffix.bytes);
  }

  #writeText(out: ByteWriter, input: InputView, start: number, end: number): void {
    const { bytes } = input;
    if (this.#dashIsAbsent && end - start === 1 && bytes[start] === DASH) copyShort(out, nullText);
    else if (this.#autoTypes && end === start) copyShort(out, nullText);
    else if (this.#autoTypes && isPlainJsonScalar(bytes, start, end)) out.append(bytes, start, end);
    else writeJsonStringWords(out, input, { start, end, stopsAtBackslash: false });
  }

  #writeQuoted(out: ByteWriter, input: InputView, fields: FieldPositions, start: number, end: number): void {
    if (this.#dashIsAbsent && end - start === 1 && input.bytes[start] === DASH) copyShort(out, nullText);
    else if (writeJsonStringWords(out, input, { start, end, stopsAtBackslash: true })) return;
    else {
      const scratch = fields.scratch;
      const from = scratch.length;
      decodeServerEscapes(scratch, input.bytes, start, end);
      // Escapes of bytes that are no text (a TLS greeting sent to port 80) stay as the server wrote them.
      const readable = isUtf8(scratch.bytes.subarray(from, scratch.length));
      if (readable) writeJsonString(out, scratch.bytes, from, scratch.length);
      else writeJsonString(out, input.bytes, start, end);
      scratch.length = from;
    }
  }
}

/** Whether JSON needs an escape in `text`. */
const needsEscape = /["\\\u0000-\u001f]/;

/** Bytes that never change, and the same in words of four, the last one filled up. */
interface FixedText {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

function fixedText(text: string): FixedText {
  const bytes = Buffer.from(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = viewOf(padded);
  return { bytes, words: Int32Array.from({ length: padded.length / 4 }, (_, index) => view.getInt32(index * 4, true)) };
}

/** Appends a few bytes for which there is room; up to three after them are overwritten. */
function copyShort(out: ByteWriter, source: FixedText): void {
  const { view, length } = out;
  const { words } = source;
  for (let i = 0; i < words.length; i += 1) view.setInt32(length + i * 4, words[i] as number, true);
  out.length = length + source.bytes.length;
}
