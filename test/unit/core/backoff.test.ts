import { expect, test } from 'vitest';
import { backoffMs } from '../../../src/core/backoff.ts';

const range = { baseMs: 100, maxMs: 10_000 };
const drawing = (value: number) => ({ next: () => value, bytes: (length: number) => Buffer.alloc(length) });

test.each([
  [1, 100],
  [2, 200],
  [3, 400],
  [7, 6400],
  [8, 10_000],
  [100_000, 10_000],
])('after %i failures the wait is anything up to %i ms', (attempts, longestMs) => {
  expect(backoffMs(attempts, range, drawing(0))).toBe(1);
  expect(backoffMs(attempts, range, drawing(0.5))).toBe(1 + longestMs / 2);
  expect(backoffMs(attempts, range, drawing(1 - Number.EPSILON))).toBe(longestMs);
});

test('a wait is never nothing, so that nothing spins', () => {
  expect(backoffMs(1, { baseMs: 0, maxMs: 0 }, drawing(0.9))).toBe(1);
});
