/** When a file that did not hold a missing generation need not be opened again. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { FileStat } from '../../../../src/core/ports.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { RefutedFiles } from '../../../../src/tail/search/refuted-files.ts';
import { memoryGeneration } from '../../../support/memory-files.ts';

const file: FileStat = { kind: 'file', device: '1', inode: '7', sizeBytes: 10, modifiedMs: 50_000, linkCount: 1, birthMs: 5 };

let generation: Generation;
let refuted: RefutedFiles;

beforeEach(async () => {
  generation = await memoryGeneration('a line\n');
  generation.missingSinceMs = 0;
  generation.modifiedMs = 40_000;
  refuted = new RefutedFiles();
});

/** Searches at these times, each of which opens the file and does not find the generation. */
function searchAt(...timesMs: readonly number[]): void {
  for (const nowMs of timesMs) {
    refuted.begin(nowMs);
    refuted.add(generation, file);
  }
}

describe('a file that was written to lately', () => {
  test('is opened once more, when it looked the same for longer than a tick', () => {
    searchAt(0, 100, 2100);
    expect(refuted.has(generation, file)).toBe(false);
    searchAt(2101);
    expect(refuted.has(generation, file)).toBe(true);
  });

  test('looks so since the search that opened it was over, however long that took', () => {
    searchAt(0);
    refuted.begin(9000);
    searchAt(9001);
    expect(refuted.has(generation, file)).toBe(false);
  });

  test('that changes is another file, and known as one again only after the same time', () => {
    searchAt(0, 1, 3000);
    const grown = { ...file, sizeBytes: 11 };
    expect(refuted.has(generation, grown)).toBe(false);
    refuted.add(generation, grown);
    expect([refuted.has(generation, grown), refuted.has(generation, file)]).toEqual([false, false]);
  });
});

test.each([
  ['its size', { sizeBytes: 9 }],
  ['its modification time', { modifiedMs: 50_001 }],
  ['its time of birth', { birthMs: 6 }],
  ['its number', { inode: '8' }],
  ['its device', { device: '2' }],
])('%s tells that it is another file', (_title, change) => {
  searchAt(0, 1, 3000);
  expect(refuted.has(generation, file)).toBe(true);
  expect(refuted.has(generation, { ...file, ...change })).toBe(false);
});

test('what was written to last a tick before the generation was is the same from the first time on, on its own device', () => {
  generation.modifiedMs = file.modifiedMs + 2001;
  refuted.begin(0);
  refuted.add(generation, file);
  refuted.add(generation, { ...file, device: '2' });
  expect([refuted.has(generation, file), refuted.has(generation, { ...file, device: '2' })]).toEqual([true, false]);
});

test('what is not missing any more is forgotten, and of one generation no more than a few files are kept', async () => {
  searchAt(0, 1, 3000);
  const other = await memoryGeneration('another line\n');
  expect(refuted.has(other, file)).toBe(false);
  generation.modifiedMs = 100_000;
  for (let inode = 100; inode < 200; inode += 1) refuted.add(generation, { ...file, inode: String(inode) });
  expect([refuted.has(generation, { ...file, inode: '100' }), refuted.has(generation, { ...file, inode: '199' })]).toEqual([true, false]);
  refuted.keepMissing();
  expect(refuted.has(generation, { ...file, inode: '100' })).toBe(true);
  generation.missingSinceMs = undefined;
  refuted.keepMissing();
  expect(refuted.has(generation, { ...file, inode: '100' })).toBe(false);
});
