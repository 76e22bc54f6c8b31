/** What becomes of records when the service calls every request invalid for a while, and then is well again. */
import { expect, test } from 'vitest';
import type { FaultScript } from '../../support/kinesis-server/fault.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

const invalid: FaultScript = ({ operation }) => (operation === 'PutRecords' ? { kind: 'refuse', code: 'ValidationException' } : undefined);

const settings = [
  ['random keys', {}],
  ['one by one', { format: 'none' as const }],
  ['keys that promise order', { plan: keyBeforeBar }],
] as const;

test.each(settings)('the first record that is accepted brings back at once all that waited for doubt (%s)', async (_title, setting) => {
  const world = new ProducerWorld({ seed: 3 });
  const feed = world.flow(setting);
  world.model.fault = invalid;
  for (let ms = 0; ms < 60_000; ms += 250) {
    feed.feed(Array.from({ length: 10 }, (_, index) => `${index}|at ${ms}\n`));
    await world.run(250);
  }
  expect(feed.pendingBytes).toBeGreaterThan(0);
  world.model.fault = () => undefined;
  let healthyMs = 0;
  for (; feed.deliveredRecords === 0; healthyMs += 250) {
    feed.feed(['new|line\n']);
    await world.run(250);
  }
  await world.run(2000);
  expect(feed.pendingBytes).toBe(0);
  expect(feed.settled['rejected']).toBeUndefined();
  const told = world.eventNames().filter((name) => name === 'recordsDoubtful' || name === 'destinationRecovered');
  expect(told).toEqual(['recordsDoubtful', 'destinationRecovered']);
  expect(feed.sink.status()).toMatchObject({ state: 'running', waitingRecords: 0 });
});

test.each([
  { code: 'RequestTimeoutException', status: 408 },
  { code: 'RequestAbortedException', status: 400 },
  { code: 'MalformedHttpRequestException', status: 400 },
  { code: 'SomethingNew', status: 400 },
])('what does not say that a record is to blame ($code) costs no record, however often it happens', async ({ code, status }) => {
  const world = new ProducerWorld({ seed: 5 });
  const chance = world.random.fork('way');
  world.model.fault = ({ operation }) => (operation === 'PutRecords' && chance.chance(0.5) ? { kind: 'refuse', code, status } : undefined);
  const feed = world.flow({ format: 'none' });
  for (let round = 0; round < 200; round += 1) {
    feed.feed(Array.from({ length: 5 }, (_, index) => `${round}.${index}\n`));
    await world.run(200);
  }
  world.model.fault = () => undefined;
  await world.run(60_000);
  expect(feed.settled['rejected']).toBeUndefined();
  expect(feed.deliveredRecords).toBe(1000);
});

test('a lone record that was called invalid is tried again though nothing else comes', async () => {
  const world = new ProducerWorld();
  const feed = world.flow();
  world.model.fault = invalid;
  feed.feed(['alone\n']);
  await world.run(300_000);
  expect(world.eventNames()).toContain('recordsDoubtful');
  expect(world.model.calls('PutRecords', 'web')).toBeLessThan(40);
  world.model.fault = () => undefined;
  await world.run(61_000);
  expect(feed.pendingBytes).toBe(0);
  expect(world.eventNames().at(-1)).toBe('destinationRecovered');
});

test('records of one key come in order also after all were called invalid', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = new ProducerWorld({ seed, stream: { shards: 1 } });
    const feed = world.flow({ plan: keyBeforeBar });
    world.model.fault = invalid;
    for (let index = 0; index < 200; index += 1) {
      feed.feed([`k|${String(index).padStart(3, '0')}\n`]);
      await world.run(100);
    }
    // Before the service is well, it fails, or it is at its limit: records that wait for that keep their places as well.
    const codes = ['InternalFailure', 'ProvisionedThroughputExceededException'];
    world.model.fault = (call) => (call.operation === 'PutRecords' ? { kind: 'fail-entries', codeOf: () => codes[call.number % 2] } : undefined);
    await world.run(30_000);
    world.model.fault = () => undefined;
    await world.run(120_000);
    expect(feed.pendingBytes).toBe(0);
    expect(world.consumed().map(({ text }) => text)).toEqual(feed.lines);
  }
});

test('answers to requests from before a service began to call everything invalid prove nothing against later records', async () => {
  // Answers overtake each other: some answers to requests from before the fault come after the first refusals.
  for (let seed = 1; seed <= 20; seed += 1) {
    const world: ProducerWorld = new ProducerWorld({ seed, latencyMs: () => 5 + world.random.next() * 400, stream: { shards: 2 } });
    const feeds = [world.flow({ format: 'none' }), world.flow({ flow: 'keyed', plan: keyBeforeBar })];
    await world.run(2000);
    for (let ms = 0; ms < 20_000; ms += 100) {
      world.model.fault = ms >= 2000 && ms < 12_000 ? invalid : () => undefined;
      for (const feed of feeds) feed.feed(Array.from({ length: 5 }, (_, index) => `${index}|at ${ms}\n`));
      await world.run(100);
    }
    await world.run(120_000);
    for (const feed of feeds) {
      expect(feed.settled['rejected']).toBeUndefined();
      expect(feed.pendingBytes).toBe(0);
    }
  }
});

test('if a service is well for a moment and then calls everything invalid again, no record is rejected for that', async () => {
  const world = new ProducerWorld({ seed: 5 });
  const feed = world.flow({ format: 'none' });
  const isWell = (ms: number) => ms < 2000 || (ms >= 12_000 && ms < 12_050) || ms >= 22_000;
  for (let ms = 0; ms < 30_000; ms += 50) {
    world.model.fault = isWell(ms) ? () => undefined : invalid;
    feed.feed(Array.from({ length: 20 }, (_, index) => `${index} at ${ms}\n`));
    await world.run(50);
  }
  await world.run(120_000);
  expect(feed.settled['rejected']).toBeUndefined();
  expect(feed.pendingBytes).toBe(0);
});

test('an entry that alone is called invalid is left out, when the answer takes its neighbours', async () => {
  const world = new ProducerWorld();
  world.model.fault = ({ operation }) => {
    if (operation !== 'PutRecords') return undefined;
    const isBad = (record: { data: Buffer; start: number; end: number }) => record.data.subarray(record.start, record.end).includes('POISON');
    return { kind: 'fail-entries', codeOf: ({ record }) => (isBad(record) ? 'InvalidArgumentException' : undefined) };
  };
  const feed = world.flow({ format: 'none' });
  feed.feed(['one\n', 'POISON 1\n', 'POISON 2\n', 'two\n']);
  await world.run(10_000);
  expect(feed.settled['rejected']).toMatchObject({ records: 2 });
  expect(feed.pendingBytes).toBe(0);
  expect(world.eventNames()).not.toContain('recordsDoubtful');
});

test('a record that was throttled since it was called invalid is not rejected because others were accepted meanwhile', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ format: 'none' });
  world.model.fault = invalid;
  feed.feed(['victim\n', 'other\n']);
  await world.run(3000);
  // The service is well again, but throttles this one record for a long time.
  world.model.fault = ({ operation }) =>
    operation === 'PutRecords' ? { kind: 'fail-entries', codeOf: ({ record: { data, start, end } }) => (data.toString('utf8', start, end).includes('victim') ? 'ProvisionedThroughputExceededException' : undefined) } : undefined;
  for (let second = 0; second < 120; second += 1) {
    feed.feed([`line ${second}\n`]);
    await world.run(1000);
  }
  world.model.fault = invalid;
  await world.run(60_000);
  world.model.fault = () => undefined;
  await world.run(120_000);
  expect(feed.settled['rejected']).toBeUndefined();
  expect(feed.pendingBytes).toBe(0);
});
