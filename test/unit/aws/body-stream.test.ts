import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { BodyStream } from '../../../src/aws/wire/body-stream.ts';

/** Several slices and a rest. */
const bytes = Buffer.from(Uint8Array.from({ length: 600_000 }, (_, index) => index % 251));

it('gives the body in order, a slice at a time, from where it lies', async () => {
  const seen: Buffer[] = [];
  for await (const slice of new BodyStream(bytes)) seen.push(slice as Buffer);
  expect(seen.map((slice) => slice.length)).toEqual([262_144, 262_144, 75_712]);
  expect(Buffer.concat(seen).equals(bytes)).toBe(true);
  expect(seen[1]?.buffer).toBe(bytes.buffer);
});

it('ends at once where there is nothing', async () => {
  for await (const slice of new BodyStream(Buffer.alloc(0))) expect.unreachable(String(slice));
});

it('when abandoned, ends a request that has not had all of the body', async () => {
  const request = new PassThrough({ highWaterMark: 1 });
  const body = new BodyStream(bytes);
  body.pipe(request);
  body.abandon();
  await expect(finished(request)).rejects.toThrow();
  expect(request.destroyed).toBe(true);
});

it('when abandoned later, leaves alone a request that has had all of the body', async () => {
  const request = new PassThrough({ autoDestroy: false });
  const body = new BodyStream(bytes);
  body.pipe(request);
  request.resume();
  await finished(request);
  body.abandon();
  expect(request.destroyed).toBe(false);
});

it('when abandoned before it was sent, sends nothing', () => {
  const body = new BodyStream(bytes);
  body.abandon();
  expect(body.read()).toBeNull();
});
