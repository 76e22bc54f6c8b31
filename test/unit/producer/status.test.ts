import { expect, test } from 'vitest';
import { ProducerWorld } from './producer-world.ts';

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
