import { expect, test } from 'vitest';
import type { Fault, FaultScript } from '../../support/kinesis-server/fault.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

function onPut(script: (number: number, call: Parameters<FaultScript>[0]) => Fault | undefined): FaultScript {
  return (call) => (call.operation === 'PutRecords' ? script(call.number, call) : undefined);
}

function lines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index % 7}|line ${index}\n`);
}

test.each<[string, Fault, repeats: boolean]>([
  ['a refused connection', { kind: 'cut' }, false],
  ['an internal failure', { kind: 'refuse', code: 'InternalFailure' }, false],
  ['expired credentials', { kind: 'refuse', code: 'ExpiredTokenException' }, false],
  ['a whole request throttled', { kind: 'refuse', code: 'ProvisionedThroughputExceededException' }, false],
  ['a page of a proxy', { kind: 'page', status: 502 }, false],
  ['an answer that is lost', { kind: 'lose-answer' }, true],
  ['a call that hangs', { kind: 'hang', carriedOut: true }, true],
  ['an answer that is too short', { kind: 'short-answer', missing: 1 }, true],
])('%s, a few times: sent again until accepted', async (_title, fault, repeats) => {
  const world = new ProducerWorld();
  world.model.fault = onPut((number) => (number <= 4 ? fault : undefined));
  const feed = world.flow({ recordBytesMax: 500 });
  feed.feed(lines(100));
  await world.run(120_000);
  expect(feed.pendingBytes).toBe(0);
  expect(feed.deliveredRecords).toBe(100);
  const consumed = world.consumed().map((record) => record.text);
  expect(new Set(consumed)).toEqual(new Set(feed.lines));
  if (!repeats) expect(consumed).toHaveLength(100);
});

test('a lone call that failed is made again although nothing else happens', async () => {
  const world = new ProducerWorld();
  world.model.fault = onPut((number) => (number <= 3 ? { kind: 'cut' } : undefined));
  const feed = world.flow();
  feed.feed(['alone\n']);
  await world.run(30_000);
  expect(feed.pendingBytes).toBe(0);
});

test('even if the service refuses for a whole day, no record is dropped for its age', async () => {
  const codes = ['InternalFailure', 'ProvisionedThroughputExceededException', 'AccessDeniedException', 'ExpiredTokenException'];
  const world = new ProducerWorld();
  world.model.fault = onPut((number) => ({ kind: 'refuse', code: codes[number % codes.length] ?? '' }));
  const feeds = [world.flow(), world.flow({ flow: 'keyed', plan: keyBeforeBar }), world.flow({ flow: 'single', format: 'none' })];
  for (const feed of feeds) feed.feed(lines(100));
  await world.run(86_400_000);
  for (const feed of feeds) expect(feed.settled).toEqual({});
  world.model.fault = () => undefined;
  await world.run(61_000);
  for (const feed of feeds) expect(feed.deliveredRecords).toBe(100);
  expect(world.consumed()).toHaveLength(300);
});

test('requests whose answer was lost are counted as possible repeats', async () => {
  const world = new ProducerWorld();
  world.model.fault = onPut((number) => (number <= 2 ? { kind: 'lose-answer' } : undefined));
  const feed = world.flow();
  feed.feed(lines(10));
  await world.run(60_000);
  expect(world.counts.get('AmbiguousSends')).toBe(2);
  expect(feed.pendingBytes).toBe(0);
});

test('while nothing answers, one call at a time tries, ever more rarely', async () => {
  const world = new ProducerWorld();
  world.model.fault = onPut(() => ({ kind: 'cut' }));
  const feed = world.flow({ format: 'none' });
  feed.feed(lines(5000));
  await world.run(60_000);
  const before = world.model.calls('PutRecords', 'web');
  await world.run(600_000);
  const calls = world.model.calls('PutRecords', 'web') - before;
  // Waits are uniform up to 10 s.
  expect(calls).toBeLessThan(600 / 2);
  expect(calls).toBeGreaterThan(600 / 12);
  expect(feed.sink.status().state).toBe('backing-off');
  expect(world.eventNames().filter((name) => name === 'destinationFailing')).toHaveLength(1);
  world.model.fault = () => undefined;
  await world.run(30_000);
  expect(feed.pendingBytes).toBe(0);
  expect(world.eventNames()).toContain('destinationRecovered');
});

test.each([
  ['AccessDeniedException'],
  ['ResourceNotFoundException'],
  ['KMSDisabledException'],
  ['KMSNotFoundException'],
  ['KMSAccessDeniedException'],
])('%s: the stream pauses with one error, and goes on when it is put right', async (code) => {
  const world = new ProducerWorld();
  world.model.fault = onPut(() => ({ kind: 'refuse', code }));
  const feed = world.flow();
  feed.feed(lines(2000));
  await world.run(600_000);
  expect(world.eventNames().filter((name) => name === 'destinationBlocked')).toHaveLength(1);
  expect(feed.sink.status()).toMatchObject({ state: 'blocked' });
  expect(feed.sink.status().lastError).toContain(code);
  expect(world.model.calls('PutRecords', 'web')).toBeLessThan(60);
  expect(feed.pendingBytes).toBeGreaterThan(0);
  world.model.fault = () => undefined;
  await world.run(61_000);
  expect(feed.pendingBytes).toBe(0);
  expect(feed.sink.status().state).toBe('running');
});

/** Refuses every request that has `poison` in it, as the service does with a record that breaks a rule. */
function poisoned(poison: string): FaultScript {
  return onPut((_number, { records }) =>
    records.some((record) => record.data.includes(poison) && record.data.subarray(record.start, record.end).includes(poison))
      ? { kind: 'refuse', code: 'ValidationException', message: 'a record is bad' }
      : undefined,
  );
}

test.each([
  ['random keys', { recordBytesMax: 300 }],
  ['one aggregate', {}],
  ['one by one', { format: 'none' as const }],
  ['lines', { format: 'newline' as const, recordBytesMax: 300 }],
  ['keys that promise order', { plan: keyBeforeBar, recordBytesMax: 300 }],
  ['one key', { plan: { kind: 'per-batch' as const, keyOf: () => 'k' }, recordBytesMax: 300 }],
])('one bad record is left out, counted and shown; its neighbours go on (%s)', async (_title, setting) => {
  for (const place of [0, 37, 99]) {
    const world = new ProducerWorld();
    world.model.fault = poisoned('POISON');
    const feed = world.flow(setting);
    const given = lines(100);
    given[place] = `3|POISON ${place}\n`;
    feed.feed(given);
    await world.run(60_000);
    feed.feed(['3|later\n']);
    await world.run(60_000);
    expect(feed.settled['rejected']).toEqual({ bytes: (given[place] ?? '').length, records: 1 });
    expect(feed.pendingBytes).toBe(0);
    const rejected = world.events.filter((event) => event.name === 'recordRejected');
    expect(rejected).toHaveLength(1);
    expect(rejected[0]?.fields['firstBytes']).toContain(`POISON ${place}`);
    const all = world.consumed().map((record) => record.text).join('');
    for (const line of given) if (!line.includes('POISON')) expect(all).toContain(line);
    expect(all).not.toContain('POISON');
  }
});

test('when every record is called invalid, none is dropped', async () => {
  const world = new ProducerWorld();
  world.model.fault = onPut(() => ({ kind: 'refuse', code: 'ValidationException' }));
  const feed = world.flow({ recordBytesMax: 300 });
  const keyed = world.flow({ flow: 'keyed', plan: keyBeforeBar, recordBytesMax: 300 });
  feed.feed(lines(50));
  keyed.feed(lines(50));
  await world.run(3_600_000);
  expect(feed.settled['rejected'] ?? keyed.settled['rejected']).toBeUndefined();
  expect(world.eventNames()).toContain('recordsDoubtful');
  expect(feed.sink.status().state).toBe('blocked');
  // Until no request is under way: the records then wait, set aside.
  while (feed.sink.status().inFlightRequests > 0) await world.run(1);
  for (const flow of [feed, keyed]) expect(flow.sink.status().waitingRecords).toBe(50);
  expect(world.model.calls('PutRecords', 'web')).toBeLessThan(20_000);
  world.model.fault = () => undefined;
  await world.run(130_000);
  expect(feed.pendingBytes + keyed.pendingBytes).toBe(0);
  expect(feed.deliveredRecords + keyed.deliveredRecords).toBe(100);
});

test('on a line too slow for full requests they shrink until they get through', async () => {
  const bytesPerMs = 50;
  const world = new ProducerWorld({ requestTimeoutMs: 6000 });
  world.model.fault = onPut((_number, { records }) => {
    const bytes = records.reduce((sum, record) => sum + record.end - record.start, 0);
    if (bytes / bytesPerMs > 6000) return { kind: 'hang', carriedOut: false };
    return { kind: 'slow', delayMs: bytes / bytesPerMs };
  });
  const feed = world.flow({ maxConnections: 1 });
  feed.feed(Array.from({ length: 16_000 }, (_, index) => `${index} ${'z'.repeat(150)}\n`));
  await world.run(300_000);
  expect(feed.pendingBytes).toBe(0);
});

test('after close nothing is sent, and nothing is settled', async () => {
  const world = new ProducerWorld();
  const feed = world.flow();
  feed.feed(lines(10));
  await world.producer.close();
  await world.run(10_000);
  expect(world.requests).toHaveLength(0);
  expect(feed.pendingBytes).toBe(feed.lines.join('').length);
});

test('the stream cannot be described: records go all the same, with one warning', async () => {
  const world = new ProducerWorld();
  world.model.fault = (call) =>
    call.operation === 'DescribeStreamSummary' ? { kind: 'refuse', code: 'AccessDeniedException' } : undefined;
  const feed = world.flow();
  feed.feed(lines(10));
  await world.run(1000);
  expect(feed.pendingBytes).toBe(0);
  await world.run(3_000_000);
  expect(world.eventNames().filter((name) => name === 'streamFactsUnknown')).toHaveLength(1);
});

test('a record that is cut to a limit that is only assumed is told as such', async () => {
  const world = new ProducerWorld({ stream: { shards: 1, recordBytesMax: 10 * 1024 * 1024 } });
  world.model.fault = ({ operation }) => (operation === 'DescribeStreamSummary' ? { kind: 'refuse', code: 'AccessDeniedException' } : undefined);
  const feed = world.flow();
  await world.run(5000);
  feed.feed([`${'x'.repeat(2_000_000)}\n`]);
  world.model.fault = () => undefined;
  await world.run(600_000);
  feed.feed([`${'x'.repeat(12_000_000)}\n`]);
  expect(world.events.filter(({ name }) => name === 'recordOversize').map(({ fields }) => fields['isAssumed'])).toEqual([true, false]);
});

test('a record that no stream takes, read before the stream is described, is not told as one that lacks a permission', async () => {
  const world = new ProducerWorld({ stream: { shards: 1, recordBytesMax: 10 * 1024 * 1024 } });
  const feed = world.flow();
  feed.feed([`${'x'.repeat(12_000_000)}\n`]);
  await world.run(5000);
  expect(world.events.filter(({ name }) => name === 'recordOversize').map(({ fields }) => fields['isAssumed'])).toEqual([false]);
});

test('a record too large for the stream is cut once the stream is described', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ oversizeRecords: 'truncate' });
  feed.feed([`${'a'.repeat(2 * 1024 * 1024)}\n`, 'small\n']);
  await world.run(2000);
  expect(feed.pendingBytes).toBe(0);
  const texts = world.consumed().map((record) => record.text).sort((left, right) => right.length - left.length);
  expect(texts[0]?.length).toBe(1024 * 1024 - 8);
  expect(texts[0]?.endsWith('a\n')).toBe(true);
  expect(feed.settled['oversize']).toMatchObject({ records: 1 });
});

test('a stream for larger records gets them whole', async () => {
  const world = new ProducerWorld({ stream: { shards: 1, recordBytesMax: 4 * 1024 * 1024 } });
  const feed = world.flow();
  const large = `${'a'.repeat(2 * 1024 * 1024)}\n`;
  feed.feed([large]);
  await world.run(2000);
  expect(world.consumed().map((record) => record.text.length)).toEqual([large.length]);
});
