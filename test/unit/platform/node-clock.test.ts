import { expect, test, vi } from 'vitest';
import { NodeClock } from '../../../src/platform/node-clock.ts';

const dayMs = 86_400_000;

test('a sleep ends when its delay is over', async () => {
  const clock = new NodeClock();
  const startedMs = clock.monotonicMs();
  await clock.sleep(5);
  expect(clock.monotonicMs() - startedMs).toBeGreaterThan(3);
});

test('a sleep ends at once when its signal aborts, before or during it', async () => {
  const clock = new NodeClock();
  await clock.sleep(dayMs, AbortSignal.abort());
  const controller = new AbortController();
  const sleeping = clock.sleep(dayMs, controller.signal);
  controller.abort();
  await sleeping;
  expect(controller.signal.aborted).toBe(true);
});

test('a cancelled timer does not fire', async () => {
  const clock = new NodeClock();
  let fired = false;
  clock.setTimer(1, () => (fired = true)).cancel();
  await clock.sleep(10);
  expect(fired).toBe(false);
});

test('a delay longer than Node can hold does not fire early', () => {
  vi.useFakeTimers();
  try {
    let fired = false;
    new NodeClock().setTimer(60 * dayMs, () => (fired = true));
    vi.advanceTimersByTime(59 * dayMs);
    expect(fired).toBe(false);
    vi.advanceTimersByTime(2 * dayMs);
    expect(fired).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test('wall time is the time of day', () => {
  expect(new NodeClock().wallMs()).toBeGreaterThan(Date.UTC(2024, 0));
});
