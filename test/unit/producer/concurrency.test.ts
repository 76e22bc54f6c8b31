import { expect, test } from 'vitest';
import { Concurrency } from '../../../src/producer/sending/concurrency.ts';

/** Sends without pause through a way that answers after `wayMs` and carries one request each `eachMs`. */
function saturate(concurrency: Concurrency, way: { wayMs: number; eachMs: number; untilMs: number }): { sent: number; limits: number[] } {
  const underWay: { sentMs: number; doneMs: number; full: boolean }[] = [];
  const limits: number[] = [];
  let nowMs = 0;
  let freeMs = 0;
  let sent = 0;
  while (nowMs < way.untilMs) {
    while (underWay.length < concurrency.limit) {
      freeMs = Math.max(freeMs, nowMs) + way.eachMs;
      underWay.push({ sentMs: nowMs, doneMs: freeMs + way.wayMs, full: underWay.length + 1 === concurrency.limit });
      sent += 1;
    }
    const next = underWay.shift();
    if (next === undefined) break;
    nowMs = next.doneMs;
    concurrency.answered({ sentMs: next.sentMs, nowMs, full: next.full });
    limits.push(concurrency.limit);
  }
  return { sent, limits };
}

test('a slow way that carries everything is used with every connection', () => {
  const concurrency = new Concurrency(24);
  saturate(concurrency, { wayMs: 100, eachMs: 0.1, untilMs: 20_000 });
  expect(concurrency.limit).toBe(24);
});

test('requests that would only wait are not sent: few are under way, and as much gets through', () => {
  const concurrency = new Concurrency(24);
  const { sent, limits } = saturate(concurrency, { wayMs: 2, eachMs: 10, untilMs: 60_000 });
  expect(Math.max(...limits.slice(-100))).toBeLessThanOrEqual(6);
  expect(sent).toBeGreaterThan(0.98 * (60_000 / 10));
});

test('the limit finds how many requests fill a way in between', () => {
  const concurrency = new Concurrency(24);
  const { sent } = saturate(concurrency, { wayMs: 50, eachMs: 5, untilMs: 60_000 });
  expect(concurrency.limit).toBeGreaterThanOrEqual(10);
  expect(concurrency.limit).toBeLessThanOrEqual(16);
  expect(sent).toBeGreaterThan(0.95 * (60_000 / 5));
});

test('the limit is never above the number of connections, even if there is only one', () => {
  const concurrency = new Concurrency(1);
  saturate(concurrency, { wayMs: 10, eachMs: 10, untilMs: 1000 });
  expect(concurrency.limit).toBe(1);
});

test('while nothing was held back, the limit stays', () => {
  const concurrency = new Concurrency(24);
  const before = concurrency.limit;
  for (let nowMs = 0; nowMs < 1000; nowMs += 10) concurrency.answered({ sentMs: nowMs - 5, nowMs, full: false });
  expect(concurrency.limit).toBe(before);
});
