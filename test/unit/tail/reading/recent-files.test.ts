/** Which files are opened although nothing is new in them. */
import { expect, test } from 'vitest';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { RecentFiles } from '../../../../src/tail/reading/recent-files.ts';
import { memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const NOW_MS = 1_000_000;
const options = { idleCloseMs: 300_000, openFilesMax: 3, wallMs: () => NOW_MS };

/** Generations of these ages, numbered in the order of the arguments. */
function generationsOf(...agesMs: readonly number[]): Promise<readonly Generation[]> {
  return Promise.all(
    agesMs.map(async (ageMs, index) => {
      const generation = await memoryGeneration('line\n', { number: index });
      generation.modifiedMs = NOW_MS - ageMs;
      return generation;
    }),
  );
}

/** The numbers of the generations whose files are opened, in order. */
async function opened(files: RecentFiles, live: readonly Generation[], { fails = false, hidden = -1 } = {}): Promise<readonly number[]> {
  const numbers: number[] = [];
  const open = async (generation: Generation) => {
    numbers.push(generation.number);
    if (!fails) generation.handle = memoryFile('line\n');
  };
  await files.open(live, { isHidden: ({ number }) => number === hidden, open });
  return numbers;
}

test('the files that were written to last are opened, if not longer ago than an open file may be idle', async () => {
  const live = await generationsOf(10, 299_999, 300_000, 0);
  expect(await opened(new RecentFiles(options), live)).toEqual([3, 0, 1]);
});

test('no more files are opened than may be open, including those that are', async () => {
  const live = await generationsOf(40, 30, 20, 10);
  const [oldest] = live;
  if (oldest !== undefined) oldest.handle = memoryFile('line\n');
  expect(await opened(new RecentFiles(options), live)).toEqual([3, 2]);
});

test('files are opened once: one that is closed or comes later is opened when something is new in it', async () => {
  const [first, later] = await generationsOf(10, 10);
  if (first === undefined || later === undefined) expect.fail('two are known');
  const files = new RecentFiles(options);
  expect(await opened(files, [first])).toEqual([0]);
  first.handle = undefined;
  expect(await opened(files, [first, later])).toEqual([]);
});

test('a file that cannot be opened is tried at the next look, until it is gone', async () => {
  const live = await generationsOf(10, 20);
  const files = new RecentFiles(options);
  expect(await opened(files, live, { fails: true })).toEqual([0, 1]);
  const [, gone] = live;
  if (gone !== undefined) gone.missingSinceMs = 1;
  expect(await opened(files, live)).toEqual([0]);
  expect(await opened(files, live)).toEqual([]);
});

test('files in a directory that cannot be read wait until it can be', async () => {
  const live = await generationsOf(10, 20);
  const files = new RecentFiles(options);
  expect(await opened(files, live, { hidden: 0 })).toEqual([1]);
  expect(await opened(files, live)).toEqual([0]);
});
