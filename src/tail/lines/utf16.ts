/**
 * UTF-16 → UTF-8. Positions in the UTF-16 can be computed from the UTF-8 alone.
 *
 * What is no character (a lone surrogate, half a unit at the end) becomes U+FFFD, as the Encoding Standard has it
 * (encoding.spec.whatwg.org, shared UTF-16 decoder). Invariant: a UTF-8 character of four bytes stands for 4 bytes of
 * UTF-16, every other one for 2 (RFC 2781 §2.1, RFC 3629 §3), so no table of positions is needed.
 */
import { assert } from '../../core/assert.ts';

export type Encoding = 'utf-8' | Utf16Encoding;
export type Utf16Encoding = 'utf-16' | 'utf-16le' | 'utf-16be';
export type ByteOrder = 'little' | 'big';

const REPLACEMENT = 0xfffd;

/** `utf-16`: by the byte order mark among the file's first bytes, else little endian. */
export function byteOrderOf(encoding: Utf16Encoding, firstBytes: Buffer): ByteOrder {
  if (encoding === 'utf-16be') return 'big';
  return encoding === 'utf-16' && firstBytes[0] === 0xfe && firstBytes[1] === 0xff ? 'big' : 'little';
}

/** The 16-bit unit at `offset`. */
export function unitAt(bytes: Buffer, offset: number, order: ByteOrder): number {
  const first = bytes[offset] ?? 0;
  const second = bytes[offset + 1] ?? 0;
  return order === 'little' ? first | (second << 8) : (first << 8) | second;
}

/** The most UTF-8 bytes that `bytes` of UTF-16 can make. */
export function utf8BytesMax(bytes: number): number {
  return Math.ceil(bytes / 2) * 3;
}

/** The longest line, in UTF-8 bytes, that a read of `readBytes` can tell from one that is too long, whatever it is made of. */
export function lineBytesWithin(readBytes: number): number {
  return Math.max(1, Math.floor(readBytes / 2) - 4);
}

/** How many bytes must be read at once for lines of `lineBytes` UTF-8 bytes: the inverse of `lineBytesWithin`. */
export function readBytesFor(lineBytes: number): number {
  return 2 * (lineBytes + 4);
}

/** Bytes [from, to) of UTF-16. `final`: nothing follows, so a character that is cut off at the end will not be completed. */
export interface Utf16Range {
  readonly from: number;
  readonly to: number;
  readonly order: ByteOrder;
  readonly final: boolean;
}

/**
 * Writes the characters of source[from, to) to the beginning of `utf8`, which must have room for `utf8BytesMax`. An
 * incomplete last character is left out unless `final`. Returns how many bytes were written.
 */
export function decodeUtf16(source: Buffer, { from, to, order, final }: Utf16Range, utf8: Buffer): number {
  assert(utf8.length >= utf8BytesMax(to - from), 'room for the longest text');
  let written = 0;
  let offset = from;
  while (offset + 1 < to) {
    let character = unitAt(source, offset, order);
    let bytes = 2;
    if (character >= 0xd800 && character <= 0xdfff) {
      const high = character <= 0xdbff;
      if (high && offset + 3 >= to && !final) return written;
      const low = high && offset + 3 < to ? unitAt(source, offset + 2, order) : 0;
      const paired = low >= 0xdc00 && low <= 0xdfff;
      character = paired ? 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00) : REPLACEMENT;
      if (paired) bytes = 4;
    }
    written = writeCharacter(utf8, written, character);
    offset += bytes;
  }
  return final && offset < to ? writeCharacter(utf8, written, REPLACEMENT) : written;
}

/** RFC 3629 §3. Returns the offset after the character. */
function writeCharacter(utf8: Buffer, at: number, character: number): number {
  if (character < 0x80) {
    utf8[at] = character;
    return at + 1;
  }
  if (character < 0x800) {
    utf8[at] = 0xc0 | (character >> 6);
    utf8[at + 1] = 0x80 | (character & 0x3f);
    return at + 2;
  }
  if (character < 0x10000) {
    utf8[at] = 0xe0 | (character >> 12);
    utf8[at + 1] = 0x80 | ((character >> 6) & 0x3f);
    utf8[at + 2] = 0x80 | (character & 0x3f);
    return at + 3;
  }
  utf8[at] = 0xf0 | (character >> 18);
  utf8[at + 1] = 0x80 | ((character >> 12) & 0x3f);
  utf8[at + 2] = 0x80 | ((character >> 6) & 0x3f);
  utf8[at + 3] = 0x80 | (character & 0x3f);
  return at + 4;
}

/**
 * How many bytes of UTF-16 utf8[start, end) stands for; both are bounds of characters. A character of four UTF-8 bytes
 * has two units.
 */
export function utf16BytesOf(utf8: Buffer, start: number, end: number): number {
  let units = 0;
  let following = 0;
  for (let offset = start; offset < end; offset += 1) {
    if (((utf8[offset] ?? 0) & 0xc0) !== 0x80) {
      units += 1;
      following = 0;
    } else {
      following += 1;
      if (following === 3) units += 1;
    }
  }
  return 2 * units;
}
