/** Which rows a commit writes: what changed, however many files there are. */
import { expect, test } from 'vitest';
import { OffsetTracker } from '../../../../src/core/offset-tracker.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { changedRows, markChanged } from '../../../../src/tail/generation/rows.ts';
import { memoryGeneration } from '../../../support/memory-files.ts';

const NOW = { nowMs: 0, wallMs: 0 };

async function threeFiles() {
  const changed = new Set<Generation>();
  const known = await Promise.all([1, 2, 3].map((number) => memoryGeneration('line\n', { number, changed })));
  const stored = () => changedRows(changed, { includes: (one) => known.includes(one) }, NOW).map(({ generation }) => generation);
  return { changed, known, stored };
}

test('every row is written once, and again when its file changed or it could not be written', async () => {
  const { known, stored } = await threeFiles();
  expect(stored()).toEqual([1, 2, 3]);
  expect(stored()).toEqual([]);
  known[1]?.seeEnd(5, Buffer.from('line\n'));
  expect(stored()).toEqual([2]);
  markChanged(known, changedRows(new Set(known.slice(2)), { includes: () => true }, NOW));
  expect(stored()).toEqual([3]);
});

test('a row that must not be stored yet waits until it may be', async () => {
  const { known, stored } = await threeFiles();
  const original = new OffsetTracker({ startOffset: 0, onResolve: () => undefined });
  const span = original.open(5);
  for (const one of known.slice(0, 1)) one.originalTracker = original;
  expect(stored()).toEqual([2, 3]);
  span.resolve('delivered', 5, 1);
  expect(stored()).toEqual([1]);
});

test('a generation that was made and never taken up is not stored, and not kept either', async () => {
  const { changed, known, stored } = await threeFiles();
  known.shift();
  expect(stored()).toEqual([2, 3]);
  expect(changed.size).toBe(0);
});
