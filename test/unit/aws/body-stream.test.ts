import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { BodyStream } from '../../../src/aws/body-stream.ts';

const pieces = ['first ', 'second ', 'third'].map((text) => Buffer.from(text));

it('gives its pieces in order, from where they lie', async () => {
  const seen: Buffer[] = [];
  for await (const piece of new BodyStream(pieces)) seen.push(piece as Buffer);
  expect(seen.map(String)).toEqual(pieces.map(String));
  expect(seen[1]?.buffer).toBe(pieces[1]?.buffer);
});

it('abandoned, ends a request that has not had all of it', async () => {
  const request = new PassThrough({ highWaterMark: 1 });
  const body = new BodyStream(pieces);
  body.pipe(request);
  body.abandon();
  await expect(finished(request)).rejects.toThrow();
  expect(request.destroyed).toBe(true);
});

it('abandoned later, leaves alone a request that has had all of it', async () => {
  const request = new PassThrough({ autoDestroy: false });
  const body = new BodyStream(pieces);
  body.pipe(request);
  request.resume();
  await finished(request);
  body.abandon();
  expect(request.destroyed).toBe(false);
});

it('abandoned before it was sent, sends nothing', () => {
  const body = new BodyStream(pieces);
  body.abandon();
  expect(body.read()).toBeNull();
});
