import { expect, test } from 'vitest';
import { SimRandom } from '../../simulation/sim-random.ts';
import { assert } from '../../../src/core/assert.ts';
import { events } from '../../../src/telemetry/events.ts';
import type { EventFields } from '../../../src/telemetry/events.ts';
import { deaggregate, isAggregate } from '../../support/deaggregate.ts';
import type { FaultScript } from '../../support/kinesis-server/fault.ts';
import { partitionHashKey } from '../../support/kinesis-server/hash-key.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';
import type { FlowFeed } from './producer-world.ts';

/** `count` records over `keyCount` keys. Each record carries its number among those of its key. */
class KeyedLines {
  readonly #next = new Map<string, number>();
  readonly #random;

  constructor(world: ProducerWorld) {
    this.#random = world.random.fork('lines');
  }

  take(count: number, keyCount: number): string[] {
    return Array.from({ length: count }, () => {
      const key = `key-${this.#random.below(keyCount)}`;
      const number = this.#next.get(key) ?? 0;
      this.#next.set(key, number + 1);
      return `${key}|${number}|${'x'.repeat(this.#random.below(200))}\n`;
    });
  }
}

/** Fails unless a consumer has all records, and the first acceptances of each key are in order. */
function expectOrdered(world: ProducerWorld, feed: FlowFeed): void {
  const consumed = world.consumed().map((record) => record.text);
  expect(new Set(consumed)).toEqual(new Set(feed.lines));
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const text of consumed) {
    if (seen.has(text)) continue;
    seen.add(text);
    const [key = '', number = ''] = text.split('|');
    expect(Number(number), `${key} in order (seed of the world)`).toBe((last.get(key) ?? -1) + 1);
    last.set(key, Number(number));
  }
}

/** Fails if two records whose first hash keys lie in one shard are in requests at once. */
function watchLanes(world: ProducerWorld): { worst: number } {
  const watch = { worst: 0 };
  const flying = new Map<string, number>();
  const put = world.port.putRecords.bind(world.port);
  world.port.putRecords = async (stream, records, signal) => {
    const shards = records.map((record) => {
      const hashKey = BigInt(record.explicitHashKey ?? 0);
      return world.stream.openShards.find((shard) => shard.holds(hashKey))?.shardId ?? '';
    });
    for (const shard of shards) {
      flying.set(shard, (flying.get(shard) ?? 0) + 1);
      watch.worst = Math.max(watch.worst, flying.get(shard) ?? 0);
    }
    const reply = await put(stream, records, signal);
    for (const shard of shards) flying.set(shard, (flying.get(shard) ?? 0) - 1);
    return reply;
  };
  return watch;
}

async function feedFor(world: ProducerWorld, feed: FlowFeed, rounds: number, each: { count: number; keyCount: number; everyMs: number }): Promise<void> {
  const lines = new KeyedLines(world);
  for (let round = 0; round < rounds; round += 1) {
    feed.feed(lines.take(each.count, each.keyCount));
    await world.run(each.everyMs);
  }
}

test('records of one key arrive in order, one Kinesis record of a shard under way at a time', async () => {
  const world = new ProducerWorld({ latencyMs: 30 });
  const watch = watchLanes(world);
  const feed = world.flow({ plan: keyBeforeBar, recordBytesMax: 4096 });
  await feedFor(world, feed, 50, { count: 40, keyCount: 50, everyMs: 20 });
  await world.run(5000);
  expectOrdered(world, feed);
  expect(world.consumed()).toHaveLength(feed.lines.length);
  expect(feed.pendingBytes).toBe(0);
  expect(watch.worst).toBe(1);
  expect(world.stream.accepted.length).toBeLessThan(feed.lines.length / 3);
});

test('each user record keeps its own key, and the Kinesis record has the hash key of its first', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ plan: keyBeforeBar });
  feed.feed(['a|0|\n', 'b|0|\n', 'c|0|\n', 'd|0|\n', 'a|1|\n']);
  await world.run(1000);
  for (const { text, partitionKey } of world.consumed()) expect(partitionKey).toBe(text.split('|')[0]);
  const aggregates = world.stream.accepted.filter(({ data }) => isAggregate(data));
  expect(aggregates.length).toBeGreaterThan(0);
  for (const record of aggregates) {
    const [first] = deaggregate(record);
    expect(record.partitionKey).toBe(first?.partitionKey);
    expect(BigInt(record.explicitHashKey ?? -1)).toBe(partitionHashKey(first?.partitionKey ?? ''));
  }
});

test('a shard with 256 KiB waiting is sent to at once, long before the deadline; one with less is not', async () => {
  const world = new ProducerWorld({ stream: { shards: 2 } });
  const feed = world.flow({ plan: keyBeforeBar, bufferedMs: 60_000 });
  await world.run(100);
  const line = `key|${'x'.repeat(995)}\n`;
  feed.feed(Array.from({ length: 250 }, () => line));
  await world.run(1000);
  expect(world.requests).toHaveLength(0);
  feed.feed(Array.from({ length: 70 }, () => line));
  await world.run(1000);
  expect(world.requests.length).toBeGreaterThan(0);
});

test('10 % random partial failures: nothing lost, nothing twice, order per key kept', async () => {
  const world = new ProducerWorld({ seed: 7, latencyMs: 10 });
  const chance = world.random.fork('failures');
  world.model.fault = failEntries(() => (chance.chance(0.1) ? 'InternalFailure' : undefined));
  const feed = world.flow({ plan: keyBeforeBar, recordBytesMax: 2048 });
  await feedFor(world, feed, 100, { count: 30, keyCount: 40, everyMs: 20 });
  await world.run(120_000);
  expectOrdered(world, feed);
  expect(world.consumed()).toHaveLength(feed.lines.length);
  expect(feed.pendingBytes).toBe(0);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('reshards while shipping, with faults and a listing that lags: order and no loss (seed %i)', async (seed) => {
  // Answers overtake each other, so that the shard map changes while records of the old map are under way.
  const latency = new SimRandom(seed).fork('latency');
  const latencyMs = () => (latency.chance(0.2) ? latency.below(1500) : latency.below(20));
  const world = new ProducerWorld({ seed, latencyMs, stream: { shards: 3, listLagMs: seed % 2 === 0 ? 3000 : 0 } });
  const chance = world.random.fork('failures');
  world.model.fault = (call) => {
    if (call.operation !== 'PutRecords' || !chance.chance(0.3)) return undefined;
    if (chance.chance(0.3)) return { kind: 'cut' };
    return { kind: 'fail-entries', codeOf: () => (chance.chance(0.3) ? 'ProvisionedThroughputExceededException' : undefined) };
  };
  const feed = world.flow({ plan: keyBeforeBar, recordBytesMax: 3000 });
  const lines = new KeyedLines(world);
  const reshards = world.random.fork('reshards');
  for (let round = 0; round < 60; round += 1) {
    feed.feed(lines.take(40, 30));
    await world.run(reshards.below(60));
    if (round % 8 === 3) reshard(world, reshards.below(2) === 0);
  }
  await world.run(180_000);
  expect(feed.pendingBytes).toBe(0);
  expectOrdered(world, feed);
});

test('one file key goes to one shard in order', async () => {
  const world = new ProducerWorld({ latencyMs: 20 });
  const feed = world.flow({ plan: { kind: 'per-batch', keyOf: (source) => source.path }, recordBytesMax: 2000 });
  for (let round = 0; round < 20; round += 1) {
    feed.feed(Array.from({ length: 50 }, (_, index) => `${round * 50 + index}\n`));
    await world.run(10);
  }
  await world.run(5000);
  expect(world.consumed().map(({ text }) => Number(text))).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  expect(new Set(world.stream.accepted.map((record) => record.shardId)).size).toBe(1);
});

test('ListShards denied: records go one by one, in order of their keys, and one warning names the permission', async () => {
  const world = new ProducerWorld({ latencyMs: 5 });
  world.model.fault = (call) =>
    call.operation === 'ListShards' ? { kind: 'refuse', code: 'AccessDeniedException' } : undefined;
  const feed = world.flow({ plan: keyBeforeBar });
  await feedFor(world, feed, 20, { count: 30, keyCount: 100, everyMs: 50 });
  await world.run(60_000);
  expectOrdered(world, feed);
  for (const record of world.stream.accepted) expect(record.data.subarray(0, 4).toString('hex')).not.toBe('f3899ac2');
  const [warning, ...more] = world.events.filter(({ name }) => name === 'shardsUnknown');
  expect(more).toEqual([]);
  expect(events.shardsUnknown.level).toBe('warn');
  expect(events.shardsUnknown.message(warning?.fields as EventFields<'shardsUnknown'>)).toContain('kinesis:ListShards');
  expect(feed.pendingBytes).toBe(0);
});

test('ListShards that comes back: aggregates again, order kept', async () => {
  const world = new ProducerWorld({ latencyMs: 5 });
  world.model.fault = (call) => (call.operation === 'ListShards' && call.number < 4 ? { kind: 'cut' } : undefined);
  const feed = world.flow({ plan: keyBeforeBar });
  await feedFor(world, feed, 100, { count: 30, keyCount: 60, everyMs: 100 });
  await world.run(60_000);
  expectOrdered(world, feed);
  const aggregates = world.stream.accepted.filter((record) => record.data.subarray(0, 4).toString('hex') === 'f3899ac2');
  expect(aggregates.length).toBeGreaterThan(10);
});

test('a stream that ignores keys gets no aggregates', async () => {
  const world = new ProducerWorld({ stream: { shards: 2, mode: 'ON_DEMAND', distribution: 'AUTO' } });
  const random = world.flow({ flow: 'random' });
  const keyed = world.flow({ flow: 'keyed', plan: keyBeforeBar });
  random.feed(['a\n', 'b\n', 'c\n']);
  keyed.feed(['a|0\n', 'b|0\n', 'a|1\n']);
  await world.run(2000);
  expect(world.stream.accepted.map((record) => record.data.toString()).sort()).toEqual(
    ['a\n', 'b\n', 'c\n', 'a|0\n', 'b|0\n', 'a|1\n'].sort(),
  );
  expect(world.eventNames().filter((name) => name === 'aggregationOff')).toHaveLength(1);
});

test('a stream that begins to ignore keys is found out', async () => {
  const world = new ProducerWorld({ stream: { shards: 4, mode: 'ON_DEMAND' } });
  const feed = world.flow({ plan: keyBeforeBar });
  const lines = new KeyedLines(world);
  feed.feed(lines.take(100, 20));
  await world.run(40_000);
  world.stream.distribution = 'AUTO';
  for (let round = 0; round < 20; round += 1) {
    feed.feed(lines.take(100, 20));
    await world.run(5000);
  }
  expect(world.eventNames()).toContain('aggregationOff');
  const last = world.stream.accepted.at(-1);
  expect(last?.data.subarray(0, 4).toString('hex')).not.toBe('f3899ac2');
  expect(feed.pendingBytes).toBe(0);
});

test.each([1, 4, 200])('a stream of %i shard(s) that begins to ignore keys is found out by random keys too, and so is that it ends to', async (shards) => {
  const world = new ProducerWorld({ stream: { shards, mode: 'ON_DEMAND' } });
  const feed = world.flow();
  const feedSeconds = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      feed.feed(Array.from({ length: 20 }, (_, index) => `${feed.lines.length}.${index}\n`));
      await world.run(1000);
    }
  };
  await feedSeconds(60);
  world.stream.distribution = 'AUTO';
  await feedSeconds(400);
  const beforeMs = world.clock.nowMs + world.clock.wallOffsetMs - 5000;
  await feedSeconds(5);
  const late = world.stream.accepted.filter(({ arrivalWallMs }) => arrivalWallMs > beforeMs);
  // With one shard, ignoring keys changes nothing for anybody.
  expect(late.some(({ data }) => isAggregate(data))).toBe(shards === 1);
  world.stream.distribution = 'USER_PARTITION_KEY';
  await feedSeconds(400);
  expect(isAggregate(world.stream.accepted.at(-1)?.data ?? Buffer.alloc(0))).toBe(true);
  expect(feed.pendingBytes).toBe(0);
  expect(world.model.calls('DescribeStreamSummary', 'web')).toBeLessThanOrEqual(5);
});

test('a record without a key gets a random one, and is counted', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ plan: keyBeforeBar });
  feed.feed(['a|0\n', 'no key\n', 'none either\n']);
  await world.run(1000);
  expect(world.consumed()).toHaveLength(3);
  expect(world.events.find((event) => event.name === 'partitionKeyMissing')?.fields).toMatchObject({ records: 2 });
  expect(feed.sink.status().recordsWithoutKey).toBe(2);
  feed.feed(['no key again\n']);
  expect(world.counts.get('PartitionKeysMissing')).toBe(3);
  expect(feed.sink.status().recordsWithoutKey).toBe(3);
});

function failEntries(codeOf: () => string | undefined): FaultScript {
  return (call) => (call.operation === 'PutRecords' ? { kind: 'fail-entries', codeOf } : undefined);
}

function reshard(world: ProducerWorld, split: boolean): void {
  const open = [...world.stream.openShards].sort((left, right) => (left.startHashKey < right.startHashKey ? -1 : 1));
  const [first, second] = open;
  assert(first !== undefined, 'a stream has a shard');
  if (split || second === undefined) {
    const widest = open.reduce((a, b) => (a.endHashKey - a.startHashKey >= b.endHashKey - b.startHashKey ? a : b));
    world.stream.split(widest.shardId, (widest.startHashKey + widest.endHashKey) / 2n);
  } else world.stream.merge(first.shardId, second.shardId);
}

