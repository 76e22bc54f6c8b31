/**
 * Escapes in the quoted parts of web servers' logs, turned back into what they stand for.
 *
 * Sources: Apache HTTP Server, mod_log_config ("non-printable and other special characters are escaped using \xhh
 * sequences … exceptions are " and \, escaped by prepending a backslash, and all whitespace characters, written in
 * their C-style notation"); nginx, log_format ("\xXX").
 */
import type { ByteWriter } from '../stage/byte-writer.ts';

const BACKSLASH = 0x5c;
const LETTER_X = 0x78;

const simpleEscapes = new Map(
  Object.entries({ '"': '"', '\\': '\\', b: '\b', n: '\n', r: '\r', t: '\t', v: '\u000b', f: '\f' }).map(
    ([letter, char]) => [letter.charCodeAt(0), char.charCodeAt(0)] as const,
  ),
);

/** Value of a hexadecimal digit, or -1. */
export function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Appends input[start, end) with its escapes decoded; a backslash that begins none of them stands for itself. */
export function decodeServerEscapes(out: ByteWriter, input: Uint8Array, start: number, end: number): void {
  out.reserve(end - start);
  const bytes = out.bytes;
  let at = out.length;
  for (let i = start; i < end; i += 1) {
    const byte = input[i] as number;
    bytes[at] = byte;
    if (byte === BACKSLASH && i + 1 < end) {
      const letter = input[i + 1] as number;
      const simple = simpleEscapes.get(letter);
      const high = letter === LETTER_X && i + 3 < end ? hexValue(input[i + 2]) : -1;
      const low = high < 0 ? -1 : hexValue(input[i + 3]);
      if (simple !== undefined) {
        bytes[at] = simple;
        i += 1;
      } else if (low >= 0) {
        bytes[at] = high * 16 + low;
        i += 3;
      }
    }
    at += 1;
  }
  out.length = at;
}
