/** The last bytes that were read before the position. */
import { expect, test } from 'vitest';
import { NearBytes } from '../../../../src/tail/content/near-bytes.ts';

const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => `${index}\n`).join(''));

test('nothing is known at first, and everything fits', () => {
  const near = new NearBytes();
  expect(near.lengthBytes).toBe(0);
  expect(near.fit(bytes, 0)).toBe(true);
  expect(near.fit(bytes, 100)).toBe(true);
});

test.each([
  { start: 0, end: 40, lengthBytes: 40 },
  { start: 0, end: 3000, lengthBytes: 1024 },
  { start: 2900, end: 3000, lengthBytes: 100 },
  { start: 10, end: 10, lengthBytes: 0 },
])('of bytes $start to $end at most the last kibibyte is known, and every byte of it counts', ({ start, end, lengthBytes }) => {
  const near = new NearBytes();
  near.take(bytes, start, end);
  expect(near.lengthBytes).toBe(lengthBytes);
  expect(near.fit(bytes, end)).toBe(true);
  const other = Buffer.from(bytes);
  for (let at = end - lengthBytes; at < end; at += 1) {
    other[at] = (other[at] ?? 0) ^ 1;
    expect(near.fit(other, end)).toBe(false);
    other[at] = (other[at] ?? 0) ^ 1;
  }
  near.forget();
  expect(near.fit(other, 0)).toBe(true);
});
