import { expect, test } from 'vitest';
import { ConnectionSlots } from '../../../src/producer/sending/connection-slots.ts';

function user(called: string[], name: string) {
  return { onSlot: () => called.push(name) };
}

/** One slot, which `a` has, and for which `b` and then `c` wait. */
function queue() {
  const called: string[] = [];
  const slots = new ConnectionSlots(1);
  const users = { a: user(called, 'a'), b: user(called, 'b'), c: user(called, 'c') };
  slots.take(users.a);
  slots.take(users.b);
  slots.take(users.c);
  return { slots, called, ...users };
}

test('no more slots than there are', () => {
  const slots = new ConnectionSlots(2);
  const a = user([], 'a');
  expect([slots.take(a), slots.take(a), slots.take(a)]).toEqual([true, true, false]);
  expect(slots.used).toBe(2);
});

test('a slot that is given back goes to whoever has waited longest, one slot in each turn', () => {
  const { slots, called, a, b } = queue();
  expect(slots.take(a)).toBe(false);
  slots.release();
  expect(called).toEqual(['b']);
  expect(slots.take(a)).toBe(false);
  expect(slots.take(b)).toBe(true);
  expect(slots.take(b)).toBe(false);
  slots.release();
  expect(called).toEqual(['b', 'c']);
});

test('a waiter that leaves is passed over', () => {
  const { slots, called, b, c } = queue();
  slots.leave(b);
  slots.release();
  expect(called).toEqual(['c']);
  expect(slots.take(c)).toBe(true);
});

test('a waiter that is called and no longer wants the slot hands it on', () => {
  const { slots, called, b } = queue();
  slots.release();
  slots.leave(b);
  expect(called).toEqual(['b', 'c']);
});

test('a slot that nobody has cannot be given back', () => {
  expect(() => new ConnectionSlots(1).release()).toThrow('bug:');
});
