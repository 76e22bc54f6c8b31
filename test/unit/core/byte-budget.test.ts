import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteBudget } from '../../../src/core/byte-budget.ts';

const never = new AbortController().signal;

test('a flow whose stream is dead cannot starve the others', () => {
  const budget = new ByteBudget(1000);
  const dead = budget.open('dead');
  const alive = budget.open('alive');
  let deadBytes = 0;
  while (budget.take(dead, 50, never) === true) deadBytes += 50;
  expect(deadBytes).toBe(750);
  expect(budget.take(alive, 250, never)).toBe(true);
  expect(budget.usedBytes).toBe(1000);
});

test('a share is as much as the longest line takes, and a part of what is left', () => {
  const budget = new ByteBudget(1000);
  const long = budget.open('long', { leastBytes: 400 });
  const others = Array.from({ length: 5 }, (_, index) => budget.open(`other ${index}`, { leastBytes: 20 }));
  expect(budget.takeBytesMax(long)).toBe(441);
  for (const other of others) while (budget.take(other, 20, never) === true);
  expect(budget.usedBytes).toBe(540);
  expect(budget.take(long, 400, never)).toBe(true);
});

test('if the longest lines of all flows take more than was set, the budget is as large as they are', () => {
  const budget = new ByteBudget(1000);
  const flows = ['a', 'b', 'c'].map((name) => budget.open(name, { leastBytes: 400 }));
  expect(budget.capacityBytes).toBe(1200);
  for (const flow of flows) expect(budget.take(flow, 400, never)).toBe(true);
  for (const flow of flows) budget.abandon(flow);
  expect(budget.capacityBytes).toBe(1000);
});

test.each([
  { title: 'it shrinks', change: (budget: ByteBudget) => budget.resize(100) },
  { title: 'flows come', change: (budget: ByteBudget) => void Array.from({ length: 9 }, (_, index) => budget.open(`more ${index}`)) },
])('a flow that waits for more than its share when $title is told at once, and may ask again', async ({ change }) => {
  const budget = new ByteBudget(1000);
  const account = budget.open('one');
  while (budget.usedBytes < 1000) expect(budget.take(account, 500, never)).toBe(true);
  const waiting = Promise.resolve(budget.take(account, 500, never));
  change(budget);
  expect(await waiting).toBe(false);
  budget.release(account, 1000);
  expect(budget.take(account, budget.takeBytesMax(account), never)).toBe(true);
});

test('when the budget grows, waiting flows are served; when it shrinks, bytes that are taken stay so until they are given back', async () => {
  const budget = new ByteBudget(100);
  const account = budget.open('one');
  expect(budget.take(account, 50, never)).toBe(true);
  expect(budget.take(account, 50, never)).toBe(true);
  const waiting = Promise.resolve(budget.take(account, 50, never));
  budget.resize(200);
  expect(await waiting).toBe(true);
  budget.resize(20);
  expect(budget.usedBytes).toBe(150);
  budget.release(account, 150);
  expect(budget.take(account, 10, never)).toBe(true);
});

test('waiting flows are served as soon as there is room, in the order in which they came', async () => {
  const budget = new ByteBudget(100);
  const account = budget.open('one');
  expect(budget.take(account, 50, never)).toBe(true);
  expect(budget.take(account, 50, never)).toBe(true);
  const order: string[] = [];
  const first = Promise.resolve(budget.take(account, 50, never)).then(() => order.push('first'));
  const second = Promise.resolve(budget.take(account, 10, never)).then(() => order.push('second'));
  budget.release(account, 50);
  await first;
  expect(order).toEqual(['first']);
  budget.release(account, 50);
  await second;
  expect(budget.usedBytes).toBe(60);
});

test('an abort ends the wait and takes nothing', async () => {
  const budget = new ByteBudget(100);
  const account = budget.open('one');
  while (budget.take(account, 50, never) === true);
  const controller = new AbortController();
  const waiting = budget.take(account, 50, controller.signal);
  controller.abort();
  expect(await waiting).toBe(false);
  expect(budget.usedBytes).toBe(100);
});

test('a flow whose destination has enough to do waits, and does not keep others waiting', async () => {
  const budget = new ByteBudget(1000);
  let full = true;
  const crowded = budget.open('crowded', { crowded: () => full });
  const other = budget.open('other');
  const waiting = Promise.resolve(budget.take(crowded, 50, never));
  expect(budget.take(other, 50, never)).toBe(true);
  budget.release(other, 50);
  budget.reconsider();
  expect(budget.usedBytes).toBe(0);
  full = false;
  budget.reconsider();
  expect(await waiting).toBe(true);
  expect(crowded.usedBytes).toBe(50);
});

test('whatever was taken and given back, it grants exactly what the rule says: the own share, or what all shares of others leave', () => {
  const step = fc.record({ flow: fc.nat(4), bytes: fc.integer({ min: 1, max: 400 }), kind: fc.constantFrom('take', 'release', 'resize') });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 }), fc.array(step, { maxLength: 60 }), (leasts, steps) => {
      const budget = new ByteBudget(1000);
      const accounts = leasts.map((leastBytes, index) => budget.open(String(index), { leastBytes }));
      for (const { flow, bytes, kind } of steps) {
        const account = accounts[flow % accounts.length] as (typeof accounts)[number];
        if (kind === 'resize') budget.resize(bytes * 5);
        else if (kind === 'release') budget.release(account, Math.min(bytes, account.usedBytes));
        else {
          const wanted = Math.min(bytes, budget.takeBytesMax(account));
          const reserved = accounts.filter((other) => other !== account).map((other) => Math.max(0, budget.takeBytesMax(other) - other.usedBytes));
          const limitBytes = account.usedBytes + wanted <= budget.takeBytesMax(account) ? budget.capacityBytes : budget.capacityBytes - sum(reserved);
          const used = sum(accounts.map((other) => other.usedBytes));
          const abort = new AbortController();
          const granted = budget.take(account, wanted, abort.signal) === true;
          abort.abort();
          expect(granted).toBe(used + wanted <= limitBytes);
        }
      }
    }),
  );
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
