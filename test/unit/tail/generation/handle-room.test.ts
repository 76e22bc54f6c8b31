/** Which files are closed because they can be opened again, and when. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../../src/core/errors.ts';
import type { FileStat } from '../../../../src/core/ports.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { HandleRoom } from '../../../../src/tail/generation/handle-room.ts';
import { memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const TEXT = 'first\nsecond\n';

function roomFor(open: ReadonlySet<Generation>, openFilesMax: number, idleCloseMs = 60_000): HandleRoom {
  return new HandleRoom(open, { openFilesMax, idleCloseMs });
}

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
  await roomFor(open, 9).make(0);
  expect(numbers()).toHaveLength(8);
  await roomFor(open, 8).make(0);
  expect(numbers()).toEqual([3, 4, 5, 6, 7, 8]);
});

test('when more files are open than allowed, those beyond the limit are closed, too', async () => {
  const { open, numbers } = await opened(20);
  await roomFor(open, 8).make(0);
  expect(numbers()).toEqual([15, 16, 17, 18, 19, 20]);
});

test('a file that is not read to its end stays open, however many are open', async () => {
  const { open, numbers } = await opened(20, 18);
  await roomFor(open, 8).make(0);
  expect(numbers()).toHaveLength(18);
});

test('a file that was read, and grew within the last second, stays open: it would have to be opened again at once', async () => {
  const { open, numbers } = await opened(8);
  for (const generation of open) generation.readBytes = 1;
  const room = roomFor(open, 8);
  await room.make(1001);
  expect(numbers()).toEqual([2, 3, 4, 5, 6, 7, 8]);
});

test('if too few files can be closed, the next sweep comes after a quarter more were opened, or after a quarter of a second', async () => {
  const { open, add } = await opened(16, 16);
  const room = roomFor(open, 8);
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
  expect(roomFor(open, 8).dueMs).toBe(Infinity);
});

test('where the system gives no handle, a quarter of what can be closed is, and sixteen at least, the longest idle first', async () => {
  const few = await opened(20);
  expect(await roomFor(few.open, 100).spare(0)).toBe(true);
  expect(few.numbers()).toEqual([17, 18, 19, 20]);
  const many = await opened(80);
  await roomFor(many.open, 100).spare(0);
  expect(many.numbers()).toHaveLength(60);
});

test('where the system gives no handle, what grew within the last second is closed, too, though it was left open right before', async () => {
  const { open } = await opened(8);
  for (const generation of open) generation.readBytes = 1;
  const room = roomFor(open, 8);
  await room.make(500);
  expect(open.size).toBe(8);
  expect(await room.spare(500)).toBe(true);
  expect(open.size).toBe(0);
});

test('where none can be done without, the open files are asked again after a quarter of a second, not for each of thousands of files', async () => {
  const { open } = await opened(8, 8);
  const room = roomFor(open, 8);
  expect(await room.spare(0)).toBe(false);
  for (const generation of open) delivered(generation);
  expect(await room.spare(249)).toBe(false);
  expect(await room.spare(250)).toBe(true);
  expect(await room.spare(250)).toBe(false);
});

test('at a look, what is idle for long enough is closed, and the longest idle of what is too much', async () => {
  const { open, numbers } = await opened(8);
  await roomFor(open, 100, 1000).closeIdle(1003);
  expect(numbers()).toEqual([4, 5, 6, 7, 8]);
  await roomFor(open, 3, 60_000).closeIdle(1003);
  expect(numbers()).toEqual([6, 7, 8]);
});

/** The generations of `open` that are closed where all that can be closed are. */
async function closeAll(open: ReadonlySet<Generation>): Promise<void> {
  await roomFor(open, 0, 0).closeIdle(0);
}

test('a file is not closed as long as it is the only one that holds what is on its way', async () => {
  const open = new Set<Generation>();
  const original = await memoryGeneration(TEXT, { number: 1, offset: 6, open });
  const copy = await memoryGeneration(TEXT, { number: 2, open });
  copy.handle = memoryFile(TEXT, '2');
  copy.originalTracker = original.tracker;
  const span = original.tracker.open(7);
  await closeAll(open);
  expect([...open]).toEqual([copy]);
  span.resolve('delivered', 7, 1);
  await closeAll(open);
  expect([...open]).toEqual([]);
  original.handle = memoryFile(TEXT, '1');
  const more = original.tracker.open(1);
  await closeAll(open);
  expect([...open]).toEqual([original]);
  more.resolve('delivered', 1, 1);
  await closeAll(open);
  expect([...open]).toEqual([]);
});

test.each<{ title: string; change: Partial<FileStat>; isOpen: boolean }>([
  { title: 'nothing happened to it', change: {}, isOpen: false },
  { title: 'it was written to', change: { sizeBytes: TEXT.length + 1 }, isOpen: true },
  { title: 'it was cut', change: { sizeBytes: 0 }, isOpen: true },
  { title: 'it was deleted', change: { linkCount: 0 }, isOpen: true },
])('since a file was seen last, $title: it stays open, however few handles there are: $isOpen', async ({ change, isOpen }) => {
  for (const close of [closeAll, (open: ReadonlySet<Generation>) => roomFor(open, 0).make(1), (open: ReadonlySet<Generation>) => roomFor(open, 9).spare(0)]) {
    const open = new Set<Generation>();
    const file = memoryFile(TEXT);
    const generation = await memoryGeneration(TEXT, { open });
    generation.handle = { ...file, stat: async () => ({ ...(await file.stat()), ...change }) };
    await close(open);
    expect(generation.handle !== undefined).toBe(isOpen);
  }
});

test.each([
  { code: 'other', isOpen: true },
  { code: 'stale', isOpen: false },
] as const)('a file that says $code when it is asked stays open: $isOpen', async ({ code, isOpen }) => {
  const open = new Set<Generation>();
  const generation = await memoryGeneration(TEXT, { open });
  generation.handle = { ...memoryFile(TEXT), stat: () => Promise.reject(new FileFault({ code, systemCode: code, path: '' })) };
  await closeAll(open);
  expect(generation.handle !== undefined).toBe(isOpen);
});

test('a file whose closing fails is closed all the same, and ends nothing: whoever makes room for the next file goes on', async () => {
  const open = new Set<Generation>();
  const failing = await memoryGeneration(TEXT, { number: 1, open });
  failing.handle = { ...memoryFile(TEXT), close: () => Promise.reject(new FileFault({ code: 'other', systemCode: 'EIO', path: '' })) };
  const next = await memoryGeneration(TEXT, { number: 2, open });
  next.handle = memoryFile(TEXT);
  await closeAll(open);
  expect([failing.handle, next.handle]).toEqual([undefined, undefined]);
});
