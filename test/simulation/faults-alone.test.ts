/** Each fault by itself, so that every run of the tests meets even the faults that a random choice rarely switches on. */
import { describe, expect, it } from 'vitest';
import { failuresAmong } from './clean-seeds.ts';
import { faultKinds } from './fault-plan.ts';

const SEEDS_EACH = 8;

describe('with one kind of fault', () => {
  it.each(faultKinds)('%s: nothing is lost, nothing repeated unexplained, and it becomes idle', async (kind) => {
    expect(await failuresAmong(30_000 + faultKinds.indexOf(kind) * SEEDS_EACH, SEEDS_EACH, { only: [kind] })).toEqual([]);
  });
});
