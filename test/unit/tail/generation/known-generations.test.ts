/** Generations by the files from which they were read. */
import { expect, test } from 'vitest';
import type { FileStat } from '../../../../src/core/ports.ts';
import { KnownGenerations } from '../../../../src/tail/generation/known-generations.ts';
import { memoryGeneration } from '../../../support/memory-files.ts';

const TEXT = 'first\nsecond\n';

function statOf(inode: string, birthMs?: number): FileStat {
  return { kind: 'file', device: '1', inode, sizeBytes: 0, modifiedMs: 0, linkCount: 1, birthMs };
}

const known = () => new KnownGenerations({ rememberMs: 0, wallMs: () => 0 });

test.each(['live', 'missing', 'finished'] as const)('the file of a %s generation is known to have been read by its number, until the generation is known no more', async (kind) => {
  const all = known();
  const generation = await memoryGeneration(TEXT, { number: 7 });
  all[kind].add(generation);
  expect(all.wereReadFrom(statOf('7'))).toBe(true);
  expect(all.wereReadFrom(statOf('8'))).toBe(false);
  all[kind].delete(generation);
  expect(all.wereReadFrom(statOf('7'))).toBe(false);
});

test.each(['live', 'missing', 'finished'] as const)('the file in which a %s generation was cut is known, too, though the generation goes on in a copy', async (kind) => {
  const all = known();
  const generation = await memoryGeneration(TEXT, { number: 7, ends: { read: '', seen: '', cutInPlace: { inode: '5', noticedWallMs: 1000 } } });
  all[kind].add(generation);
  expect(all.wereReadFrom(statOf('5', 999))).toBe(true);
  // Made after the cut was noticed: another file got the number.
  expect(all.wereReadFrom(statOf('5', 1001))).toBe(false);
  all[kind].delete(generation);
  expect(all.wereReadFrom(statOf('5', 999))).toBe(false);
});

test('a generation that is cut while it is read leaves nothing behind under the number that it had', async () => {
  const all = known();
  const generation = await memoryGeneration(TEXT, { number: 7 });
  all.live.add(generation);
  generation.replaced(1000);
  all.live.delete(generation);
  all.missing.add(generation);
  generation.inode = '8';
  expect(all.missing.ofInode('7')).toEqual([]);
  expect(all.wereReadFrom(statOf('7', 999))).toBe(true);
  all.missing.delete(generation);
  expect(all.wereReadFrom(statOf('7', 999))).toBe(false);
});

test('of two files with one number, each is known', async () => {
  const all = known();
  const [first, second] = [await memoryGeneration(TEXT, { number: 7 }), await memoryGeneration(TEXT, { number: 7 })];
  all.finished.add(first);
  all.missing.add(second);
  all.finished.add(second);
  all.finished.delete(first);
  expect(all.finished.readFrom('7')).toEqual([second]);
});
