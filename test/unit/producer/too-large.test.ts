/** What becomes of records when something on the way, a proxy for one, takes no request above a size. */
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

test('one record that is too large waits until the limit is raised, however many others are accepted, and that is told', async () => {
  const world = new ProducerWorld();
  const feed = world.flow();
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
  // Tried ever more rarely, and nothing else with it each time it was refused.
  expect(world.model.calls('PutRecords', 'web')).toBeLessThan(200);
  world.model.fault = () => undefined;
  await world.run(61_000);
  expect(feed.pendingBytes).toBe(0);
});

test('where order is promised, what comes after it waits with it', async () => {
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
