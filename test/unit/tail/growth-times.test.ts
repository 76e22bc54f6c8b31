import { expect, test } from 'vitest';
import { GrowthTimes } from '../../../src/tail/growth-times.ts';

test('a byte is as old as the first sight of it, however much was written since', () => {
  const times = new GrowthTimes();
  for (let second = 0; second < 30; second += 1) times.grew((second + 1) * 100, second * 1000, 0);
  expect(times.seenMs(0)).toBe(0);
  expect(times.seenMs(99)).toBe(0);
  expect(times.seenMs(100)).toBe(1000);
  expect(times.seenMs(2999)).toBe(29_000);
  expect(times.seenMs(3000)).toBeUndefined();
});

test('a file that was not seen to grow has nothing to be late with', () => {
  const times = new GrowthTimes();
  expect(times.seenMs(0)).toBeUndefined();
  times.grew(100, 5, 0);
  times.grew(100, 9000, 0);
  times.grew(40, 9500, 0);
  expect(times.seenMs(0)).toBe(5);
});

test('however long nothing is taken, a byte never counts as younger than it is, nor as much older', () => {
  const times = new GrowthTimes();
  const seconds = 10_000;
  for (let second = 1; second <= seconds; second += 1) times.grew(second, second * 1000, 0);
  for (let position = 0; position < seconds; position += 1) {
    const ageMs = (seconds - position - 1) * 1000;
    const told = seconds * 1000 - (times.seenMs(position) ?? 0);
    expect(told).toBeGreaterThanOrEqual(ageMs);
    expect(told).toBeLessThanOrEqual(ageMs + (seconds * 1000) / 16);
  }
});

test('what is settled is forgotten', () => {
  const times = new GrowthTimes();
  times.grew(10, 0, 0);
  times.grew(20, 5000, 0);
  times.grew(30, 9000, 20);
  expect(times.seenMs(25)).toBe(9000);
  // The oldest that is left.
  expect(times.seenMs(0)).toBe(9000);
});
