/** Where in the hash keys the refusing shard lies, as far as answers tell. */
import { expect, test } from 'vitest';
import { HotShard } from '../../../src/producer/hot-shards/hot-shard.ts';
import { Pace } from '../../../src/producer/shards/pace.ts';

function shardAt(fraction: number): HotShard {
  return new HotShard(new Pace(1, 0), fraction, 0);
}

test('a shard is assumed to reach halfway to the keys for which other shards answer', () => {
  const shard = shardAt(0.5);
  for (const fraction of [0.2, 0.8]) shard.exclude(fraction);
  shard.include(0.4);
  expect([0.29, 0.31, 0.64, 0.66].map((fraction) => shard.holds(fraction))).toEqual([false, true, true, false]);
});

test.each([
  { excluded: 0.3, included: 0.1, held: [0.06, 0.2, 0.5] },
  { excluded: 0.7, included: 0.9, held: [0.5, 0.8, 0.94] },
])('a key for which a shard answers is its own, whichever shard answered before the stream was resharded ($included beyond $excluded)', ({ excluded, included, held }) => {
  const shard = shardAt(0.5);
  shard.exclude(excluded);
  shard.include(included);
  expect(held.filter((fraction) => !shard.holds(fraction))).toEqual([]);
});
