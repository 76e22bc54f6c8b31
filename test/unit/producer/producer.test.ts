import { expect, test } from 'vitest';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `line ${from + index} ${'x'.repeat((from + index) % 300)}\n`);
}

test('every record fed in reaches a consumer once, and every byte is settled as delivered', async () => {
  const world = new ProducerWorld();
  const feed = world.flow();
  for (let round = 0; round < 20; round += 1) {
    feed.feed(numbered(500, round * 500));
    await world.run(20);
  }
  await world.run(1000);
  expect(world.consumed().map((record) => record.text).sort()).toEqual([...feed.lines].sort());
  expect(feed.pendingBytes).toBe(0);
  expect(feed.deliveredRecords).toBe(feed.lines.length);
  expect(world.events).toEqual([]);
});

test('one record alone goes bare, many go as one aggregate', async () => {
  const world = new ProducerWorld();
  const feed = world.flow();
  feed.feed(['alone\n']);
  await world.run(300);
  feed.feed(['two\n', 'three\n']);
  await world.run(300);
  const [bare, aggregate] = world.stream.accepted;
  expect(bare?.data.toString()).toBe('alone\n');
  expect(aggregate?.data.subarray(0, 4).toString('hex')).toBe('f3899ac2');
  expect(world.consumed().map((record) => record.text)).toEqual(['alone\n', 'two\n', 'three\n']);
});

test('a record leaves at its deadline, not before and not later', async () => {
  const world = new ProducerWorld({ latencyMs: 0 });
  const feed = world.flow({ bufferedMs: 100 });
  await world.run(50);
  const fedMs = world.nowMs;
  feed.feed(['one\n']);
  await world.run(60);
  feed.feed(['two\n']);
  await world.run(39);
  expect(world.requests).toHaveLength(0);
  await world.run(100);
  expect(world.requests.map((request) => request.atMs - fedMs)).toEqual([100]);
  expect(world.consumed()).toHaveLength(2);
});

test.each([
  { waitedMs: 0, leavesMs: 100 },
  { waitedMs: 60, leavesMs: 40 },
  { waitedMs: 5000, leavesMs: 25 },
])('a line that was in its file for $waitedMs ms before it was read leaves $leavesMs ms after the read', async ({ waitedMs, leavesMs }) => {
  const world = new ProducerWorld({ latencyMs: 0 });
  const feed = world.flow({ bufferedMs: 100 });
  await world.run(50);
  const fedMs = world.nowMs;
  feed.feed(['one\n'], '/log/a.log', waitedMs);
  await world.run(200);
  feed.feed(['two\n']);
  await world.run(200);
  expect(world.requests.map((request) => request.atMs - fedMs)).toEqual([leavesMs, 300]);
});

test('under load requests leave full, without waiting for the deadline', async () => {
  const world = new ProducerWorld({ latencyMs: 1 });
  const feed = world.flow({ bufferedMs: 60_000 });
  await world.run(10);
  const lines = Array.from({ length: 5000 }, () => `${'y'.repeat(199)}\n`);
  for (let round = 0; round < 8; round += 1) feed.feed(lines);
  await world.run(100);
  const sizes = world.requests.map((request) => request.records.reduce((sum, record) => sum + record.end - record.start, 0));
  expect(sizes.length).toBeGreaterThanOrEqual(4);
  for (const size of sizes) expect(size).toBeGreaterThanOrEqual(1.5 * 1024 * 1024);
  for (const size of sizes) expect(size).toBeLessThan(1.6 * 1024 * 1024);
});

test('requests are as large as the budget of now lets them be, not that of the start', async () => {
  const world = new ProducerWorld({ latencyMs: 1 });
  const feed = world.flow({ bufferedMs: 60_000 });
  const lines = Array.from({ length: 5000 }, () => `${'y'.repeat(199)}\n`);
  const largestWith = async (bufferBytesMax: number) => {
    world.producer.resize(bufferBytesMax);
    // The new size takes effect as answers come, after a few requests.
    for (let round = 0; round < 4; round += 1) feed.feed(lines);
    await world.run(10_000);
    const before = world.requests.length;
    for (let round = 0; round < 4; round += 1) feed.feed(lines);
    await world.run(10_000);
    const sizes = world.requests.slice(before).map(({ records }) => records.reduce((sum, record) => sum + record.end - record.start, 0));
    return Math.max(...sizes) / 1024 ** 2;
  };
  await world.run(10);
  expect(await largestWith(2 * 1024 ** 2)).toBeLessThan(0.4);
  expect(await largestWith(32 * 1024 ** 2)).toBeGreaterThanOrEqual(1.5);
});

test('drain sends everything at once and resolves when it is settled', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ bufferedMs: 60_000 });
  feed.feed(numbered(1000));
  let drained = false;
  const drain = feed.sink.drain(new AbortController().signal).then(() => {
    drained = true;
    return drained;
  });
  await world.run(100);
  expect(drained).toBe(true);
  expect(feed.pendingBytes).toBe(0);
  await drain;
});

test('drain ends when its signal aborts, and records that are not settled stay so', async () => {
  const world = new ProducerWorld();
  world.model.fault = (call) => (call.operation === 'PutRecords' ? { kind: 'hang', carriedOut: false } : undefined);
  const feed = world.flow();
  feed.feed(numbered(10));
  const stop = new AbortController();
  const drain = feed.sink.drain(stop.signal);
  await world.run(1000);
  stop.abort();
  await drain;
  expect(feed.pendingBytes).toBe(feed.lines.join('').length);
  await world.producer.close();
  await world.run(20_000);
  expect(feed.pendingBytes).toBe(feed.lines.join('').length);
});

test.each([
  ['random keys', {}],
  ['keys that promise order', { plan: keyBeforeBar }],
  ['one by one', { format: 'none' as const }],
])('at 1,000 lines a second no record waits longer than it may (%s)', async (_title, setting) => {
  const world = new ProducerWorld({ latencyMs: 2, stream: { shards: 16 } });
  const feed = world.flow({ ...setting, bufferedMs: 100 });
  await world.run(50);
  for (let ms = 0; ms < 30_000; ms += 1) {
    feed.feed([`${ms % 300}|${ms}\n`]);
    await world.run(1);
  }
  expect(world.largest.get('BufferingTime')).toBeLessThanOrEqual(120);
  await world.run(1000);
  expect(feed.pendingBytes).toBe(0);
});
