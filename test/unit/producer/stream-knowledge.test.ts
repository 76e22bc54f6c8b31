import { expect, test } from 'vitest';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

async function feedKeys(world: ProducerWorld, feed: ReturnType<ProducerWorld['flow']>, seconds: number): Promise<void> {
  for (let round = 0; round < seconds * 5; round += 1) {
    feed.feed(Array.from({ length: 20 }, (_, key) => `${key}|${round}\n`));
    await world.run(200);
  }
}

test('shards are listed about once a minute while nothing is wrong, the stream described once', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ plan: keyBeforeBar });
  await feedKeys(world, feed, 600);
  const listings = world.model.calls('ListShards', 'web');
  expect(listings).toBeGreaterThanOrEqual(8);
  expect(listings).toBeLessThanOrEqual(14);
  expect(world.model.calls('DescribeStreamSummary', 'web')).toBe(1);
  expect(world.eventNames()).toEqual(['shardsChanged']);
});

test('a limit of records that was raised because they were cut is noticed within minutes, without being asked for at every record', async () => {
  const world = new ProducerWorld({ stream: { shards: 1 } });
  const feed = world.flow();
  const large = `${'x'.repeat(2_000_000)}\n`;
  const feedFor = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      feed.feed([large]);
      await world.run(60_000);
    }
  };
  await feedFor(10);
  expect(feed.settled['oversize']?.records).toBe(10);
  world.stream.recordBytesMax = 2 * 1024 * 1024;
  await feedFor(6);
  const cutCount = feed.settled['oversize']?.records ?? 0;
  await feedFor(10);
  expect(feed.settled['oversize']?.records).toBe(cutCount);
  expect(world.stream.accepted.at(-1)?.data.length).toBe(large.length);
  expect(world.model.calls('DescribeStreamSummary', 'web')).toBeLessThanOrEqual(4);
});

test.each([
  ['random keys', {}],
  ['one by one', { format: 'none' as const }],
  ['keys that promise order', { plan: keyBeforeBar }],
])('records that wait when the limit is lowered are cut to it, the doubted one as well, and none is rejected (%s)', async (_title, setting) => {
  const world = new ProducerWorld({ stream: { shards: 2, recordBytesMax: 10 * 1024 * 1024 } });
  const feed = world.flow(setting);
  await world.run(31_000);
  world.stream.recordBytesMax = 1024 * 1024;
  for (let index = 0; index < 40; index += 1) {
    feed.feed([`${`${index % 5}|${index}`.padEnd(index % 4 === 0 ? 2_000_000 : 100, 'x')}\n`]);
    await world.run(20);
  }
  await world.run(120_000);
  expect(feed.settled['rejected']).toBeUndefined();
  expect(feed.settled['oversize']?.records).toBe(10);
  expect(feed.pendingBytes).toBe(0);
});

test.each([
  ['random keys', {}],
  ['one by one', { format: 'none' as const }],
  ['keys that promise order', { plan: keyBeforeBar }],
])('records in requests when the limit turns out to be lower are cut to it, in their order, and none is rejected (%s)', async (_title, setting) => {
  const world = new ProducerWorld({ stream: { shards: 2, recordBytesMax: 10 * 1024 * 1024 } });
  const feed = world.flow(setting);
  await world.run(31_000);
  // The answers that tell the lower limit come long before those to records which were sent meanwhile.
  world.model.fault = ({ operation }) => (operation === 'PutRecords' ? { kind: 'slow', delayMs: 400 } : undefined);
  world.stream.recordBytesMax = 1024 * 1024;
  for (let index = 0; index < 40; index += 1) {
    feed.feed([`${`${index % 5}|${index}`.padEnd(index % 4 === 0 ? 2_000_000 : 100, 'x')}\n`]);
    await world.run(20);
  }
  await world.run(120_000);
  expect(feed.settled['rejected']).toBeUndefined();
  expect(feed.settled['oversize']?.records).toBe(10);
  expect(feed.pendingBytes).toBe(0);
  // A refusal that is explained casts no doubt on what is known.
  expect(world.model.calls('DescribeStreamSummary', 'web')).toBe(2);
  if ('plan' in setting) for (const lines of linesByKey(world).values()) expect(lines).toEqual(lines.toSorted((a, b) => a - b));
});

test('what came before the limit is known is cut to it, whatever the lengths of the keys', async () => {
  const world = new ProducerWorld({ stream: { shards: 1 } });
  world.model.fault = ({ operation }) => (operation === 'DescribeStreamSummary' ? { kind: 'slow', delayMs: 1000 } : undefined);
  const feed = world.flow({ plan: keyBeforeBar });
  const line = (key: string, bytes: number) => `${`${key}|`.padEnd(bytes - 1, 'x')}\n`;
  // With its key the first just fits. The second is no longer than that, and does not fit with its own.
  feed.feed([line('a', 1_048_575), line('b'.repeat(256), 1_048_576)]);
  await world.run(5000);
  expect(feed.settled['rejected']).toBeUndefined();
  expect(feed.settled['oversize']?.records).toBe(1);
  expect(feed.deliveredRecords).toBe(2);
});

test('what is known of a stream is not called unknown because it cannot be asked for again', async () => {
  const world = new ProducerWorld({ stream: { shards: 1 } });
  world.model.fault = ({ operation, number }) =>
    operation === 'DescribeStreamSummary' && number > 1 ? { kind: 'refuse', code: 'AccessDeniedException' } : undefined;
  const feed = world.flow();
  for (let minute = 0; minute < 10; minute += 1) {
    feed.feed([`${'x'.repeat(2_000_000)}\n`]);
    await world.run(60_000);
  }
  expect(world.model.calls('DescribeStreamSummary', 'web')).toBeGreaterThan(1);
  expect(world.eventNames()).not.toContain('streamFactsUnknown');
});

test('flows with random keys ask for no shards', async () => {
  const world = new ProducerWorld();
  const feed = world.flow();
  await feedKeys(world, feed, 200);
  expect(world.model.calls('ListShards', 'web')).toBe(0);
});

test('a listing that lags half a minute behind a split is not asked for at every record', async () => {
  const world = new ProducerWorld({ stream: { shards: 1, listLagMs: 30_000 } });
  const feed = world.flow({ plan: keyBeforeBar, recordBytesMax: 200 });
  await feedKeys(world, feed, 40);
  const before = world.model.calls('ListShards', 'web');
  world.stream.split('shardId-000000000000', 2n ** 127n);
  await feedKeys(world, feed, 30);
  expect(world.model.calls('ListShards', 'web') - before).toBeLessThanOrEqual(32);
  expect(world.model.calls('DescribeStreamSummary', 'web')).toBeLessThanOrEqual(3);
  await feedKeys(world, feed, 60);
  await world.run(5000);
  expect(feed.pendingBytes).toBe(0);
  expect(new Set(world.consumed().map((record) => record.text))).toEqual(new Set(feed.lines));
  // The children are known by now, and aggregates go to them.
  const late = world.stream.accepted.filter((record) => record.arrivalWallMs > world.clock.nowMs + world.clock.wallOffsetMs - 20_000);
  expect(late.some((record) => record.data.subarray(0, 4).toString('hex') === 'f3899ac2')).toBe(true);
  expect(late.every((record) => record.shardId !== 'shardId-000000000000')).toBe(true);
});

test('an aggregate that is under way when a listing comes, and lands in the wrong shard, does not wait for the next regular one', async () => {
  const latenciesMs: number[] = [];
  const world = new ProducerWorld({ stream: { shards: 1 }, latencyMs: () => latenciesMs.shift() ?? 200 });
  const feed = world.flow({ plan: keyBeforeBar });
  await feedKeys(world, feed, 4);
  await world.run(1000);
  world.stream.split('shardId-000000000000', 2n ** 127n);
  // Latencies there and back. The lone record, which is always where it belongs, tells of the split. The listing is faster than the
  // aggregate.
  latenciesMs.push(200, 50, 50, 200);
  feed.feed(['1|alone\n']);
  await world.run(150);
  feed.feed(Array.from({ length: 20 }, (_, key) => `${key}|together\n`));
  await world.run(5000);
  expect(world.counts.get('MisplacedRecords')).toBe(1);
  expect(feed.pendingBytes).toBe(0);
  expect(new Set(world.consumed().map((record) => record.text))).toEqual(new Set(feed.lines));
});

test('aggregates that landed in the wrong shard are counted, and sent again', async () => {
  const world = new ProducerWorld({ stream: { shards: 1 } });
  const feed = world.flow({ plan: keyBeforeBar });
  await feedKeys(world, feed, 10);
  world.stream.split('shardId-000000000000', 2n ** 127n);
  await feedKeys(world, feed, 10);
  await world.run(2000);
  expect(world.counts.get('MisplacedRecords')).toBeGreaterThan(0);
  // They are no errors: the service took them.
  for (const name of ['ErrorsByCode', 'AllErrors', 'RecordSendErrors'] as const) expect(world.counts.get(name) ?? 0).toBe(0);
  expect(world.counts.get('RecordsSent')).toBe(feed.lines.length);
  expect(feed.pendingBytes).toBe(0);
  expect(new Set(world.consumed().map((record) => record.text))).toEqual(new Set(feed.lines));
  expect(world.consumed()).toHaveLength(feed.lines.length);
});

test('an aggregate of one key is where it belongs in whatever shard it landed', async () => {
  const world = new ProducerWorld({ stream: { shards: 1 } });
  const feed = world.flow({ plan: keyBeforeBar });
  const feedTwo = (round: number) => feed.feed([`key|${round} first\n`, `key|${round} second\n`]);
  feedTwo(0);
  await world.run(1000);
  world.stream.split('shardId-000000000000', 2n ** 127n);
  feedTwo(1);
  await world.run(5000);
  expect(world.requests.map(({ records }) => records.length)).toEqual([1, 1]);
  expect(world.counts.get('MisplacedRecords')).toBeUndefined();
  expect(world.consumed().map((record) => record.text)).toEqual(feed.lines);
  // The record still tells of the split.
  expect(world.model.calls('ListShards', 'web')).toBe(2);
  expect(feed.pendingBytes).toBe(0);
});

test.each(['none', 'newline', 'kpl'] as const)('the status names the hottest shard and the share of its hottest key (%s)', async (format) => {
  const world = new ProducerWorld({ stream: { shards: 4 } });
  const feed = world.flow({ plan: keyBeforeBar, format });
  for (let round = 0; round < 100; round += 1) {
    feed.feed(Array.from({ length: 20 }, (_, index) => `${(index * 7) % 20 < 12 ? 'hot' : `cold${index}`}|${round}.${index}${'x'.repeat(100)}\n`));
    await world.run(1000);
  }
  await world.run(60_000);
  const [hottest] = feed.sink.status().shards;
  const ofShard = world.consumed().filter(({ shardId }) => shardId === hottest?.shardId);
  const hot = ofShard.flatMap(({ text }) => text.split(/(?<=\n)/)).filter((line) => line.startsWith('hot')).length;
  expect(hot).toBe(1200);
  const share = hot / ofShard.flatMap(({ text }) => text.split(/(?<=\n)/)).length;
  expect(share).toBeLessThan(0.9);
  expect(Math.abs((hottest?.hottestKeyShare ?? 0) - share)).toBeLessThan(0.1);
});

test.each(['PROVISIONED', 'ON_DEMAND'] as const)('status says who sees to the capacity of the stream (%s)', async (mode) => {
  const world = new ProducerWorld({ stream: { shards: 1, mode } });
  const feed = world.flow();
  await world.run(100);
  expect(feed.sink.status().streamMode).toBe(mode === 'ON_DEMAND' ? 'on-demand' : 'provisioned');
});

test('status counts what is in a request as under way, each flow its own', async () => {
  const world = new ProducerWorld();
  world.model.fault = ({ operation }) => (operation === 'PutRecords' ? { kind: 'slow', delayMs: 1000 } : undefined);
  const [feed, other] = [world.flow({ bufferedMs: 10 }), world.flow({ flow: 'other', bufferedMs: 60_000 })];
  feed.feed(['one\n', 'two\n']);
  other.feed(['three\n']);
  await world.run(500);
  expect(feed.sink.status()).toMatchObject({ waitingRecords: 0, inFlightRecords: 2, inFlightRequests: 1 });
  expect(other.sink.status()).toMatchObject({ waitingRecords: 1, inFlightRecords: 0, inFlightRequests: 1 });
  await world.run(1000);
  expect(feed.sink.status()).toMatchObject({ waitingRecords: 0, inFlightRecords: 0 });
});

test('status counts what waits', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ bufferedMs: 10_000 });
  feed.feed(['one\n', 'two\n']);
  await world.run(100);
  expect(feed.sink.status()).toMatchObject({ name: 'KinesisStream:web', state: 'running', waitingRecords: 2, inFlightRequests: 0 });
  await world.run(20_000);
  expect(feed.sink.status()).toMatchObject({ waitingRecords: 0, waitingBytes: 0 });
});

/** The numbers of the lines that a consumer gets, in that order, by key. */
function linesByKey(world: ProducerWorld): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>();
  for (const { text } of world.consumed()) {
    const [, key = '', number = ''] = /^(\d+)\|(\d+)/.exec(text) ?? [];
    numbers.set(key, [...(numbers.get(key) ?? []), Number(number)]);
  }
  return numbers;
}
