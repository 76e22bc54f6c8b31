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
