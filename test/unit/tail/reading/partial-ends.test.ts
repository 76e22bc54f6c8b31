/** When an unfinished line or group at the end of a file is sent as it is. */
import { expect, test } from 'vitest';
import { PartialEnds } from '../../../../src/tail/reading/partial-ends.ts';
import { memoryGeneration } from '../../../support/memory-files.ts';

const GROWN_MS = 1000;

async function waiting(state: 'active' | 'rotated') {
  const generation = await memoryGeneration('line\npart of a line', { offset: 5 });
  generation.state = state;
  generation.partial = true;
  generation.quietFrom(GROWN_MS);
  return generation;
}

test.each([
  { title: 'a line of a file that is written', state: 'active', timeoutMs: undefined, atMs: 1e9, order: 'none' },
  { title: 'a line of a rotated file', state: 'rotated', timeoutMs: undefined, atMs: GROWN_MS + 4999, order: 'none' },
  { title: 'a line of a rotated file', state: 'rotated', timeoutMs: undefined, atMs: GROWN_MS + 5000, order: 'end' },
  { title: 'a group, before its time-out', state: 'active', timeoutMs: 200, atMs: GROWN_MS + 199, order: 'none' },
  { title: 'a group', state: 'active', timeoutMs: 200, atMs: GROWN_MS + 200, order: 'group' },
  { title: 'a group of a rotated file', state: 'rotated', timeoutMs: 200, atMs: GROWN_MS + 5000, order: 'end' },
] as const)('$title, at $atMs ms: $order', async ({ state, timeoutMs, atMs, order }) => {
  const ends = new PartialEnds(timeoutMs);
  const generation = await waiting(state);
  ends.add(generation);
  expect(await ends.cutOrder(generation, atMs)).toBe(order);
  expect(ends.takeDue(atMs)).toEqual(order === 'none' ? [] : [generation]);
});

test('an end that was due and still waits is tried again a second later; a group with an unfinished line only when its file has ended', async () => {
  const ends = new PartialEnds(200);
  const generation = await waiting('rotated');
  ends.add(generation);
  ends.tried(generation, 'group', GROWN_MS + 200);
  expect(ends.dueMs).toBe(GROWN_MS + 5000);
  ends.failed(generation, GROWN_MS + 4500);
  expect(ends.dueMs).toBe(GROWN_MS + 5500);
});

test('a file with nothing left at its end is forgotten', async () => {
  const ends = new PartialEnds(200);
  const generation = await waiting('active');
  ends.add(generation);
  generation.partial = false;
  expect(ends.takeDue(GROWN_MS)).toEqual([]);
  expect(ends.isEmpty).toBe(true);
  expect(ends.dueMs).toBe(Infinity);
});
