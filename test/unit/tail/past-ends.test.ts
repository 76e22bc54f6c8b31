import { expect, test } from 'vitest';
import type { FileHandle } from '../../../src/core/ports.ts';
import { readMarker } from '../../../src/tail/content-proof.ts';
import { PastEnds } from '../../../src/tail/past-ends.ts';

/** A file of these bytes. */
function fileOf(text: string): FileHandle {
  const bytes = Buffer.from(text);
  return {
    read: async (buffer, { bufferOffset, length, position }) => bytes.copy(buffer, bufferOffset, position, position + length),
    stat: async () => ({ kind: 'file', device: '1', inode: '1', sizeBytes: bytes.length, modifiedMs: 0, linkCount: 1, birthMs: 0 }),
    close: async () => undefined,
  };
}

async function endsOf(text: string, ...offsets: readonly number[]): Promise<PastEnds> {
  const ends = new PastEnds();
  for (const offset of offsets) ends.note(offset, await readMarker(fileOf(text), offset));
  return ends;
}

test('a copy is proved by every end within it, and, to its own end, only by one that lies there', async () => {
  const ends = await endsOf('head\nfirst\nsecond\n', 5, 11);
  expect(await ends.proves(fileOf('head\nother\n'), 11)).toBe(false);
  expect(await ends.provesEnd(fileOf('head\nfirst\n'), 11)).toBe(true);
  // Another file of the log begins with the same header.
  expect(await ends.proves(fileOf('head\nelse\n'), 10)).toBe(true);
  expect(await ends.provesEnd(fileOf('head\nelse\n'), 10)).toBe(false);
  expect(await ends.provesEnd(fileOf('head\nother\n'), 11)).toBe(false);
});
