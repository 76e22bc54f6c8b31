/** Which files may be closed, because they can be opened again. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../../src/core/errors.ts';
import type { FileStat } from '../../../../src/core/ports.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { closeUnchanged, idleHandles, spareHandles } from '../../../../src/tail/generation/retirement.ts';
import { memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const TEXT = 'first\nsecond\n';

test('a file is not closed as long as only it holds bytes that are on their way', async () => {
  const open = new Set<Generation>();
  const original = await memoryGeneration(TEXT, { number: 1, offset: 6, open });
  const copy = await memoryGeneration(TEXT, { number: 2, open });
  copy.handle = memoryFile(TEXT, '2');
  copy.repeats = original.tracker;
  const span = original.tracker.open(7);
  const closed = () => [idleHandles(open, { idleCloseMs: 0, openFilesMax: 0, nowMs: 0 }), spareHandles(open)];
  expect(closed()).toEqual([[], []]);
  span.resolve('delivered', 7, 1);
  expect(closed()).toEqual([[copy], [copy]]);
  original.handle = memoryFile(TEXT, '1');
  const more = original.tracker.open(1);
  expect(closed()).toEqual([[copy], [copy]]);
  more.resolve('delivered', 1, 1);
  expect(closed()).toEqual([[copy, original], [copy, original]]);
});

test.each<{ title: string; change: Partial<FileStat>; isOpen: boolean }>([
  { title: 'nothing happened to it', change: {}, isOpen: false },
  { title: 'it was written to', change: { sizeBytes: TEXT.length + 1 }, isOpen: true },
  { title: 'it was cut', change: { sizeBytes: 0 }, isOpen: true },
  { title: 'it was deleted', change: { linkCount: 0 }, isOpen: true },
])('a file to which this happened since it was last seen: $title; it stays open: $isOpen', async ({ change, isOpen }) => {
  const file = memoryFile(TEXT);
  const generation = await memoryGeneration(TEXT);
  generation.handle = { ...file, stat: async () => ({ ...(await file.stat()), ...change }) };
  expect(await closeUnchanged([generation])).toBe(isOpen ? 0 : 1);
  expect(generation.handle !== undefined).toBe(isOpen);
});

test.each([
  { code: 'other', isOpen: true },
  { code: 'stale', isOpen: false },
] as const)('a file whose stat fails with $code stays open: $isOpen', async ({ code, isOpen }) => {
  const generation = await memoryGeneration(TEXT);
  generation.handle = { ...memoryFile(TEXT), stat: () => Promise.reject(new FileFault({ code, systemCode: code, path: '' })) };
  await closeUnchanged([generation]);
  expect(generation.handle !== undefined).toBe(isOpen);
});

test('a file whose closing fails counts as closed, and making room for the next file goes on', async () => {
  const failing = await memoryGeneration(TEXT, { number: 1 });
  failing.handle = { ...memoryFile(TEXT), close: () => Promise.reject(new FileFault({ code: 'other', systemCode: 'EIO', path: '' })) };
  const next = await memoryGeneration(TEXT, { number: 2 });
  next.handle = memoryFile(TEXT);
  expect(await closeUnchanged([failing, next])).toBe(2);
  expect([failing.handle, next.handle]).toEqual([undefined, undefined]);
});
