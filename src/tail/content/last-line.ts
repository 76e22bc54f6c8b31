/** Where lines of a file begin: for a reader that leaves out what is there now, or everything before an offset. */
import type { FileHandle } from '../../core/ports.ts';
import { type ByteOrder, byteOrderOf, type Encoding, unitAt } from '../lines/utf16.ts';
import { readAt } from './content-proof.ts';
import type { OpenContent } from './content.ts';

const BLOCK_BYTES = 65_536;
const NEWLINE = 0x0a;
const UNIT_BYTES = 2;

/** Returns where the last newline of a block ends; 0: it has none. The block begins at a whole character. */
type LastNewline = (block: Buffer) => number;

/**
 * The offset just after the last newline of the content: an unterminated last line is still being written and will be wanted. With
 * `beforeBytes`, only bytes before that offset count: the result is where the line that contains the offset begins.
 */
export async function endOfLastLine({ handle, stat, storage }: OpenContent, encoding: Encoding, beforeBytes = Infinity): Promise<number> {
  const lastNewline = encoding === 'utf-8' ? inBytes : inUnits(byteOrderOf(encoding, await readAt(handle, 0, UNIT_BYTES)));
  if (storage !== 'plain') return endOfLastLineForwards(handle, lastNewline, beforeBytes);
  const upTo = Math.min(stat.sizeBytes, beforeBytes);
  let end = encoding === 'utf-8' ? upTo : upTo - (upTo % UNIT_BYTES);
  while (end > 0) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const after = lastNewline(await readAt(handle, start, end - start));
    if (after > 0) return start + after;
    end = start;
  }
  return 0;
}

/** The same for a compressed file, whose size is known only after decoding it. */
async function endOfLastLineForwards(handle: FileHandle, lastNewline: LastNewline, beforeBytes: number): Promise<number> {
  let end = 0;
  for (let position = 0; ; ) {
    const block = await readAt(handle, position, Math.min(BLOCK_BYTES, beforeBytes - position));
    if (block.length === 0) return end;
    const after = lastNewline(block);
    if (after > 0) end = position + after;
    position += block.length;
  }
}

/** Whether the first `lines` lines of the content end at `offset` or before. */
export async function hasLinesBefore({ handle }: OpenContent, encoding: Encoding, { lines, offset }: { lines: number; offset: number }): Promise<boolean> {
  const lastNewline = encoding === 'utf-8' ? inBytes : inUnits(byteOrderOf(encoding, await readAt(handle, 0, UNIT_BYTES)));
  let missing = lines;
  for (let position = 0; missing > 0 && position < offset; ) {
    const block = await readAt(handle, position, Math.min(BLOCK_BYTES, offset - position));
    if (block.length === 0) return false;
    for (let end = lastNewline(block); end > 0; end = lastNewline(block.subarray(0, end - 1))) missing -= 1;
    position += block.length;
  }
  return missing <= 0;
}

function inBytes(block: Buffer): number {
  return block.lastIndexOf(NEWLINE) + 1;
}

function inUnits(order: ByteOrder): LastNewline {
  return (block) => {
    for (let offset = block.length - (block.length % UNIT_BYTES) - UNIT_BYTES; offset >= 0; offset -= UNIT_BYTES) {
      if (unitAt(block, offset, order) === NEWLINE) return offset + UNIT_BYTES;
    }
    return 0;
  };
}
