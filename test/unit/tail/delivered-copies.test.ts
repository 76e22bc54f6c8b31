/** What is remembered of copies, and what of other files is not forgotten for it. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import type { FileSystem } from '../../../src/core/ports.ts';
import { Births } from '../../../src/tail/births.ts';
import { rememberDelivered } from '../../../src/tail/delivered-copies.ts';
import { inodeKey } from '../../../src/tail/file-identity.ts';
import { FinishedGenerations } from '../../../src/tail/finished-generations.ts';
import { memoryContent, memoryGeneration } from '../../support/memory-files.ts';
import { birthOptions, noDecompression } from '../../support/tail-options.ts';

const COPY = memoryContent('/app.log.2', 'first\nsecond\n', { inode: '7' });

test.each([
  { title: 'is of a file that is gone, and whose number the copy got: it is kept, since its compressed form may be there', text: 'another\n', kept: [7, 8] },
  { title: 'is of the copy, which had less then: it is forgotten', text: 'first\n', kept: [8] },
])('a copy is remembered. What was known of its inode $title', async ({ text, kept }) => {
  const before = await memoryGeneration(text, { number: 7 });
  const finished = new FinishedGenerations({ rememberMs: 1000, wallMs: () => 0 });
  finished.add(before);
  const births = new Births(birthOptions(), () => false);
  for (let number = 1; number <= before.number; number += 1) await births.make(COPY, { offset: 0, state: 'rotated', nowMs: 0 });
  const { path, stat } = COPY;
  const remembered: string[] = [];
  const copies = {
    delivered: () => [{ key: inodeKey(stat), path, sizeBytes: stat.sizeBytes, contentBytes: stat.sizeBytes, listed: true }],
    remembered: (key: string) => remembered.push(key),
  };
  await rememberDelivered(copies, { files: { files: onlyCopy(), decompression: noDecompression }, births, finished, nowMs: 0 });
  expect([...finished].map((generation) => generation.number)).toEqual(kept);
  expect(finished.takeRemovals()).toEqual(kept.length === 1 ? [7] : []);
  expect(remembered).toEqual([inodeKey(stat)]);
});

/** A disk that holds the copy and nothing else. */
function onlyCopy(): FileSystem {
  const system: Pick<FileSystem, 'open'> = {
    open: async (path) => {
      if (path !== COPY.path) throw new FileFault({ code: 'not-found', systemCode: 'ENOENT', path });
      return COPY.handle;
    },
  };
  return system as FileSystem;
}
