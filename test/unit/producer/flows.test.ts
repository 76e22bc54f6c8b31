import { expect, test } from 'vitest';
import type { FirehosePort, OutgoingRecord, PutReply } from '../../../src/core/ports.ts';
import { limits } from '../../../src/core/limits.ts';
import { Producer } from '../../../src/producer/producer.ts';
import { MetricRegistry } from '../../../src/telemetry/metric-registry.ts';
import { Life, ProcessClock, SimClock } from '../../simulation/sim-clock.ts';
import { SimRandom } from '../../simulation/sim-random.ts';
import { FlowFeed, keyBeforeBar, ProducerWorld } from './producer-world.ts';

const MIB = 1024 * 1024;

function lines(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, index) => `${String(index).padEnd(bytes - 1, '.')}\n`);
}

test('flows to one stream share its requests', async () => {
  const world = new ProducerWorld();
  const feeds = [world.flow({ flow: 'a' }), world.flow({ flow: 'b' }), world.flow({ flow: 'c', plan: keyBeforeBar })];
  for (const feed of feeds) feed.feed(['k|1\n', 'k|2\n']);
  await world.run(1000);
  expect(world.requests).toHaveLength(1);
  expect(world.requests[0]?.records).toHaveLength(3);
  for (const feed of feeds) expect(feed.pendingBytes).toBe(0);
});

test('a flow with a thousand times the data does not keep another waiting', async () => {
  const world = new ProducerWorld({ latencyMs: 100, stream: { shards: 1, keepRecords: false } });
  const heavy = world.flow({ flow: 'heavy', maxConnections: 2 });
  const light = world.flow({ flow: 'light' });
  await world.run(500);
  for (let round = 0; round < 100; round += 1) heavy.feed(lines(1000, 1000));
  light.feed(lines(1000, 1000));
  await world.run(900);
  expect(light.pendingBytes).toBe(0);
  expect(heavy.pendingBytes).toBeGreaterThan(50 * MIB);
});

test('a stream that does not answer keeps no other stream of the client waiting', async () => {
  const world = new ProducerWorld({ latencyMs: 10 });
  world.model.createStream('other', { shards: 1 });
  world.model.fault = (call) =>
    call.operation === 'PutRecords' && call.stream === 'web' ? { kind: 'hang', carriedOut: false } : undefined;
  const stuck = world.flow({ flow: 'stuck', maxConnections: 4 });
  const other = world.flow({ flow: 'other', stream: 'other', maxConnections: 4 });
  stuck.feed(lines(200, 50_000));
  await world.run(3000);
  for (let round = 0; round < 20; round += 1) {
    other.feed(lines(100, 100));
    await world.run(1000);
  }
  await world.run(8000);
  expect(other.pendingBytes).toBe(0);
  expect(stuck.pendingBytes).toBeGreaterThan(0);
});

test('a closed flow sends nothing more, the others of the stream go on', async () => {
  const world = new ProducerWorld();
  const gone = world.flow({ flow: 'gone' });
  const stays = world.flow({ flow: 'stays' });
  await world.run(100);
  gone.feed(['gone\n']);
  await gone.sink.close(new AbortController().signal);
  stays.feed(['stays\n']);
  await world.run(1000);
  expect(world.consumed().map((record) => record.text)).toEqual(['stays\n']);
  expect(gone.pendingBytes).toBe(5);
});

test('a flow that closes waits for the answers to what is under way, and they count', async () => {
  const world = new ProducerWorld({ latencyMs: 500 });
  const gone = world.flow({ flow: 'gone' });
  await world.run(1000);
  gone.feed(['under way\n']);
  await world.run(200);
  let closed = false;
  const closing = gone.sink.close(new AbortController().signal).then(() => {
    closed = true;
  });
  await world.run(200);
  expect(closed).toBe(false);
  await world.run(1000);
  await closing;
  expect(gone.pendingBytes).toBe(0);
  expect(world.consumed().map((record) => record.text)).toEqual(['under way\n']);
});

test('a flow that closes in a hurry waits for nothing', async () => {
  const world = new ProducerWorld({ latencyMs: 500 });
  const gone = world.flow({ flow: 'gone' });
  await world.run(1000);
  gone.feed(['under way\n']);
  await world.run(200);
  await gone.sink.close(AbortSignal.abort());
  expect(gone.pendingBytes).toBe(10);
});

test('of a closed flow nothing is tried again, whatever the answer was', async () => {
  const world = new ProducerWorld({ latencyMs: 500 });
  const gone = world.flow({ flow: 'gone' });
  await world.run(1000);
  world.model.fault = (call) => (call.operation === 'PutRecords' ? { kind: 'refuse', code: 'ValidationException' } : undefined);
  gone.feed(['one\n', 'two\n']);
  await world.run(200);
  void gone.sink.close(new AbortController().signal);
  await world.run(60_000);
  expect(world.requests).toHaveLength(1);
  expect(gone.pendingBytes).toBe(8);
});

test('a stream whose last flow closed is opened anew by the next', async () => {
  const world = new ProducerWorld();
  const first = world.flow();
  await world.run(100);
  await first.sink.close(new AbortController().signal);
  await world.producer.closeUnused();
  const second = world.flow();
  second.feed(['again\n']);
  await world.run(1000);
  expect(second.pendingBytes).toBe(0);
});

test('the longer records may wait, the fuller they get', async () => {
  const ratios = new Map<string, number>();
  for (const [perSecond, bufferedMs] of [[100, 100], [100, 1000], [10_000, 100], [10_000, 1000]] as const) {
    const world = new ProducerWorld();
    const feed = world.flow({ bufferedMs });
    for (let ms = 0; ms < 10_000; ms += 10) {
      const count = Math.floor(((ms + 10) * perSecond) / 1000) - Math.floor((ms * perSecond) / 1000);
      if (count > 0) feed.feed(lines(count, 200));
      await world.run(10);
    }
    await world.run(5000);
    ratios.set(`${perSecond} at ${bufferedMs}`, (world.counts.get('UserRecordsPut') ?? 0) / (world.counts.get('KinesisRecordsPut') ?? 1));
  }
  expect(ratios.get('100 at 100')).toBeGreaterThan(9);
  expect(ratios.get('100 at 1000')).toBeGreaterThan(90);
  expect(ratios.get('10000 at 100')).toBeGreaterThan(190);
  expect(ratios.get('10000 at 1000')).toBeGreaterThan(235);
});

class FakeFirehose implements FirehosePort {
  readonly requests: string[][] = [];
  failing: (data: string) => boolean = () => false;

  async putRecordBatch(_stream: string, records: readonly OutgoingRecord[]): Promise<PutReply> {
    const texts = records.map((record) => record.data.toString('latin1', record.start, record.end));
    this.requests.push(texts);
    return {
      kind: 'answered',
      entries: texts.map((text) =>
        this.failing(text) ? { errorCode: 'ServiceUnavailableException' } : { sequenceNumber: 'record-id' },
      ),
    };
  }
}

function firehoseWorld(format: 'newline' | 'none' | 'kpl', recordBytesMax: number) {
  const sim = new SimClock();
  const clock = new ProcessClock(sim, new Life());
  const port = new FakeFirehose();
  const registry = new MetricRegistry();
  const producer = new Producer({
    clock,
    random: new SimRandom(1),
    events: { emit: () => undefined },
    metrics: registry,
    bufferBytesMax: 32 * MIB,
  });
  const sink = producer.open({
    flow: 'archive',
    target: { kind: 'firehose', port, stream: 'archive' },
    maxConnections: 24,
    requestBytesMax: limits.putRecordBatchBytesMax,
    requestRecordsMax: limits.putRecordBatchCountMax,
    settings: {
      recordMaxBufferedTimeMillis: 100,
      aggregation: { format, recordBytesMax },
      truncatedRecordTerminator: '\n',
      retryInitialBackoffMillis: 100,
      retryMaxBackoffMillis: 10_000,
    },
    oversizeRecords: 'truncate',
    plan: { kind: 'random' },
  });
  return { sim, port, feed: new FlowFeed(sink, sim), registry };
}

test('Firehose: lines are packed up to the size asked for, whole and in order', async () => {
  const { sim, port, feed } = firehoseWorld('newline', 1000);
  feed.feed([...lines(50, 150), 'no newline']);
  await sim.runUntil(1000);
  const records = port.requests.flat();
  expect(records.join('')).toBe(`${feed.lines.join('')}\n`);
  for (const record of records) expect(record.length).toBeLessThanOrEqual(1000);
  expect(records).toHaveLength(Math.ceil(50 / 6));
  expect(feed.pendingBytes).toBe(0);
  expect(feed.sink.status().name).toBe('DeliveryStream:archive');
});

test.each(['none', 'kpl'] as const)('Firehose: format %s makes one record of each line', async (format) => {
  const { sim, port, feed } = firehoseWorld(format, 51_200);
  feed.feed(lines(700, 10));
  await sim.runUntil(1000);
  expect(port.requests.flat()).toEqual(feed.lines);
  for (const request of port.requests) expect(request.length).toBeLessThanOrEqual(500);
});

test('Firehose: failed entries alone are sent again', async () => {
  const { sim, port, feed } = firehoseWorld('none', 51_200);
  let failures = 20;
  port.failing = (text) => text.startsWith('7') && (failures -= 1) > 0;
  feed.feed(lines(100, 10));
  await sim.runUntil(60_000);
  expect(feed.pendingBytes).toBe(0);
  const counts = new Map<string, number>();
  for (const text of port.requests.flat()) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const [text, count] of counts) if (!text.startsWith('7')) expect(count).toBe(1);
});

test('Firehose: no metric of a delivery stream is one of the stream of that name', async () => {
  const { sim, feed, registry } = firehoseWorld('none', 51_200);
  feed.feed(lines(10, 10));
  await sim.runUntil(1000);
  const names = registry.take().series.flatMap(({ labels }) => [labels.StreamName, labels.Destination].filter((name) => name !== undefined));
  expect([...new Set(names)]).toEqual(['DeliveryStream:archive']);
});

test('Firehose: a record over 1000 KiB is cut', async () => {
  const { sim, port, feed } = firehoseWorld('newline', 1000);
  feed.feed([`${'a'.repeat(1_100_000)}\n`]);
  await sim.runUntil(1000);
  expect(port.requests.flat().map((record) => record.length)).toEqual([limits.firehoseRecordBytesMax - 1]);
  expect(feed.pendingBytes).toBe(0);
});

test('a flow is crowded while the next request waits, and room is told of when it leaves', async () => {
  const world = new ProducerWorld({ latencyMs: 100, stream: { shards: 16 } });
  const feed = world.flow({ maxConnections: 1 });
  await world.run(500);
  feed.feed(lines(1000, 1000));
  expect(feed.sink.crowded).toBe(false);
  feed.feed(lines(1000, 1000));
  // The first request has left, and what waits is less than another one.
  expect(feed.sink.crowded).toBe(false);
  feed.feed(lines(1500, 1000));
  expect(feed.sink.crowded).toBe(true);
  const { roomCalls } = world;
  await world.run(250);
  expect(feed.sink.crowded).toBe(false);
  expect(world.roomCalls).toBeGreaterThan(roomCalls);
});

test('a flow with little to send is not crowded by one that has much, nor an ordered one by a shard that is full', async () => {
  const world = new ProducerWorld({ stream: { shards: 1 } });
  const [heavy, light, ordered] = [world.flow(), world.flow(), world.flow({ plan: keyBeforeBar })];
  await world.run(100);
  world.model.fault = (call) => (call.operation === 'PutRecords' ? { kind: 'hang', carriedOut: false } : undefined);
  for (let round = 0; round < 20; round += 1) heavy.feed(lines(1000, 1000));
  light.feed(lines(100, 1000));
  for (let round = 0; round < 20; round += 1) ordered.feed(lines(1000, 1000).map((line) => line.replace(/^..../, 'key|')));
  expect([heavy, light, ordered].map((feed) => feed.sink.crowded)).toEqual([true, false, false]);
});
