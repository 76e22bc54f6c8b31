/** Which files are closed because they can be opened again. */
import { expect, test } from 'vitest';
import { idleHandles, spareHandles } from '../../../../src/tail/generation/retirement.ts';
import { memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const TEXT = 'first\nsecond\n';

test('a file is not closed as long as it is the only one that holds what is on its way', async () => {
  const original = await memoryGeneration(TEXT, { number: 1, offset: 6 });
  const copy = await memoryGeneration(TEXT, { number: 2 });
  copy.handle = memoryFile(TEXT, '2');
  copy.repeats = original.tracker;
  const span = original.tracker.open(7);
  const closed = () => [...idleHandles([original, copy], { idleCloseMs: 0, openFilesMax: 0, nowMs: 0 }), ...spareHandles([original, copy])];
  expect(closed()).toEqual([]);
  span.resolve('delivered', 7, 1);
  expect(closed()).toEqual([copy, copy]);
  original.handle = memoryFile(TEXT, '1');
  const more = original.tracker.open(1);
  expect(closed()).toEqual([copy, copy]);
  more.resolve('delivered', 1, 1);
  expect(closed()).toEqual([original, copy, original]);
});

test('where not one more can be opened, what the flow does not list is closed if that is all there is, and a name leads to it', async () => {
  const long = `${'x'.repeat(200)}\n`;
  const [listed, rotated, deleted, short] = await Promise.all([1, 2, 3, 4].map((number) => memoryGeneration(number === 4 ? 'x\n' : long, { number })));
  if (listed === undefined || rotated === undefined || deleted === undefined || short === undefined) expect.fail('there are four');
  for (const one of [listed, rotated, deleted, short]) one.handle = memoryFile(long, String(one.number));
  for (const one of [rotated, deleted, short]) one.outOfPattern = true;
  deleted.linkCount = 0;
  expect(spareHandles([rotated, deleted, short, listed])).toEqual([listed]);
  expect(spareHandles([rotated, deleted, short])).toEqual([rotated]);
  expect(spareHandles([deleted, short])).toEqual([]);
  expect(idleHandles([rotated, deleted, short], { idleCloseMs: 0, openFilesMax: 0, nowMs: 0 })).toEqual([]);
});
