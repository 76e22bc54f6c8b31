/** The generations being read: one an inode. */
import { expect, test } from 'vitest';
import { EMPTY_HEAD } from '../../../src/tail/file-identity.ts';
import { Generation } from '../../../src/tail/generation.ts';
import { LiveGenerations } from '../../../src/tail/live-generations.ts';

function generationOf(inode: string, path: string): Generation {
  return new Generation({
    flow: 'flow',
    number: 1,
    path,
    originalPath: path,
    stat: { kind: 'file', device: '1', inode, sizeBytes: 0, modifiedMs: 0, linkCount: 1 },
    head: EMPTY_HEAD,
    offset: 0,
    marker: Buffer.alloc(0),
    state: 'active',
    storage: 'plain',
    nowMs: 0,
    unreadSinceMs: 0,
    rowWallMs: 0,
  }, () => undefined);
}

test('a file that is read already is read by no other generation', () => {
  const live = new LiveGenerations();
  const first = generationOf('7', '/log');
  live.add(first);
  expect(() => live.add(generationOf('7', '/log.1'))).toThrow('bug: a file is read by one generation');
  expect([...live]).toEqual([first]);
  expect(live.has({ device: '1', inode: '7' })).toBe(true);
});

test('whoever is not read cannot take the place of the one that is', () => {
  const live = new LiveGenerations();
  const first = generationOf('7', '/log');
  live.add(first);
  live.delete(generationOf('7', '/log'));
  expect([...live]).toEqual([first]);
  live.delete(first);
  expect([...live]).toEqual([]);
});

test('a generation is found where it was seen last, and only there', () => {
  const live = new LiveGenerations();
  const generation = generationOf('7', '/log');
  live.add(generation);
  expect(live.at('/log')).toBe(generation);
  generation.path = '/log.1';
  live.placed(generation);
  expect(live.at('/log')).toBeUndefined();
  expect(live.at('/log.1')).toBe(generation);
  live.delete(generation);
  expect(live.at('/log.1')).toBeUndefined();
});
