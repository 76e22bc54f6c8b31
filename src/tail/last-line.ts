/** Where reading begins in a file whose present content is not wanted. */
import type { FileHandle } from '../core/ports.ts';
import type { OpenContent } from './content.ts';
import { readAt } from './content-proof.ts';

const BLOCK_BYTES = 65_536;
const NEWLINE = 0x0a;

/** Just after the last newline of the content: an unterminated last line is still being written and will be wanted. */
export async function endOfLastLine({ handle, stat, storage }: OpenContent): Promise<number> {
  if (storage !== 'plain') return endOfLastLineForwards(handle);
  let end = stat.sizeBytes;
  while (end > 0) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const newline = (await readAt(handle, start, end - start)).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}

/** The same for what is decompressed, whose size is known only after reading it. */
async function endOfLastLineForwards(handle: FileHandle): Promise<number> {
  let end = 0;
  for (let position = 0; ; ) {
    const block = await readAt(handle, position, BLOCK_BYTES);
    if (block.length === 0) return end;
    const newline = block.lastIndexOf(NEWLINE);
    if (newline >= 0) end = position + newline + 1;
    position += block.length;
  }
}
