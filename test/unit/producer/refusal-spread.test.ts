import { expect, test } from 'vitest';
import { RefusalSpread } from '../../../src/producer/hot-shards/refusal-spread.ts';

/** Answers of the shards `0` … `count - 1` every 100 ms for three seconds; whether the last refusals were widespread. */
function judge(count: number, refusing: readonly number[]): boolean {
  const spread = new RefusalSpread();
  let widespread = false;
  for (let ms = 0; ms < 3000; ms += 100) {
    widespread = false;
    for (let shard = 0; shard < count; shard += 1) {
      if (!refusing.includes(shard)) spread.accepted(`${shard}`, ms);
      else if (spread.refused(`${shard}`, ms)) widespread = true;
    }
  }
  return widespread;
}

test.each([
  [1, [0], true],
  [2, [0], false],
  [2, [0, 1], true],
  [4, [2], false],
  [4, [0, 1], false],
  [4, [0, 1, 3], true],
  [100, [7], false],
  [100, Array.from({ length: 60 }, (_, index) => index), true],
])('of %i shards these refuse: %j; the stream is at its limit: %s', (count, refusing, expected) => {
  expect(judge(count, refusing)).toBe(expected);
});

test('the first refusal of a window is held against the shards of the one before', () => {
  const spread = new RefusalSpread();
  for (const shard of ['a', 'b', 'c']) spread.accepted(shard, 0);
  expect(spread.refused('a', 1500)).toBe(false);
  expect(spread.refused('b', 1600)).toBe(true);
});

test('shards that are no longer heard of do not count', () => {
  const spread = new RefusalSpread();
  for (const shard of ['a', 'b', 'c', 'd']) spread.accepted(shard, 0);
  spread.accepted('child', 5000);
  expect(spread.refused('child', 7000)).toBe(true);
});
