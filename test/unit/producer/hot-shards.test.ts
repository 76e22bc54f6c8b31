/**
 * Random keys beside another writer who fills some of the shards. Only the flow's own records are counted, after a time in
 * which the flow may find the filled shards. It finds them without ListShards.
 */
import { expect, test } from 'vitest';
import type { FlowSetting, WorldOptions } from './producer-world.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';
import { OtherWriter } from './other-writer.ts';
import { keysOfEachShard, pour } from './pour.ts';

const SHARD_BYTES = 1024 * 1024;
const TICK_MS = 50;
const CODE = 'ProvisionedThroughputExceededException';

interface Case {
  readonly stream: WorldOptions['stream'] & { readonly shards: number };
  /** What others write to each of the first shards, in limits of one shard. */
  readonly others: readonly number[];
  /** What comes for the flow, in limits of one shard. */
  readonly comes: number;
  readonly lineBytes?: number;
  readonly format?: FlowSetting['format'];
}

async function measure({ stream, others, comes, lineBytes = 1000, format = 'kpl' }: Case) {
  const world = new ProducerWorld({ stream: { ...stream, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  const feed = world.flow({ format });
  const writers = others.map((share, index) => new OtherWriter(world, { shard: index, share, tickMs: TICK_MS }));
  const runFor = async (seconds: number) => {
    for (let ms = 0; ms < seconds * 1000; ms += TICK_MS) {
      for (const writer of writers) writer.tick();
      pour(feed, ['k'], { bytesPerSecond: comes * SHARD_BYTES, everyMs: TICK_MS, lineBytes, pendingMax: 16 * SHARD_BYTES });
      await world.run(TICK_MS);
    }
  };
  const ownBytes = () =>
    world.stream.openShards.map((shard) => {
      const other = writers.find((writer) => writer.isIn(shard));
      return shard.acceptedBytes - (other?.acceptedBytes ?? 0);
    });
  await runFor(20);
  const before = { counts: new Map(world.counts), bytes: ownBytes(), lines: feed.lines.length, delivered: feed.deliveredRecords };
  const seconds = 25;
  await runFor(seconds);
  const grown = (name: string) => (world.counts.get(name) ?? 0) - (before.counts.get(name) ?? 0);
  expect(world.model.calls('ListShards', 'web')).toBe(0);
  return {
    refusedShare: grown('ThrottledRecords') / (grown('ThrottledRecords') + grown('KinesisRecordsPut')),
    /** How much each shard took of the flow's records, in limits of one shard. */
    took: ownBytes().map((bytes, index) => (bytes - (before.bytes[index] ?? 0)) / seconds / SHARD_BYTES),
    deliveredShare: (feed.deliveredRecords - before.delivered) / (feed.lines.length - before.lines),
  };
}

test.each<[string, Case]>([
  ['one of 4, at five times its limit', { stream: { shards: 4 }, others: [5], comes: 2.4 }],
  ['one of 4 of an on-demand stream', { stream: { shards: 4, mode: 'ON_DEMAND' }, others: [5], comes: 2.4 }],
  ['one of 4, just full', { stream: { shards: 4 }, others: [0.98], comes: 2.4 }],
  ['one of 4, lines of 5 KB one by one', { stream: { shards: 4 }, others: [5], comes: 2.4, lineBytes: 5000, format: 'none' }],
  ['one of 16', { stream: { shards: 16 }, others: [5], comes: 5 }],
  ['one of 2', { stream: { shards: 2 }, others: [5], comes: 0.8 }],
  ['three of 4', { stream: { shards: 4 }, others: [5, 5, 5], comes: 0.7 }],
])('shards that another writer fills: fewer than 5 in a hundred are refused, and all that comes is taken elsewhere (%s)', async (_title, setting) => {
  const { refusedShare, deliveredShare } = await measure(setting);
  expect(refusedShare).toBeLessThan(0.05);
  expect(deliveredShare).toBeGreaterThan(0.97);
});

test.each<[string, Case]>([
  ['one of 4 filled', { stream: { shards: 4 }, others: [5], comes: 8 }],
  ['one of 4 half taken', { stream: { shards: 4 }, others: [0.5], comes: 8 }],
  ['three of 4 taken to nine tenths', { stream: { shards: 4 }, others: [0.9, 0.9, 0.9], comes: 8 }],
  ['nobody else, 4 shards', { stream: { shards: 4 }, others: [], comes: 8 }],
  ['nobody else, 8 shards', { stream: { shards: 8 }, others: [], comes: 12 }],
])('more comes than there is room: every shard takes what it can, fewer than 5 in a hundred are refused (%s)', async (_title, setting) => {
  const { refusedShare, took } = await measure(setting);
  expect(refusedShare).toBeLessThan(0.05);
  for (const [index, shards] of took.entries()) {
    const left = 1 - (setting.others[index] ?? 0);
    if (left > 0) expect(shards / left).toBeGreaterThan(0.95);
  }
});

test.each([
  [1, 'none' as const],
  [10, 'none' as const],
  [100, 'none' as const],
  [1000, 'none' as const],
  [100, 'kpl' as const],
])('however little comes, a shard that refuses everything is seldom tried (%i lines a second, %s)', async (linesPerSecond, format) => {
  const world = new ProducerWorld({ stream: { shards: 4 }, latencyMs: 15 });
  const refusing = world.stream.openShards[2]?.shardId;
  world.model.fault = ({ operation }) =>
    operation === 'PutRecords' ? { kind: 'fail-entries', codeOf: ({ shardId }) => (shardId === refusing ? CODE : undefined) } : undefined;
  const feed = world.flow({ format });
  const everyMs = Math.max(100, 1000 / linesPerSecond);
  const runFor = async (lines: number) => {
    for (let fed = 0; fed < lines; fed += (linesPerSecond * everyMs) / 1000) {
      pour(feed, ['k'], { bytesPerSecond: linesPerSecond * 100, everyMs, lineBytes: 100, pendingMax: SHARD_BYTES });
      await world.run(everyMs);
    }
  };
  const count = (name: string) => world.counts.get(name) ?? 0;
  await runFor(10 * linesPerSecond + 100);
  const before = { accepted: count('KinesisRecordsPut'), refused: count('ThrottledRecords') };
  await runFor(30 * linesPerSecond + 300);
  const accepted = count('KinesisRecordsPut') - before.accepted;
  const refused = count('ThrottledRecords') - before.refused;
  expect(refused / (accepted + refused)).toBeLessThan(0.04);
  await world.run(5000);
  expect(feed.pendingBytes).toBe(0);
});

test('our own ordered keys fill a shard: random keys of the same stream leave it to them', async () => {
  const world = new ProducerWorld({ stream: { shards: 4, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  const keys = keysOfEachShard(world, 1);
  const ordered = world.flow({ flow: 'ordered', plan: keyBeforeBar });
  const random = world.flow({ flow: 'random' });
  const shard = world.stream.openShards[1];
  const runFor = async (seconds: number) => {
    for (let ms = 0; ms < seconds * 1000; ms += TICK_MS) {
      pour(ordered, keys[1] ?? [], { bytesPerSecond: 5 * SHARD_BYTES, everyMs: TICK_MS, lineBytes: 1000, pendingMax: 8 * SHARD_BYTES });
      pour(random, ['k'], { bytesPerSecond: 2 * SHARD_BYTES, everyMs: TICK_MS, lineBytes: 1000, pendingMax: 8 * SHARD_BYTES });
      await world.run(TICK_MS);
    }
  };
  await runFor(20);
  const before = { ordered: ordered.deliveredRecords, random: random.deliveredRecords, lines: random.lines.length, refused: shard?.throttledCount ?? 0, accepted: world.stream.acceptedCount };
  await runFor(40);
  const refused = (shard?.throttledCount ?? 0) - before.refused;
  expect(refused / (refused + world.stream.acceptedCount - before.accepted)).toBeLessThan(0.02);
  expect(((ordered.deliveredRecords - before.ordered) * 1000) / 40 / SHARD_BYTES).toBeGreaterThan(0.8);
  expect((random.deliveredRecords - before.random) / (random.lines.length - before.lines)).toBeGreaterThan(0.98);
});

test('a hot shard that is split, and merged again, is looked for anew each time', async () => {
  const world = new ProducerWorld({ stream: { shards: 4, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  const feed = world.flow({});
  const writer = new OtherWriter(world, { shard: 1, share: 5, tickMs: TICK_MS });
  let children: readonly { readonly shardId: string }[] = [];
  for (let second = 0; second < 80; second += 1) {
    const hot = world.stream.openShards.find((shard) => writer.isIn(shard));
    if (second % 40 === 10 && hot !== undefined) children = world.stream.split(hot.shardId, (hot.startHashKey + hot.endHashKey) / 2n);
    const [left, right] = children;
    if (second % 40 === 30 && left !== undefined && right !== undefined) world.stream.merge(left.shardId, right.shardId);
    for (let ms = 0; ms < 1000; ms += TICK_MS) {
      writer.tick();
      pour(feed, ['k'], { bytesPerSecond: 2.4 * SHARD_BYTES, everyMs: TICK_MS, lineBytes: 1000, pendingMax: 16 * SHARD_BYTES });
      await world.run(TICK_MS);
    }
  }
  const refused = world.counts.get('ThrottledRecords') ?? 0;
  expect(refused / (refused + (world.counts.get('KinesisRecordsPut') ?? 0))).toBeLessThan(0.05);
  await world.run(2000);
  expect(feed.pendingBytes).toBe(0);
});

test('while nothing refuses, the keys that are drawn are the ones that are sent', async () => {
  const world = new ProducerWorld({ stream: { shards: 4 } });
  const twin = new ProducerWorld({ stream: { shards: 4, rateLimited: true } });
  for (const { stream, feed } of [world, twin].map((one) => ({ stream: one, feed: one.flow({ format: 'none' }) }))) {
    feed.feed(Array.from({ length: 100 }, (_, index) => `${index}\n`));
    await stream.run(1000);
  }
  expect(world.requests.flatMap(({ records }) => records.map(({ partitionKey }) => partitionKey))).toEqual(
    twin.requests.flatMap(({ records }) => records.map(({ partitionKey }) => partitionKey)),
  );
});
