/** The first half of the fixed seeds; the other half stands in simulation-high.test.ts, for the second core. */
import { expect, it } from 'vitest';
import { failuresAmong } from './clean-seeds.ts';

it('loses nothing, repeats nothing unexplained and becomes idle: seeds 0 to 999', { timeout: 240_000 }, async () => {
  expect(await failuresAmong(0, 1000)).toEqual([]);
});
