/** A generation and the file that it is read from. */
import { expect, test } from 'vitest';
import { NodeDecompression } from '../../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../../src/platform/node-file-system.ts';
import { memoryFile, memoryGeneration } from '../../support/memory-files.ts';

test('what was written while its file was closed counts as written when it is seen, not when the file was closed', async () => {
  const text = 'first\n  goes on\n';
  class Files extends NodeFileSystem {
    override open() {
      return Promise.resolve(memoryFile(text, '1'));
    }
  }
  const content = { files: new Files(), decompression: new NodeDecompression() };
  const generation = await memoryGeneration('first\n');
  expect(await generation.open(content, '/app.log')).toBe('open');
  expect(generation.see(await memoryFile(text, '1').stat(), 1000)).toBe(true);
  expect(generation.grownMs).toBe(1000);
});
