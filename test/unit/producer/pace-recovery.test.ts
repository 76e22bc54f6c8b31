/** What becomes of the pace when refusals begin for reasons other than the flow's own rate, and when they end. */
import { expect, test } from 'vitest';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';
import { keysOfEachShard, pour } from './pour.ts';

const SHARD_BYTES = 1024 * 1024;

test.each([
  ['keys that promise order, one shard', { plan: keyBeforeBar }, 'entries', 1],
  ['random keys, one shard of four', {}, 'entries', 1],
  ['random keys, the whole stream', {}, 'entries', undefined],
  ['random keys, whole requests', {}, 'requests', undefined],
] as const)('a stream that refused everything for two minutes is used up to its limit again within a minute (%s)', async (_title, setting, what, place) => {
  const code = 'ProvisionedThroughputExceededException';
  const world = new ProducerWorld({ stream: { shards: 4, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  const keys = keysOfEachShard(world, 1);
  const feeds = keys.map((_, index) => world.flow({ ...setting, flow: `flow ${index}` }));
  const refusing = place === undefined ? undefined : world.stream.openShards[place]?.shardId;
  const pourFor = async (seconds: number) => {
    for (let ms = 0; ms < seconds * 1000; ms += 100) {
      for (const [index, feed] of feeds.entries()) {
        pour(feed, keys[index] ?? [], { bytesPerSecond: 2 * SHARD_BYTES, everyMs: 100, lineBytes: 8000, pendingMax: 4 * SHARD_BYTES });
      }
      await world.run(100);
    }
  };
  /** How much each shard took meanwhile, in limits of one shard. */
  const ratesOver = async (seconds: number) => {
    const before = world.stream.openShards.map((shard) => shard.acceptedBytes);
    await pourFor(seconds);
    return world.stream.openShards.map((shard, index) => (shard.acceptedBytes - (before[index] ?? 0)) / seconds / SHARD_BYTES);
  };
  await pourFor(10);
  world.model.fault = ({ operation }) => {
    if (operation !== 'PutRecords') return undefined;
    if (what === 'requests') return { kind: 'refuse', code };
    return { kind: 'fail-entries', codeOf: ({ shardId }) => (refusing === undefined || refusing === shardId ? code : undefined) };
  };
  const during = await ratesOver(120);
  for (const [index, rate] of during.entries()) {
    if (place === undefined || place === index) expect(rate).toBe(0);
    else expect(rate).toBeGreaterThan(0.85);
  }
  world.model.fault = () => undefined;
  await pourFor(30);
  for (const rate of await ratesOver(20)) expect(rate).toBeGreaterThan(0.85);
});

test.each([
  [0.5, 'ordered keys', { plan: keyBeforeBar }],
  [0.5, 'random keys', {}],
  [0.9, 'ordered keys', { plan: keyBeforeBar }],
  [0.9, 'random keys', {}],
] as const)('a shard of which another writer takes %d is used to the rest, with few refusals, and wholly when that one leaves (%s)', async (taken, _title, setting) => {
  const world = new ProducerWorld({ stream: { shards: 1, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  const feed = world.flow(setting);
  const [shard] = world.stream.openShards;
  const data = Buffer.alloc(taken * SHARD_BYTES * 0.05);
  const lastFor = async (seconds: number, shared: boolean) => {
    for (let ms = 0; ms < seconds * 1000; ms += 50) {
      if (shared) world.stream.putRecords([{ data, start: 0, end: data.length, partitionKey: 'other' }]);
      pour(feed, ['k'], { bytesPerSecond: 2 * SHARD_BYTES, everyMs: 50, lineBytes: 200, pendingMax: 4 * SHARD_BYTES });
      await world.run(50);
    }
  };
  const ownShare = async (seconds: number, shared: boolean) => {
    const before = feed.settled['delivered']?.bytes ?? 0;
    await lastFor(seconds, shared);
    return ((feed.settled['delivered']?.bytes ?? 0) - before) / seconds / SHARD_BYTES;
  };
  await lastFor(30, true);
  const entriesBefore = { accepted: shard?.acceptedCount ?? 0, refused: shard?.throttledCount ?? 0 };
  expect(await ownShare(60, true)).toBeGreaterThan(0.8 * (1 - taken));
  const accepted = (shard?.acceptedCount ?? 0) - entriesBefore.accepted;
  const refused = (shard?.throttledCount ?? 0) - entriesBefore.refused;
  expect(refused / (accepted + refused)).toBeLessThan(0.05);
  await lastFor(60, false);
  expect(await ownShare(30, false)).toBeGreaterThan(0.85);
});
