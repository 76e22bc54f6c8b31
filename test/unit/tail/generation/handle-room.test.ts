/** When files are closed for those that are opened next. */
import { expect, test } from 'vitest';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { HandleRoom } from '../../../../src/tail/generation/handle-room.ts';
import { memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const TEXT = 'first\nsecond\n';

/** `count` open files, numbered in the order in which they grew. The first `unreadCount` of them are not read to their end. */
async function opened(count: number, unreadCount = 0) {
  const open = new Set<Generation>();
  for (let number = 1; number <= count; number += 1) {
    const generation = await memoryGeneration(TEXT, { number, open, ...(number <= unreadCount ? { offset: 6 } : {}) });
    generation.grownMs = number;
    generation.handle = memoryFile(TEXT);
  }
  const add = async (more: number) => {
    for (const generation of (await opened(more, more)).open) {
      open.add(generation);
    }
  };
  return { open, add, numbers: () => [...open].map(({ number }) => number) };
}

function delivered(generation: Generation): void {
  generation.sizeBytes = generation.position;
  generation.handle = memoryFile(TEXT.slice(0, generation.position));
}

test('when the limit of open files is reached, a quarter of them is closed at once, the longest idle first', async () => {
  const { open, numbers } = await opened(8);
  await new HandleRoom(open, { openFilesMax: 9 }).make(0);
  expect(numbers()).toHaveLength(8);
  await new HandleRoom(open, { openFilesMax: 8 }).make(0);
  expect(numbers()).toEqual([3, 4, 5, 6, 7, 8]);
});

test('when more files are open than allowed, those beyond the limit are closed, too', async () => {
  const { open, numbers } = await opened(20);
  await new HandleRoom(open, { openFilesMax: 8 }).make(0);
  expect(numbers()).toEqual([15, 16, 17, 18, 19, 20]);
});

test('a file that is not read to its end stays open, however many are open', async () => {
  const { open, numbers } = await opened(20, 18);
  await new HandleRoom(open, { openFilesMax: 8 }).make(0);
  expect(numbers()).toHaveLength(18);
});

test('a file that was read, and grew within the last second, stays open: it would have to be opened again at once', async () => {
  const { open, numbers } = await opened(8);
  for (const generation of open) generation.readBytes = 1;
  const room = new HandleRoom(open, { openFilesMax: 8 });
  await room.make(1001);
  expect(numbers()).toEqual([2, 3, 4, 5, 6, 7, 8]);
});

test('if too few files can be closed, the next sweep comes after a quarter more were opened, or after a quarter of a second', async () => {
  const { open, add } = await opened(16, 16);
  const room = new HandleRoom(open, { openFilesMax: 8 });
  expect(room.dueMs).toBe(-Infinity);
  await room.make(1000);
  expect(room.dueMs).toBe(1250);
  const [first, second] = open;
  if (first === undefined || second === undefined) expect.fail('there are sixteen');
  delivered(first);
  await add(3);
  await room.make(1249);
  expect(first.handle).toBeDefined();
  await add(1);
  await room.make(1249);
  expect(first.handle).toBeUndefined();
  delivered(second);
  await room.make(1250);
  expect(second.handle).toBeDefined();
  await room.make(room.dueMs);
  expect(second.handle).toBeUndefined();
});

test('as long as no more files are open than allowed, no sweep is due', async () => {
  const { open } = await opened(8);
  expect(new HandleRoom(open, { openFilesMax: 8 }).dueMs).toBe(Infinity);
});
