/** What is reported while a stream takes nothing, whether it answers or not. */
import { expect, test } from 'vitest';
import type { Fault } from '../../support/kinesis-server/fault.ts';
import { events } from '../../../src/telemetry/events.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

const failed: Fault = { kind: 'fail-entries', codeOf: () => 'InternalFailure' };
const throttled: Fault = { kind: 'fail-entries', codeOf: () => 'ProvisionedThroughputExceededException' };

function worldWith(fault: () => Fault | undefined) {
  const world = new ProducerWorld();
  world.model.fault = ({ operation }) => (operation === 'PutRecords' ? fault() : undefined);
  const feed = world.flow({ format: 'none' });
  const told = () => world.events.filter(({ name }) => name.startsWith('destination'));
  const pourFor = async (seconds: number) => {
    for (let ms = 0; ms < seconds * 1000; ms += 100) {
      feed.feed([`line at ${world.nowMs}\n`]);
      await world.run(100);
    }
  };
  return { world, feed, told, pourFor };
}

test('answers that accept no record are reported once they go on for a while, and so is their end', async () => {
  let fault: Fault | undefined = failed;
  const { world, feed, told, pourFor } = worldWith(() => fault);
  await pourFor(12);
  expect(told().map(({ name }) => name)).toEqual(['destinationFailing']);
  expect(feed.sink.status()).toMatchObject({ state: 'backing-off', lastError: expect.stringContaining('InternalFailure') as string });
  const sentence = events.destinationFailing.message(told()[0]?.fields as Parameters<typeof events.destinationFailing.message>[0]);
  expect(sentence).toMatch(/requests to KinesisStream:web in a row failed \(InternalFailure: .+\): the service answers and takes no record: /);
  fault = undefined;
  await pourFor(12);
  await world.run(1000);
  expect(told().map(({ name }) => name)).toEqual(['destinationFailing', 'destinationRecovered']);
  expect(feed.pendingBytes).toBe(0);
});

test('a service that answers and fails every record is asked once in a while, not for every record on its own', async () => {
  let fault: Fault | undefined = failed;
  const { world, feed } = worldWith(() => fault);
  feed.feed(Array.from({ length: 5000 }, (_, index) => `line ${index}\n`));
  await world.run(30_000);
  expect(world.model.calls('PutRecords', 'web')).toBeLessThan(100);
  fault = undefined;
  await world.run(15_000);
  expect(feed.pendingBytes).toBe(0);
});

test('while one shard fails every record, those for another leave within a second', async () => {
  const world = new ProducerWorld();
  world.model.fault = ({ operation }) => (operation === 'PutRecords' ? { kind: 'fail-entries', codeOf: ({ record }) => (record.partitionKey === 'sick' ? 'InternalFailure' : undefined) } : undefined);
  const feed = world.flow({ plan: keyBeforeBar });
  feed.feed(['sick|1\n']);
  await world.run(120_000);
  feed.feed(['well|1\n']);
  await world.run(1500);
  expect(feed.deliveredRecords).toBe(1);
});

test('records that fail for a moment, or beside others that are accepted, are not reported', async () => {
  let share = 1;
  const { world, feed, told, pourFor } = worldWith(() => ({ kind: 'fail-entries', codeOf: ({ record }) => (record.partitionKey.charCodeAt(0) % 10 < share * 10 ? 'InternalFailure' : undefined) }));
  await pourFor(2);
  share = 0.3;
  await pourFor(60);
  share = 0;
  await pourFor(10);
  await world.run(1000);
  expect(told()).toEqual([]);
  expect(feed.pendingBytes).toBe(0);
});

test('an answer that takes nothing is not the end of an outage', async () => {
  let fault: Fault | undefined = { kind: 'refuse', code: 'AccessDeniedException' };
  const { told, pourFor, feed } = worldWith(() => fault);
  await pourFor(30);
  fault = throttled;
  await pourFor(120);
  expect(told().map(({ name }) => name)).toEqual(['destinationBlocked']);
  expect(feed.sink.status().state).toBe('throttled');
  fault = undefined;
  await pourFor(60);
  expect(told().map(({ name }) => name)).toEqual(['destinationBlocked', 'destinationRecovered']);
});

test('a request that was called invalid was answered: the stream is not away any more', async () => {
  let fault: Fault | undefined = { kind: 'refuse', code: 'AccessDeniedException' };
  const { told, pourFor, feed } = worldWith(() => fault);
  await pourFor(30);
  fault = { kind: 'refuse', code: 'ValidationException' };
  await pourFor(120);
  expect(feed.sink.status().lastError).toContain('ValidationException');
  expect(told().map(({ name }) => name)).toEqual(['destinationBlocked']);
});

test.each<[string, Fault, string]>([
  ['a stream that is blocked', { kind: 'refuse', code: 'AccessDeniedException' }, 'destinationBlocked'],
  ['a stream that calls everything invalid', { kind: 'refuse', code: 'ValidationException' }, 'recordsDoubtful'],
])('an answer to a request from before is not the end of trouble that began since (%s)', async (_title, fault, name) => {
  let began = false;
  const world = new ProducerWorld();
  // The first request is taken, and answered late.
  world.model.fault = ({ operation, number }) => {
    if (operation !== 'PutRecords') return undefined;
    if (number === 1) return { kind: 'slow', delayMs: 5000 };
    return began ? fault : undefined;
  };
  const feed = world.flow({ format: 'none' });
  const told = () => world.eventNames().filter((other) => other === name || other === 'destinationRecovered');
  feed.feed(['first\n']);
  await world.run(1000);
  began = true;
  for (let ms = 0; ms < 20_000; ms += 100) {
    feed.feed([`line at ${ms}\n`]);
    await world.run(100);
  }
  expect(feed.deliveredRecords).toBe(1);
  expect(told()).toEqual([name]);
  began = false;
  await world.run(61_000);
  expect(told()).toEqual([name, 'destinationRecovered']);
  expect(feed.pendingBytes).toBe(0);
  expect(feed.sink.status().state).toBe('running');
});
