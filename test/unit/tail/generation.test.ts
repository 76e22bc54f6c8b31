/** A generation and the file that it is read from. */
import { expect, test } from 'vitest';
import { NodeDecompression } from '../../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../../src/platform/node-file-system.ts';
import { memoryFile, memoryGeneration } from '../../support/memory-files.ts';

const HEADER = `#Fields: ${'date time '.repeat(110)}\n`;

/** In which /app.log, of inode 1, holds `text`. */
function filesOf(text: string) {
  class Files extends NodeFileSystem {
    override open() {
      return Promise.resolve(memoryFile(text, '1'));
    }
  }
  return { files: new Files(), decompression: new NodeDecompression() };
}

test.each([
  { title: 'went on', now: `${HEADER}one\ntwo\nthree\n`, opened: 'open' },
  { title: 'was cut and refilled behind its position', now: `${HEADER}ONE\ntwo\n`, opened: 'other-file' },
  { title: 'was cut and refilled to less than was seen of it', now: `${HEADER}one\nTWO\n`, opened: 'other-file' },
  { title: 'was cut and refilled to less than was read of it', now: `${HEADER}ONE\n`, opened: 'other-file' },
  { title: 'was cut and has nothing but its header now', now: HEADER, opened: 'other-file' },
])('a file that was read beyond what is resolved of it and $title: $opened', async ({ now, opened }) => {
  const generation = await memoryGeneration(HEADER);
  const text = `${HEADER}one\ntwo\n`;
  generation.passTo(HEADER.length + 4, Buffer.from(text.slice(HEADER.length - 60, HEADER.length + 4)), { telling: true, wallMs: 0 });
  generation.seeEnd(text.length, Buffer.from(text.slice(-64)));
  const restarted = await memoryGeneration(HEADER, { ends: generation.ends });
  expect(await restarted.open(filesOf(now), '/app.log')).toBe(opened);
});

test('what was written while its file was closed counts as written when it is seen, not when the file was closed', async () => {
  const text = 'first\n  goes on\n';
  const generation = await memoryGeneration('first\n');
  expect(await generation.open(filesOf(text), '/app.log')).toBe('open');
  expect(generation.see(await memoryFile(text, '1').stat(), { nowMs: 1000, wallMs: 1000 })).toBe(true);
  expect(generation.grownMs).toBe(1000);
});
