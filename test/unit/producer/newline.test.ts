/**
 * The newline format under keys that promise order. No consumer can tell that a line in a record belongs to another shard, so
 * every line must have the record's key. Then the whole record is where it belongs, whatever the shard map says.
 */
import { expect, test } from 'vitest';
import { partitionHashKey } from '../../support/kinesis-server/hash-key.ts';
import { ProducerWorld, keyBeforeBar } from './producer-world.ts';
import type { FlowFeed } from './producer-world.ts';

/** Every line in the record of its own key, in the shard of that key; each key in its order, whatever the shard. */
function expectAtHome(world: ProducerWorld, feed: FlowFeed): void {
  const last = new Map<string, number>();
  let count = 0;
  for (const record of world.stream.accepted) {
    const shard = world.stream.shard(record.shardId);
    for (const line of record.data.toString().match(/[^\n]*\n/g) ?? []) {
      const [key = '', number = ''] = line.split('|');
      expect(record.partitionKey).toBe(key);
      expect(shard.holds(partitionHashKey(key)), `${key} in ${record.shardId}`).toBe(true);
      expect(Number(number), `order of ${key}`).toBe((last.get(key) ?? -1) + 1);
      last.set(key, Number(number));
      count += 1;
    }
  }
  expect(count).toBe(feed.lines.length);
}

test.each([
  ['as they come', {}],
  ['the listing lags five seconds behind', { listLagMs: 5000 }],
])('splits and merges while lines of many keys go: each lands in the shard of its key, once, in order (%s)', async (_title, stream) => {
  const world = new ProducerWorld({ stream: { shards: 2, ...stream }, latencyMs: 30 });
  const feed = world.flow({ plan: keyBeforeBar, format: 'newline', recordBytesMax: 2000 });
  const next = new Map<string, number>();
  for (let round = 0; round < 200; round += 1) {
    const lines = Array.from({ length: 30 }, (_, index) => {
      const key = `key ${Math.floor(index / 3) % 7}`;
      const number = next.get(key) ?? 0;
      next.set(key, number + 1);
      return `${key}|${number}|${'x'.repeat(40)}\n`;
    });
    feed.feed(lines);
    await world.run(50);
    const open = [...world.stream.openShards].sort((left, right) => (left.startHashKey < right.startHashKey ? -1 : 1));
    const [first, second] = open;
    if (round % 40 === 20 && first !== undefined) world.stream.split(first.shardId, (first.startHashKey + first.endHashKey) / 2n);
    if (round % 40 === 39 && first !== undefined && second !== undefined) world.stream.merge(first.shardId, second.shardId);
  }
  await world.run(20_000);
  expect(feed.pendingBytes).toBe(0);
  expectAtHome(world, feed);
});

test('lines of one key are packed although the shards cannot be listed', async () => {
  const world = new ProducerWorld({ stream: { shards: 4 } });
  world.model.fault = ({ operation }) => (operation === 'ListShards' ? { kind: 'refuse', code: 'AccessDeniedException' } : undefined);
  const feed = world.flow({ plan: keyBeforeBar, format: 'newline' });
  feed.feed(Array.from({ length: 300 }, (_, index) => `key ${index % 3}|${Math.floor(index / 3)}\n`).sort());
  await world.run(1000);
  expect(feed.pendingBytes).toBe(0);
  expect(world.stream.acceptedCount).toBe(3);
});
