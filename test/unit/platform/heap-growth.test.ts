import { expect, test } from 'vitest';
import { keepHeapSmall } from '../../../src/platform/heap-growth.ts';

test('the garbage of the start is collected once, some time later, and not at all if the process ends before', () => {
  const timers: { readonly delayMs: number; readonly callback: () => void }[] = [];
  let cancelled = 0;
  const timer = keepHeapSmall({
    setTimer: (delayMs, callback) => {
      timers.push({ delayMs, callback });
      return { cancel: () => (cancelled += 1) };
    },
  });
  expect(timers.map(({ delayMs }) => delayMs)).toEqual([10_000]);
  // Without --expose-gc there is nothing to call.
  expect(() => timers[0]?.callback()).not.toThrow();
  timer.cancel();
  expect(cancelled).toBe(1);
});
