/**
 * JSON strings, byte for byte as Jackson writes them (JsonGenerator's defaults): `"`, `\` and control characters are
 * escaped, the others with upper-case hex; everything else stands as UTF-8.
 *
 * Input that is not UTF-8 becomes U+FFFD where Java's decoder puts it (Charset "UTF-8" with REPLACE): one for each
 * maximal part of a character, and one for a whole encoded surrogate. So what is written is always valid.
 */
import { type ByteWriter, viewOf } from '../stage/byte-writer.ts';

/** Most bytes that one input byte can become: `\u00XX`. */
export const escapedBytesMax = 6;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HIGH = 1;
const HEX_ESCAPE = 2;

/** 0: stands as it is; HIGH: not ASCII; HEX_ESCAPE: `\u00XX`; else the letter after the backslash. */
const classOfByte = new Uint8Array(256);
classOfByte.fill(HIGH, 0x80);
classOfByte.fill(HEX_ESCAPE, 0, 0x20);
for (const [code, letter] of [
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
] as const) {
  classOfByte[code] = letter.charCodeAt(0);
}
const hexDigits = Buffer.from('0123456789ABCDEF');

/** A buffer and a view of its bytes, for loops that read whole words. */
export interface InputView {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The view of `input`: `last` where it is of the same bytes, else a new one. */
export function inputView(input: Uint8Array, last: InputView | undefined): InputView {
  return last !== undefined && last.bytes === input ? last : { bytes: input, view: viewOf(input) };
}

/**
 * Writes input[start, end) as a JSON string with its quotes. The caller has reserved
 * `2 + escapedBytesMax × (end - start)` bytes.
 */
export function writeJsonString(out: ByteWriter, input: Uint8Array, start: number, end: number): void {
  out.bytes[out.length] = QUOTE;
  out.length += 1;
  for (let at = start; at < end; ) at = writeCharacter(out, input, at, end);
  out.bytes[out.length] = QUOTE;
  out.length += 1;
}

/**
 * The same from `input`'s view, four plain bytes at a time. With `stopsAtBackslash` it returns false where the text holds a
 * backslash; then nothing has been written.
 */
export function writeJsonStringWords(
  out: ByteWriter,
  input: InputView,
  place: { start: number; end: number; stopsAtBackslash: boolean },
): boolean {
  const { view: source } = input;
  const { view: target, length: from } = out;
  const { start, end } = place;
  let at = from;
  target.setUint8(at, QUOTE);
  at += 1;
  let i = start;
  while (i < end) {
    if (i + 4 <= end) {
      const word = source.getInt32(i, true);
      if (specialBits(word) === 0) {
        target.setInt32(at, word, true);
        at += 4;
        i += 4;
        continue;
      }
    }
    const byte = source.getUint8(i);
    if (classOfByte[byte] === 0) {
      target.setUint8(at, byte);
      at += 1;
      i += 1;
      continue;
    }
    if (place.stopsAtBackslash && byte === BACKSLASH) {
      out.length = from;
      return false;
    }
    out.length = at;
    i = writeCharacter(out, input.bytes, i, end);
    at = out.length;
  }
  target.setUint8(at, QUOTE);
  out.length = at + 1;
  return true;
}

/**
 * Not 0 where one of the four bytes of `word` is not ASCII or needs an escape in JSON: then the lowest bit that is set is
 * the top bit of the first such byte.
 */
export function specialBits(word: number): number {
  // Where a byte of `quote` or `backslash` is zero, the text has that character. The differences set the top bit of a byte that is
  // zero, or less than a space (Bit Twiddling Hacks, "Determine if a word has a zero byte").
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const special = word | ((word - 0x20202020) & ~word) | ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash);
  return special & 0x80808080;
}

/** Writes the character at `at`, escaped or replaced where need be; returns the place after it. */
export function writeCharacter(out: ByteWriter, input: Uint8Array, start: number, end: number): number {
  const bytes = out.bytes;
  let at = out.length;
  let next = start + 1;
  const byte = input[start] as number;
  const kind = classOfByte[byte] as number;
  if (kind === 0) {
    bytes[at++] = byte;
  } else if (kind === HIGH) {
    const length = characterLength(input, start, end);
    next = start + Math.abs(length);
    if (length > 0) {
      for (let k = start; k < next; k += 1) bytes[at++] = input[k] as number;
    } else {
      bytes[at++] = 0xef;
      bytes[at++] = 0xbf;
      bytes[at++] = 0xbd;
    }
  } else {
    bytes[at++] = BACKSLASH;
    if (kind === HEX_ESCAPE) {
      bytes[at++] = 0x75;
      bytes[at++] = 0x30;
      bytes[at++] = 0x30;
      bytes[at++] = hexDigits[byte >> 4] as number;
      bytes[at++] = hexDigits[byte & 15] as number;
    } else {
      bytes[at++] = kind;
    }
  }
  out.length = at;
  return next;
}

/**
 * Length of the UTF-8 character at `at` (its first byte is ≥ 0x80); where there is none, minus the length of what one
 * U+FFFD stands for. Source: RFC 3629 §4; Java SE 17, `CharsetDecoder` of UTF-8 (surrogates are decoded, then refused).
 */
export function characterLength(input: Uint8Array, at: number, end: number): number {
  const first = input[at] as number;
  if (first < 0xc2 || first > 0xf4) return -1;
  const second = at + 1 < end ? (input[at + 1] as number) : -1;
  if ((second & 0xc0) !== 0x80 || second < 0) return -1;
  if (first < 0xe0) return 2;
  if (first < 0xf0) {
    if (first === 0xe0 && second < 0xa0) return -1;
    const third = at + 2 < end ? (input[at + 2] as number) : -1;
    if ((third & 0xc0) !== 0x80 || third < 0) return -2;
    return first === 0xed && second >= 0xa0 ? -3 : 3;
  }
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return -1;
  const third = at + 2 < end ? (input[at + 2] as number) : -1;
  if ((third & 0xc0) !== 0x80 || third < 0) return -2;
  const fourth = at + 3 < end ? (input[at + 3] as number) : -1;
  return (fourth & 0xc0) !== 0x80 || fourth < 0 ? -3 : 4;
}

/** buffer[start, end) as text, decoded as Java does. */
export function decodeText(buffer: Buffer, start: number, end: number): string {
  const text = buffer.toString('utf8', start, end);
  // Only encoded surrogates (ED A0..BF) are decoded otherwise by Java; the others agree.
  if (!text.includes('\ufffd')) return text;
  const parts: string[] = [];
  let from = start;
  for (let at = buffer.indexOf(0xed, start); at >= 0 && at < end; at = buffer.indexOf(0xed, at + 1)) {
    const length = characterLength(buffer, at, end);
    if (at < from || at + 1 >= end || (buffer[at + 1] as number) < 0xa0 || length > -2) continue;
    parts.push(buffer.toString('utf8', from, at), '\ufffd');
    from = at - length;
  }
  return parts.length === 0 ? text : parts.join('') + buffer.toString('utf8', from, end);
}

/** Appends `text` as a JSON string with its quotes. */
export function appendJsonText(out: ByteWriter, text: string): void {
  out.appendText(jsonText(text));
}

/** `text` as a JSON string, escaped as Jackson does. */
export function jsonText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.replaceAll(/\p{Cs}/gu, '?');
  const json = JSON.stringify(wellFormed);
  // JSON.stringify escapes the same characters, but with lower-case hex.
  return !json.includes('\\u00') ? json : json.replaceAll(/\\(?:u00([01][0-9a-f])|[\s\S])/g, (escape, hex: string | undefined) =>
    hex === undefined ? escape : `\\u00${hex.toUpperCase()}`,
  );
}

/** `value` in JSON as Jackson writes it, compact or with its default pretty printer; `depth` is the indentation. */
export function jsonValue(value: unknown, pretty: boolean, depth = 0): string {
  if (typeof value === 'string') return jsonText(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) {
    if (!pretty) return `[${value.map((item) => jsonValue(item, false)).join(',')}]`;
    return value.length === 0 ? '[ ]' : `[ ${value.map((item) => jsonValue(item, true, depth)).join(', ')} ]`;
  }
  const members = Object.entries(value);
  if (!pretty) return `{${members.map(([key, item]) => `${jsonText(key)}:${jsonValue(item, false)}`).join(',')}}`;
  if (members.length === 0) return '{ }';
  const indent = '  '.repeat(depth + 1);
  const lines = members.map(([key, item]) => `${indent}${jsonText(key)} : ${jsonValue(item, true, depth + 1)}`);
  return `{\n${lines.join(',\n')}\n${'  '.repeat(depth)}}`;
}
