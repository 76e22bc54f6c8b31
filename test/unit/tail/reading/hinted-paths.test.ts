/** Hints: which paths are asked for together, and what comes in between. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../../src/core/errors.ts';
import { NodeClock } from '../../../../src/platform/node-clock.ts';
import { NodeFileSystem } from '../../../../src/platform/node-file-system.ts';
import { HintedPaths } from '../../../../src/tail/reading/hinted-paths.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { memoryFile } from '../../../support/memory-files.ts';

class Files extends NodeFileSystem {
  readonly asked: string[] = [];

  override stat(path: string) {
    this.asked.push(path);
    if (path === '/gone') return Promise.reject(new FileFault({ code: 'not-found', systemCode: 'ENOENT', path }));
    return memoryFile(path).stat();
  }
}

function hinted() {
  const files = new Files();
  return { files, paths: new HintedPaths({ files, clock: new NodeClock(), isRead: (path) => path !== '/unknown' }) };
}

test('a path that is read is asked for once, however many hints came; a path that is not read, or is gone, is reported as such', async () => {
  const { files, paths } = hinted();
  for (const path of ['/log', '/gone', '/unknown', '/log']) paths.add(path, 1);
  const taken = await paths.take(0);
  expect(taken.map(({ path, seen }) => [path, seen?.stat.sizeBytes])).toEqual([['/log', 4], ['/gone', undefined], ['/unknown', undefined]]);
  expect(files.asked).toEqual(['/log', '/gone']);
  expect(paths.isDue(false)).toBe(false);
});

test.each([{ waiting: 0 }, { waiting: 3 }])('of many paths, some are asked for together and read before the next ones, as are $waiting that waited before, unless nothing can be read', async ({ waiting }) => {
  const { files, paths } = hinted();
  for (let number = 0; number < 40; number += 1) paths.add(`/${number}`, 1);
  expect(paths.isDue(true)).toBe(true);
  const { length } = await paths.take(waiting);
  expect(files.asked.length).toBe(length);
  expect(length).toBeLessThan(40);
  for (let reads = 0; reads < waiting + length; reads += 1) {
    expect([paths.isDue(true), paths.isDue(false)]).toEqual([false, true]);
    paths.wasRead();
  }
  expect(paths.isDue(true)).toBe(true);
});

test('files that waited before are read first, for a tenth of a second at most; files that were asked for are always read', async () => {
  const clock = new FakeClock();
  const paths = new HintedPaths({ files: new Files(), clock, isRead: () => true });
  paths.add('/log', 1);
  await paths.take(1000);
  paths.add('/log', 2);
  await clock.advance(100);
  expect(paths.isDue(true)).toBe(false);
  paths.wasRead();
  expect(paths.isDue(true)).toBe(true);
  await paths.take(1000);
  paths.add('/log', 3);
  paths.wasRead();
  await clock.advance(99);
  expect(paths.isDue(true)).toBe(false);
});

test('new bytes at a path may be there since the first hint', async () => {
  const { paths } = hinted();
  paths.add('/log', 5);
  paths.add('/log', 7);
  expect((await paths.take(0)).map(({ seen }) => seen?.hintedMs)).toEqual([5]);
});

test('a hint that comes while its path is asked for is not swallowed', async () => {
  const { paths } = hinted();
  paths.add('/log', 1);
  const taking = paths.take(0);
  paths.add('/log', 1);
  await taking;
  expect((await paths.take(0)).map(({ path }) => path)).toEqual(['/log']);
});
