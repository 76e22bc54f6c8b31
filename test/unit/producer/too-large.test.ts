/** What becomes of records when something on the way, such as a proxy, takes no request above a size. */
import { expect, test } from 'vitest';
import type { FaultScript } from '../../support/kinesis-server/fault.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

const BODY_BYTES_MAX = 3000;

const limited: FaultScript = ({ operation, records }) => {
  const bytes = records.reduce((sum, { start, end }) => sum + end - start, 0);
  return operation === 'PutRecords' && bytes > BODY_BYTES_MAX ? { kind: 'page', status: 413 } : undefined;
};
const line = (id: string, bytes: number) => `${id}|`.padEnd(bytes - 1, '.') + '\n';

test.each([
  ['aggregated', {}],
  ['one by one', { format: 'none' as const }],
])('requests and aggregates that are too large go in parts (%s)', async (_title, setting) => {
  const world = new ProducerWorld();
  const feed = world.flow(setting);
  world.model.fault = limited;
  feed.feed(Array.from({ length: 200 }, (_, index) => line(String(index), 200)));
  await world.run(10_000);
  expect(feed.pendingBytes).toBe(0);
  expect(feed.deliveredRecords).toBe(200);
  expect(world.eventNames()).not.toContain('requestTooLarge');
});

test('one record that is too large waits until the limit is raised, however many others are accepted, and is reported', async () => {
  const world = new ProducerWorld();
  const feed = world.flow();
  const other = world.flow({ flow: 'other' });
  world.model.fault = limited;
  feed.feed([line('large', 5000)]);
  for (let second = 0; second < 120; second += 1) {
    feed.feed([line(String(second), 100)]);
    await world.run(1000);
  }
  expect(feed.deliveredRecords).toBe(120);
  expect(feed.settled['rejected']).toBeUndefined();
  expect(feed.pendingBytes).toBe(5000);
  expect(world.events.find(({ name }) => name === 'requestTooLarge')?.fields).toMatchObject({ bytes: 5000, code: 'RequestEntityTooLarge', hint: expect.stringContaining('requestBytesMax') });
  expect(world.eventNames().filter((name) => name === 'requestTooLarge')).toHaveLength(1);
  expect(feed.sink.status()).toMatchObject({ state: 'blocked', lastError: expect.stringContaining('RequestEntityTooLarge') as string });
  // The same stream takes everything of another flow.
  expect(other.sink.status()).toMatchObject({ state: 'running' });
  expect(other.sink.status().lastError).toBeUndefined();
  // One call a second that is taken, and calls that are refused, ever more rarely.
  expect(world.model.calls('PutRecords', 'web')).toBeLessThan(150);
  world.model.fault = () => undefined;
  await world.run(61_000);
  expect(feed.pendingBytes).toBe(0);
  expect(feed.sink.status()).toMatchObject({ state: 'running' });
});

test('where order is promised, records after a too large one wait with it', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ plan: keyBeforeBar });
  world.model.fault = limited;
  feed.feed([line('a', 5000), line('a', 100), line('b', 100)]);
  await world.run(30_000);
  expect(feed.pendingBytes).toBe(5100);
  world.model.fault = () => undefined;
  await world.run(61_000);
  expect(feed.pendingBytes).toBe(0);
});

test('a way that takes nothing at all is asked once in a while, not for every record on its own', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ format: 'none' });
  world.model.fault = ({ operation }) => (operation === 'PutRecords' ? { kind: 'page', status: 413 } : undefined);
  feed.feed(Array.from({ length: 500 }, (_, index) => line(String(index), 100)));
  await world.run(60_000);
  expect(world.model.calls('PutRecords', 'web')).toBeLessThan(400);
  world.model.fault = () => undefined;
  await world.run(61_000);
  expect(feed.pendingBytes).toBe(0);
});

test('requests stay smaller than those that were too large lately', async () => {
  const world = new ProducerWorld();
  const feed = world.flow({ format: 'none' });
  let refused = 0;
  world.model.fault = ({ operation, records }) => {
    const bytes = records.reduce((sum, { start, end }) => sum + end - start, 0);
    if (operation !== 'PutRecords' || bytes <= 700_000) return undefined;
    refused += 1;
    return { kind: 'page', status: 413 };
  };
  for (let second = 0; second < 120; second += 1) {
    feed.feed(Array.from({ length: 40 }, (_, index) => line(`${second}-${index}`, 50_000)));
    await world.run(1000);
  }
  await world.run(10_000);
  expect(feed.pendingBytes).toBe(0);
  expect(refused).toBeLessThan(10);
});

test('records that were too large are sent again when the limit is raised, even if the shards changed meanwhile', async () => {
  const world = new ProducerWorld();
  const feed = world.flow();
  world.model.fault = limited;
  feed.feed([line('large', 5000)]);
  await world.run(20_000);
  world.stream.split(world.stream.openShards[0]?.shardId ?? '', 2n ** 100n);
  world.model.fault = () => undefined;
  for (let second = 0; second < 90; second += 1) {
    feed.feed([line(String(second), 100)]);
    await world.run(1000);
  }
  expect(feed.pendingBytes).toBe(0);
  expect(feed.sink.status()).toMatchObject({ state: 'running' });
});
