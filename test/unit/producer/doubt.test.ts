/** What becomes of records when the service calls every request invalid for a while, and then is well again. */
import { expect, test } from 'vitest';
import type { FaultScript } from '../../support/kinesis-server/fault.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

const invalid: FaultScript = ({ operation }) => (operation === 'PutRecords' ? { kind: 'refuse', code: 'ValidationException' } : undefined);

test('what was under way when a service began to call everything invalid proves nothing against what came later', async () => {
  // Answers overtake each other: some that were asked before it began come after the first refusals.
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

test('entries that alone are called invalid are left out, in answers that take their neighbours', async () => {
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
