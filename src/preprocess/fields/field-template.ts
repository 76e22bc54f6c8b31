/**
 * Writes the fields of a line as one JSON object and a newline. Names, quotes and punctuation are made once; of a
 * repeated name the last value stands in the place of the first, as in a Java map.
 */
import { isUtf8 } from 'node:buffer';
import type { ByteWriter } from '../stage/byte-writer.ts';
import type { JsonFormat, ValueTypes } from '../config/shared.ts';
import { fieldKind, type FieldPositions } from './field-positions.ts';
import { FixedTexts } from './fixed-text.ts';
import { escapedBytesMax, type InputView, inputView, jsonText, writeJsonString, writeJsonStringWords } from '../json/json-text.ts';
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

export class FieldTemplate {
  /** At index i: what stands before the value i, comma or brace included. Then come `null`, the end of the object, the constants. */
  readonly #texts: FixedTexts;
  readonly #prefixTexts: readonly string[];
  /** Which field the value at index i is. */
  readonly #sources: Uint32Array;
  readonly #requiredCount: number;
  readonly #suffix: string;
  #input: InputView | undefined;
  readonly #fixedBytes: number;
  readonly #dashIsAbsent: boolean;
  readonly #autoTypes: boolean;

  constructor(options: TemplateOptions) {
    const pretty = options.jsonFormat === 'PRETTYPRINT';
    const names = [...new Set(options.fieldNames)];
    const prefix = (name: string, index: number) => {
      const comma = index === 0 ? '{' : ',';
      return pretty ? `${comma}\n  ${jsonText(name)} : ` : `${comma}${jsonText(name)}:`;
    };
    this.#prefixTexts = names.map(prefix);
    this.#sources = Uint32Array.from(names, (name) => options.fieldNames.lastIndexOf(name));
    this.#requiredCount = options.fieldNames.length - options.optionalCount;
    this.#suffix = names.length === 0 ? (pretty ? '{ }\n' : '{}\n') : pretty ? '\n}\n' : '}\n';
    const constants = options.constants ?? [];
    this.#texts = new FixedTexts([...this.#prefixTexts, 'null', this.#suffix, ...constants]);
    const constantBytes = Math.max(4, ...constants.map((text) => Buffer.byteLength(text)));
    this.#fixedBytes = this.#texts.bytes + names.length * (2 + constantBytes);
    this.#dashIsAbsent = options.dashIsAbsent;
    this.#autoTypes = options.types === 'auto';
  }

  /** Appends the object; `lineBytes` is an upper bound of the bytes that the fields hold together. */
  write(out: ByteWriter, input: Buffer, fields: FieldPositions, lineBytes: number): void {
    out.reserve(this.#fixedBytes + (lineBytes + fields.scratch.length) * escapedBytesMax);
    this.#input = inputView(input, this.#input);
    const { kinds, starts, ends } = fields;
    const texts = this.#texts;
    const sources = this.#sources;
    const count = sources.length;
    for (let i = 0; i < count; i += 1) {
      const field = sources[i] as number;
      const kind = kinds[field] as number;
      if (kind === fieldKind.absent && field >= this.#requiredCount) continue;
      out.length = texts.copy(i, out.view, out.length);
      const start = starts[field] as number;
      const end = ends[field] as number;
      if (kind === fieldKind.text) this.#writeText(out, this.#input, start, end);
      else if (kind === fieldKind.quoted) this.#writeQuoted(out, this.#input, fields, start, end);
      else if (kind === fieldKind.absent) this.#writeNull(out);
      else if (kind === fieldKind.constant) out.length = texts.copy(count + 2 + start, out.view, out.length);
      else if (kind === fieldKind.json) out.append(fields.scratch.bytes, start, end);
      else this.#writeText(out, fields.scratch, start, end);
    }
    out.length = texts.copy(count + 1, out.view, out.length);
  }

  /** Appends the object of a row of texts. Fields for which the row is too short are null. */
  writeRow(out: ByteWriter, row: readonly (string | undefined)[]): void {
    let text = '';
    for (let i = 0; i < this.#prefixTexts.length; i += 1) {
      const value = row[this.#sources[i] as number];
      text += this.#prefixTexts[i] as string;
      if (value === undefined || (this.#dashIsAbsent && value === '-') || (this.#autoTypes && value === '')) text += 'null';
      else if (this.#autoTypes && isPlainJsonScalarText(value)) text += value;
      else text += needsEscape.test(value) ? jsonText(value) : `"${value}"`;
    }
    out.appendText(text + this.#suffix);
  }

  #writeNull(out: ByteWriter): void {
    out.length = this.#texts.copy(this.#sources.length, out.view, out.length);
  }

  #writeText(out: ByteWriter, input: InputView, start: number, end: number): void {
    const { bytes } = input;
    if (this.#dashIsAbsent && end - start === 1 && bytes[start] === DASH) this.#writeNull(out);
    else if (this.#autoTypes && end === start) this.#writeNull(out);
    else if (this.#autoTypes && isPlainJsonScalar(bytes, start, end)) out.append(bytes, start, end);
    else writeJsonStringWords(out, input, { start, end, stopsAtBackslash: false });
  }

  #writeQuoted(out: ByteWriter, input: InputView, fields: FieldPositions, start: number, end: number): void {
    if (this.#dashIsAbsent && end - start === 1 && input.bytes[start] === DASH) this.#writeNull(out);
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
