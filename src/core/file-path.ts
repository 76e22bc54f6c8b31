/**
 * Paths as the kernel has them (any bytes but NUL) and as the agent has them (strings), both ways without loss: a byte
 * that is not part of valid UTF-8 stands as the lone surrogate U+DC00 + byte. Source: Python's PEP 383.
 *
 * Invariant: pathToBytes(bytesToPath(bytes)) equals bytes, for all bytes.
 */
import { isUtf8 } from 'node:buffer';

const ESCAPE_BASE = 0xdc00;

/** What to hand to node:fs: the string itself where it is well-formed (nearly always), else its bytes. */
export function pathToBytes(path: string): string | Buffer {
  if (path.isWellFormed()) return path;
  const parts: Buffer[] = [];
  for (const character of path) {
    const code = character.codePointAt(0) ?? 0;
    const escaped = code >= ESCAPE_BASE + 0x80 && code <= ESCAPE_BASE + 0xff;
    parts.push(escaped ? Buffer.of(code - ESCAPE_BASE) : Buffer.from(character));
  }
  return Buffer.concat(parts);
}

/** The string that stands for a name's bytes. */
export function bytesToPath(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let path = '';
  let at = 0;
  while (at < bytes.length) {
    const length = characterBytes(bytes, at);
    path +=
      length === 0
        ? String.fromCharCode(ESCAPE_BASE + (bytes[at] ?? 0))
        : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return path;
}

/** Length of the valid UTF-8 character at `at`, 0 where there is none. Lead bytes: RFC 3629 §3. */
function characterBytes(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
