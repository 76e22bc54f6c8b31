import { expect, test } from 'vitest';
import { ShardTally } from '../../../src/producer/hot-shards/shard-tally.ts';

test('of very many shards those heard of longest ago are forgotten, however early the others were heard of first', () => {
  const tally = new ShardTally();
  const most = 4096;
  for (let shard = 0; shard < most; shard += 1) tally.throttled(`shard-${shard}`, shard);
  // Shard 0 is heard of all the time.
  tally.throttled('shard-0', most);
  tally.throttled('shard-0', most);
  tally.throttled('new', most);
  tally.throttled('shard-1', most);
  const shown = tally.status(most).map(({ shardId, throttledEntries }) => [shardId, throttledEntries]);
  expect(shown[0]).toEqual(['shard-0', 3]);
  // Shard 1 was forgotten to make room for the new one.
  expect(shown).not.toContainEqual(['shard-1', 2]);
});
