/** The generations that are being read: at most one for an inode. */
import { expect, test } from 'vitest';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { LiveGenerations } from '../../../../src/tail/generation/live-generations.ts';
import { plainGeneration } from '../../../support/memory-files.ts';

function generationOf(inode: string, path: string): Generation {
  return plainGeneration({ number: 1, path, inode });
}

test('a file that is read already is read by no other generation', () => {
  const live = new LiveGenerations();
  const first = generationOf('7', '/log');
  live.add(first);
  expect(() => live.add(generationOf('7', '/log.1'))).toThrow('bug: a file is read by one generation');
  expect([...live]).toEqual([first]);
  expect(live.has({ device: '1', inode: '7' })).toBe(true);
});

test('a generation that is not being read cannot take the place of the one that is', () => {
  const live = new LiveGenerations();
  const first = generationOf('7', '/log');
  live.add(first);
  live.delete(generationOf('7', '/log'));
  expect([...live]).toEqual([first]);
  live.delete(first);
  expect([...live]).toEqual([]);
});

test('a generation is found at the path where it was last seen, and only there', () => {
  const live = new LiveGenerations();
  const generation = generationOf('7', '/log');
  live.add(generation);
  expect(live.at('/log')).toBe(generation);
  live.move(generation, '/log.1');
  expect(live.at('/log')).toBeUndefined();
  expect(live.at('/log.1')).toBe(generation);
  live.delete(generation);
  expect(live.at('/log.1')).toBeUndefined();
});

test('a generation is found near the rotated names of its original log and of its present name', () => {
  const live = new LiveGenerations();
  const generation = generationOf('7', '/app.log');
  live.add(generation);
  live.move(generation, '/other.log');
  for (const path of ['/app.log.1', '/other-1.log']) expect([...live.near(path)], path).toEqual([generation]);
  live.move(generation, '/third.log');
  expect([...live.near('/other.log.1')]).toEqual([]);
  live.delete(generation);
  for (const path of ['/app.log.1', '/third.log.1']) expect([...live.near(path)], path).toEqual([]);
});
