/** What is remembered of generations that are over, and for how long. */
import { expect, test } from 'vitest';
import { FinishedGenerations } from '../../../../src/tail/generation/finished-generations.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { plainGeneration } from '../../../support/memory-files.ts';

function generationOf(number: number, sizeBytes: number, birthMs?: number): Generation {
  return plainGeneration({ number, path: '/log', inode: '7', sizeBytes, birthMs }, { state: 'finished' });
}

test('if two finished generations had one inode, the file belongs to the later one, whichever was over first', () => {
  const finished = new FinishedGenerations({ rememberMs: 1000, wallMs: () => 0 });
  const later = generationOf(2, 20);
  finished.add(later);
  finished.add(generationOf(1, 10));
  expect(finished.isIn(later.lastStat)).toBe(true);
});

test('if two finished generations had one inode and the earlier one went on in the file, the file belongs to it, and it is remembered', () => {
  const finished = new FinishedGenerations({ rememberMs: 1000, wallMs: () => 1000 });
  const wentOn = generationOf(7, 41, 2000);
  const givenUp = generationOf(12, 42, 1000);
  for (const generation of [wentOn, givenUp]) {
    finished.add(generation);
    generation.dirty = false;
  }
  expect(finished.isIn(wentOn.lastStat)).toBe(true);
  expect(finished.isIn({ ...wentOn.lastStat, birthMs: 3000 })).toBe(false);
  expect(finished.isIn({ ...wentOn.lastStat, device: '2' })).toBe(false);
  expect(finished.forget(new Set([wentOn.inodeKey]), 60_000)).toEqual([givenUp]);
});

test('if two finished generations had one inode whose file is listed, the earlier one is forgotten in its time, the later one is not', () => {
  const finished = new FinishedGenerations({ rememberMs: 1000, wallMs: () => 1000 });
  const earlier = generationOf(1, 10);
  const later = generationOf(2, 20);
  for (const generation of [earlier, later]) {
    finished.add(generation);
    generation.dirty = false;
  }
  expect(finished.forget(new Set([later.inodeKey]), 60_000)).toEqual([earlier]);
  expect([...finished]).toEqual([later]);
  expect(finished.takeRemovals()).toEqual([1]);
});
