import { expect, test } from 'vitest';
import { GrowthTimes } from '../../../../src/tail/content/growth-times.ts';

test('a byte is as old as the first look that saw it, however much was written since', () => {
  const times = new GrowthTimes([], undefined);
  for (let second = 0; second < 30; second += 1) times.grew((second + 1) * 100, second * 1000, 0);
  expect(times.seenMs(0)).toBe(0);
  expect(times.seenMs(99)).toBe(0);
  expect(times.seenMs(100)).toBe(1000);
  expect(times.seenMs(2999)).toBe(29_000);
  expect(times.seenMs(3000)).toBeUndefined();
});

test('bytes have a time only once the file was seen to grow, and keep it when the file shrinks', () => {
  const times = new GrowthTimes([], undefined);
  expect(times.seenMs(0)).toBeUndefined();
  times.grew(100, 5, 0);
  times.grew(100, 9000, 0);
  times.grew(40, 9500, 0);
  expect(times.seenMs(0)).toBe(5);
});

test('however long nothing is taken, a byte never counts as younger than it is, nor as much older', () => {
  const times = new GrowthTimes([], undefined);
  const seconds = 10_000;
  for (let second = 1; second <= seconds; second += 1) times.grew(second, second * 1000, 0);
  for (let position = 0; position < seconds; position += 1) {
    const ageMs = (seconds - position - 1) * 1000;
    const told = seconds * 1000 - (times.seenMs(position) ?? 0);
    expect(told).toBeGreaterThanOrEqual(ageMs);
    expect(told).toBeLessThanOrEqual(ageMs + (seconds * 1000) / 16);
  }
});

test('the times of settled bytes are forgotten', () => {
  const times = new GrowthTimes([], undefined);
  times.grew(10, 0, 0);
  times.grew(20, 5000, 0);
  times.grew(30, 9000, 20);
  expect(times.seenMs(25)).toBe(9000);
  // The oldest that is left.
  expect(times.seenMs(0)).toBe(9000);
});

test('after a restart, waiting bytes are as old as before or a little older, however many they are', () => {
  const wallMs = 1_790_000_000_000;
  const times = new GrowthTimes([], undefined);
  for (let second = 1; second <= 600; second += 1) times.grew(second * 10, second * 1000, 0);
  const waits = times.waits(1000, { nowMs: 600_000, wallMs });
  expect(waits.length).toBeLessThanOrEqual(8);
  // A new process, an hour later. Its monotonic clock begins anew, and reads 5 now.
  const restarted = new GrowthTimes(waits.map(({ end, sinceWallMs }) => ({ end, seenMs: 5 - (wallMs + 3_600_000 - sinceWallMs) })), undefined);
  for (let position = 1000; position < 6000; position += 10) {
    const ageMs = 3_600_000 + 600_000 - 1000 * (position / 10 + 1);
    const told = 5 - (restarted.seenMs(position) ?? Infinity);
    expect(told).toBeGreaterThanOrEqual(ageMs);
    expect(told).toBeLessThanOrEqual(ageMs + 600_000 / 4);
  }
  expect(restarted.seenMs(6000)).toBeUndefined();
});

test('if nothing waits, no times are stored', () => {
  const times = new GrowthTimes([], undefined);
  times.grew(100, 0, 0);
  expect(times.waits(100, { nowMs: 9, wallMs: 9 })).toEqual([]);
});

test('bytes that came to a file whose place another file took count from the last look at it, not from looks at the other file', () => {
  const remembered = new GrowthTimes([], 1000);
  remembered.looked(5000, true);
  remembered.looked(6000);
  remembered.mistook(70);
  expect(remembered.unseenSinceMs).toBe(1000);

  const followed = new GrowthTimes([], undefined);
  followed.looked(1000);
  followed.looked(2000, true);
  followed.proved();
  followed.looked(3000, true);
  followed.grew(90, 2900, 0);
  followed.looked(4000, true);
  followed.mistook(70);
  expect(followed.unseenSinceMs).toBe(2000);
});

test('if nothing changed since a look that proved the file, bytes that turn out to be of another file came when they were seen', () => {
  const times = new GrowthTimes([], undefined);
  times.looked(1000, true);
  times.proved();
  times.looked(9000);
  times.grew(90, 8000, 0);
  times.mistook(70);
  expect(times.unseenSinceMs).toBe(8000);
});

test('bytes that came to a file whose place another file took before anything new was seen there count from the last look', () => {
  const times = new GrowthTimes([], undefined);
  times.looked(4000);
  times.grew(70, 3000, 0);
  times.mistook(70);
  expect(times.unseenSinceMs).toBe(4000);
});
