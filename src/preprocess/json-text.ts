/**
 * JSON strings, byte for byte as Jackson writes them (JsonGenerator's defaults): `"`, `\` and control characters are
 * escaped, the others with upper-case hex; everything else stands as UTF-8.
 *
 * Input that is not UTF-8 becomes U+FFFD where Java's decoder puts it (Charset "UTF-8" with REPLACE): one for each
 * maximal part of a character, and one for a whole encoded surrogate. So what is written is always valid.
 */
import type { ByteWriter } from './byte-writer.ts';

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

/**
 * Writes input[start, end) as a JSON string with its quotes. The caller has reserved
 * `2 + escapedBytesMax × (end - start)` bytes.
 */
export function writeJsonString(out: ByteWriter, input: Uint8Array, start: number, end: number): void {
  const bytes = out.bytes;
  let at = out.length;
  bytes[at++] = QUOTE;
  for (let i = start; i < end; i += 1) {
    const byte = input[i] as number;
    const kind = classOfByte[byte] as number;
    if (kind === 0) {
      bytes[at++] = byte;
    } else if (kind === HIGH) {
      const length = characterLength(input, i, end);
      if (length > 0) {
        for (let k = 0; k < length; k += 1) bytes[at++] = input[i + k] as number;
        i += length - 1;
      } else {
        bytes[at++] = 0xef;
        bytes[at++] = 0xbf;
        bytes[at++] = 0xbd;
        i += -length - 1;
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
  }
  bytes[at++] = QUOTE;
  out.length = at;
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
  // JSON.stringify escapes the same characters, but with lower-case hex, and lone surrogates besides.
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed().replaceAll('\ufffd', '?');
  return JSON.stringify(wellFormed).replaceAll(/\\(?:u00([01][0-9a-f])|[\s\S])/g, (escape, hex: string | undefined) =>
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
