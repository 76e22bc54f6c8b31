import { expect, test } from 'vitest';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

test('the last error of a destination says what the service said, without the credentials it repeats', async () => {
  const world = new ProducerWorld();
  const message = 'The Canonical String for this request should have been: x-amz-security-token:FwoGZXIvYXdzEBYaDH Signature=0123456789abcdef0123';
  world.model.fault = (call) => (call.operation === 'PutRecords' ? { kind: 'refuse', code: 'SignatureDoesNotMatch', message } : undefined);
  const feed = world.flow();
  feed.feed(['a line\n']);
  await world.run(5000);
  const { lastError } = feed.sink.status();
  expect(lastError).toContain('The Canonical String for this request');
  expect(lastError).not.toMatch(/FwoGZXIvYXdzEBYaDH|0123456789abcdef/);
});

test('where the shards cannot be listed, the status of the flows that suffer from it says so until they can', async () => {
  const world = new ProducerWorld();
  world.model.fault = ({ operation, number }) => (operation === 'ListShards' && number < 5 ? { kind: 'refuse', code: 'AccessDeniedException' } : undefined);
  const [keyed, random, packed] = [world.flow({ plan: keyBeforeBar }), world.flow({ flow: 'random' }), world.flow({ flow: 'packed', plan: keyBeforeBar, format: 'newline' })];
  await world.run(2000);
  expect(keyed.sink.status()).toMatchObject({ state: 'running', lastError: expect.stringMatching(/AccessDeniedException.*shards.*one by one/) as string });
  for (const feed of [random, packed]) expect(feed.sink.status().lastError).toBeUndefined();
  await world.run(60_000);
  expect(keyed.sink.status().lastError).toBeUndefined();
});
