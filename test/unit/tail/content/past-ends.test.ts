import { expect, test } from 'vitest';
import type { FileHandle } from '../../../../src/core/ports.ts';
import { readEndMarker } from '../../../../src/tail/content/content-proof.ts';
import { PastEnds } from '../../../../src/tail/content/past-ends.ts';

/** A file of these bytes. */
function fileOf(text: string): FileHandle {
  const bytes = Buffer.from(text);
  return {
    read: async (buffer, { bufferOffset, length, position }) => bytes.copy(buffer, bufferOffset, position, position + length),
    stat: async () => ({ kind: 'file', device: '1', inode: '1', sizeBytes: bytes.length, modifiedMs: 0, linkCount: 1, birthMs: 0 }),
    close: async () => undefined,
  };
}

async function endsOf(text: string, ...offsets: readonly number[]): Promise<PastEnds> {
  const ends = new PastEnds();
  for (const offset of offsets) ends.note(offset, await readEndMarker(fileOf(text), offset));
  return ends;
}

test('a copy is proved by every end within it, and, to its own end, only by one that lies there', async () => {
  const ends = await endsOf('head\nfirst\nsecond\n', 5, 11);
  expect(await ends.proves(fileOf('head\nother\n'), 11)).toBe(false);
  expect(await ends.provesEnd(fileOf('head\nfirst\n'), 11)).toBe(true);
  // Another file of the log begins with the same header.
  expect(await ends.proves(fileOf('head\nelse\n'), 10)).toBe(true);
  expect(await ends.provesEnd(fileOf('head\nelse\n'), 10)).toBe(false);
  expect(await ends.provesEnd(fileOf('head\nother\n'), 11)).toBe(false);
});

test('a hole is no end, and each end is noted once', () => {
  const ends = new PastEnds();
  expect(ends.note(64, Buffer.alloc(64))).toBe(false);
  expect(ends.isEmpty).toBe(true);
  expect(ends.note(64, Buffer.from('x'))).toBe(true);
  expect(ends.note(64, Buffer.from('y'))).toBe(false);
  expect(ends.isEmpty).toBe(false);
});

test('if there are more ends than are kept, the newest ones and the first one stay, also in their text', async () => {
  const text = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(9, '.')).join('\n');
  const noted = new PastEnds();
  for (let end = 10; end <= text.length; end += 10) noted.note(end, await readEndMarker(fileOf(text), end), 1_700_000_000_000 + end * 1000);
  for (const ends of [noted, new PastEnds(noted.text)]) {
    expect(ends.text).toBe(noted.text);
    for (const end of [10, 970, 980, 990]) expect(await ends.provesEnd(fileOf(text), end)).toBe(true);
    expect(ends.outgrownWallMs(985)).toBe(1_700_000_990_000);
    expect(ends.outgrownWallMs(990)).toBe(Infinity);
    expect(await ends.proves(fileOf(text.replace('98', '99')), 990)).toBe(false);
  }
  expect(noted.text.split(',').length).toBe(12);
  expect(noted.text.length).toBeLessThan(300);
});

test('a file is compared with the ends that were known when the comparison began, whatever is noted meanwhile', async () => {
  const text = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(9, '.')).join('\n');
  const ends = await endsOf(text, ...Array.from({ length: 12 }, (_, index) => 10 * (index + 1)));
  const file = fileOf(text.slice(0, 120));
  let next = 130;
  const whileRead: FileHandle = {
    ...file,
    read: async (buffer, at) => {
      ends.note(next, await readEndMarker(fileOf(text), next), 1);
      next += 10;
      return file.read(buffer, at);
    },
  };
  expect(await ends.fit(whileRead, 120)).toBe(true);
  expect(next).toBe(250);
});

test('an end without a known time stays without one, also in the text, until an end further on has one', () => {
  const ends = new PastEnds();
  ends.note(5, Buffer.from('a'));
  ends.note(9, Buffer.from('b'), 7.5);
  ends.note(12, Buffer.from('c'));
  expect([1, 5, 9, 12].map((bytes) => new PastEnds(ends.text).outgrownWallMs(bytes))).toEqual([8, 8, Infinity, Infinity]);
  ends.note(2 ** 52, Buffer.from('d'), 3);
  const same = new PastEnds(ends.text);
  expect([1, 5, 9, 12].map((bytes) => same.outgrownWallMs(bytes))).toEqual([3, 3, 3, 3]);
  // Bytes that are read once more were there before.
  same.note(10, Buffer.from('e'), 100);
  expect([9, 12].map((bytes) => same.outgrownWallMs(bytes))).toEqual([3, 3]);
  expect(new PastEnds(same.text).text).toBe(same.text);
});

test('ends that were reached before a time are not given a later one, and unknown times stay unknown', () => {
  const ends = new PastEnds();
  ends.note(5, Buffer.from('a'), 3000);
  ends.note(9, Buffer.from('b'), 7000);
  ends.note(12, Buffer.from('c'));
  expect(ends.reachedBefore(7000)).toBe(false);
  expect(ends.reachedBefore(4000.5)).toBe(true);
  for (const known of [ends, new PastEnds(ends.text)]) expect([3, 6, 10].map((bytes) => known.outgrownWallMs(bytes))).toEqual([3000, 4000, Infinity]);
  expect(ends.reachedBefore(-Infinity)).toBe(true);
  for (const known of [ends, new PastEnds(ends.text)]) expect([3, 6, 10].map((bytes) => known.outgrownWallMs(bytes))).toEqual([0, 0, Infinity]);
});
