/** Writes checked JSON again: without white space, or as Jackson's default pretty printer lays it out. */
import { skipSpace, skipString } from '../../core/json-scan.ts';
import type { ByteWriter } from '../stage/byte-writer.ts';

const QUOTE = 0x22;
const SPACE = 0x20;

/** Appends the JSON value input[start, end) without white space between its parts. */
export function appendCompact(out: ByteWriter, input: Buffer, start: number, end: number): void {
  let at = start;
  while (at < end) {
    const byte = input[at] as number;
    if (byte === QUOTE) {
      const after = skipString(input, at, end);
      out.append(input, at, after);
      at = after;
    } else {
      if (byte > SPACE) out.appendByte(byte);
      at += 1;
    }
  }
}

/** Appends the JSON value input[start, end) indented; `depth` is where it begins. */
export function appendPretty(out: ByteWriter, input: Buffer, start: number, end: number, depth = 0): void {
  let level = depth;
  const containers: number[] = [];
  const newline = () => out.appendText(`\n${'  '.repeat(level)}`);
  for (let at = skipSpace(input, start, end); at < end; at = skipSpace(input, at, end)) {
    const byte = input[at] as number;
    const inObject = containers.at(-1) === 0x7b;
    if (byte === QUOTE) {
      const after = skipString(input, at, end);
      out.append(input, at, after);
      at = after;
      continue;
    }
    at += 1;
    if (byte === 0x7b || byte === 0x5b) {
      out.appendByte(byte);
      const next = skipSpace(input, at, end);
      const isEmpty = input[next] === byte + 2;
      if (isEmpty) {
        out.appendByte(SPACE);
        out.appendByte(byte + 2);
        at = next + 1;
        continue;
      }
      containers.push(byte);
      if (byte === 0x7b) level += 1;
      if (byte === 0x7b) newline();
      else out.appendByte(SPACE);
    } else if (byte === 0x7d || byte === 0x5d) {
      containers.pop();
      if (byte === 0x7d) level -= 1;
      if (byte === 0x7d) newline();
      else out.appendByte(SPACE);
      out.appendByte(byte);
    } else if (byte === 0x2c) {
      out.appendByte(byte);
      if (inObject) newline();
      else out.appendByte(SPACE);
    } else if (byte === 0x3a) out.appendText(' : ');
    else out.appendByte(byte);
  }
}
