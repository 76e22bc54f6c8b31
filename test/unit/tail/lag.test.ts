/** How late a file is: the age of its oldest byte that is not read or not resolved. */
import { expect, test } from 'vitest';
import { NO_END } from '../../../src/core/checkpoint-row.ts';
import type { FileHandle } from '../../../src/core/ports.ts';
import { FinishedGenerations } from '../../../src/tail/generation/finished-generations.ts';
import type { Generation } from '../../../src/tail/generation/generation.ts';
import { changedRows, rowOf } from '../../../src/tail/generation/rows.ts';
import { plainGeneration } from '../../support/memory-files.ts';

const SECOND_MS = 1000;
/** Half a minute after the agent started. */
const WALL = { nowMs: 30 * SECOND_MS, wallMs: 1_790_000_030_000 };

/** Both clocks begin with the agent. */
const at = (second: number) => ({ nowMs: second * SECOND_MS, wallMs: second * SECOND_MS });

const nothingInIt: FileHandle = {
  read: () => Promise.resolve(0),
  stat: () => Promise.reject(new Error('nobody asks')),
  close: () => Promise.resolve(),
};

/** A file that is looked at every second, in seconds since the agent started. */
class WatchedFile {
  readonly changed = new Set<Generation>();
  readonly generation: Generation;

  constructor(start: { sizeBytes: number; offset: number; unreadSinceSeconds: number; unseenSinceSeconds?: number; storage?: 'plain' | 'gzip' }) {
    this.generation = plainGeneration(
      { number: 1, path: '/log', ...this.#stat(start.sizeBytes) },
      {
        offset: start.offset,
        storage: start.storage ?? 'plain',
        unreadSinceMs: start.unreadSinceSeconds * SECOND_MS,
        ...(start.unseenSinceSeconds === undefined ? {} : { unseenSinceMs: start.unseenSinceSeconds * SECOND_MS }),
      },
      { changed: this.changed },
    );
  }

  /** The growth is seen in `second`. It was written then, or earlier, in `writtenSecond`. */
  grows(sizeBytes: number, second: number, writtenSecond = second): void {
    this.generation.seeFile({ ...this.#stat(sizeBytes), modifiedMs: writtenSecond * SECOND_MS }, at(second));
  }

  lagSeconds(second: number): number {
    return second - (this.generation.lateSinceMs ?? second * SECOND_MS) / SECOND_MS;
  }

  #stat(sizeBytes: number) {
    return { kind: 'file', device: '1', inode: '1', sizeBytes, modifiedMs: sizeBytes, linkCount: 1 } as const;
  }
}

test('a file that grows every second and is not delivered falls behind by a second a second', () => {
  const file = new WatchedFile({ sizeBytes: 0, offset: 0, unreadSinceSeconds: 0 });
  for (let second = 1; second <= 30; second += 1) file.grows(second * 100, second);
  expect(file.lagSeconds(30)).toBe(29);
  expect(file.lagSeconds(40)).toBe(39);
});

test.each([
  ['since it was written, where it was written to last', 50, 10],
  ['since the file was looked at before, whatever the time of the file says', 0, 35],
  ['since it is seen, where the time of the file is ahead', 90, 0],
] as const)('what no hint told of waits %s', (_title, writtenSecond, lagSeconds) => {
  const file = new WatchedFile({ sizeBytes: 100, offset: 100, unreadSinceSeconds: 0 });
  file.grows(100, 25);
  file.grows(200, 60, writtenSecond);
  expect(file.lagSeconds(60)).toBe(lagSeconds);
});

test('a file counts as seen when it was asked for, however long the answer took', () => {
  const file = new WatchedFile({ sizeBytes: 100, offset: 100, unreadSinceSeconds: 0 });
  const stat = { kind: 'file', device: '1', inode: '1', sizeBytes: 100, modifiedMs: 0, linkCount: 1 } as const;
  file.generation.seeFile(stat, at(30), 10 * SECOND_MS);
  file.generation.seeFile({ ...stat, sizeBytes: 200, modifiedMs: 12 * SECOND_MS }, at(31));
  expect(file.lagSeconds(31)).toBe(19);
});

test.each([
  ['the last look', 20, 15],
  ['the last look at it, if that was later', 5, 25],
] as const)('bytes that came to a file that could not be looked at may be there since %s', (_title, lookedSecond, lagSeconds) => {
  const file = new WatchedFile({ sizeBytes: 100, offset: 100, unreadSinceSeconds: 0 });
  file.grows(100, 10);
  file.generation.hide(lookedSecond * SECOND_MS);
  file.generation.hide(30 * SECOND_MS);
  file.grows(200, 35);
  expect(file.lagSeconds(35)).toBe(lagSeconds);
});

test('a row says since when its file cannot be looked at, until it can be again', () => {
  const file = new WatchedFile({ sizeBytes: 100, offset: 100, unreadSinceSeconds: 0 });
  const stored = () => {
    const isDue = file.generation.dirty;
    return { isDue, waits: changedRows(file.changed, { includes: () => true }, WALL).flatMap(({ waits }) => waits) };
  };
  file.grows(100, 10);
  expect(stored()).toMatchObject({ waits: [] });
  file.generation.hide(20 * SECOND_MS);
  expect(stored()).toEqual({ isDue: true, waits: [{ end: NO_END, sinceWallMs: 1_790_000_020_000 }] });
  file.generation.hide(25 * SECOND_MS);
  expect(stored().isDue).toBe(false);
  file.grows(100, 30, 10);
  expect(stored()).toEqual({ isDue: true, waits: [] });
});

test('bytes that are read are late until they are resolved, and then the next byte is', () => {
  const file = new WatchedFile({ sizeBytes: 0, offset: 0, unreadSinceSeconds: 0 });
  file.grows(100, 10);
  file.grows(200, 20);
  const span = file.generation.tracker.open(100);
  expect(file.lagSeconds(50)).toBe(40);
  span.resolve('delivered', 100, 1);
  expect(file.lagSeconds(50)).toBe(30);
  file.generation.tracker.open(100).resolve('delivered', 100, 1);
  expect(file.lagSeconds(50)).toBe(0);
});

test('bytes that came while no agent ran are late since then', () => {
  const file = new WatchedFile({ sizeBytes: 100, offset: 100, unreadSinceSeconds: -9000, unseenSinceSeconds: -7200 });
  expect(file.lagSeconds(1)).toBe(0);
  file.grows(500, 1);
  expect(file.lagSeconds(1)).toBe(7201);
  file.generation.tracker.open(400).resolve('delivered', 400, 1);
  file.grows(600, 5);
  expect(file.lagSeconds(6)).toBe(1);
});

test('bytes that were not delivered before the restart are late since then, also in a file that is not open', () => {
  const file = new WatchedFile({ sizeBytes: 100, offset: 40, unreadSinceSeconds: -60 });
  expect(file.generation.handle).toBeUndefined();
  expect(file.lagSeconds(5)).toBe(65);
});

test('a last line that has not ended is not late, until something follows it', () => {
  const file = new WatchedFile({ sizeBytes: 100, offset: 90, unreadSinceSeconds: -60 });
  file.generation.partial = true;
  file.generation.partialEnd = 100;
  expect(file.lagSeconds(5)).toBe(0);
  expect(rowOf(file.generation, WALL).waits).toEqual([]);
  file.grows(120, 3600);
  expect(file.lagSeconds(3602)).toBe(2);
});

test('a row says since when the bytes of its file wait, until they are resolved', () => {
  const file = new WatchedFile({ sizeBytes: 0, offset: 0, unreadSinceSeconds: 0 });
  file.grows(100, 10);
  file.grows(200, 20);
  expect(rowOf(file.generation, WALL).waits).toEqual([
    { end: 100, sinceWallMs: 1_790_000_010_000 },
    { end: 200, sinceWallMs: 1_790_000_020_000 },
  ]);
  const first = file.generation.tracker.open(100);
  const second = file.generation.tracker.open(100);
  second.resolve('delivered', 100, 1);
  expect(rowOf(file.generation, WALL).waits).toHaveLength(2);
  first.resolve('delivered', 100, 1);
  expect(rowOf(file.generation, WALL).waits).toEqual([]);
});

test('bytes of a compressed file wait since the file was found, before any of it is decompressed', () => {
  const file = new WatchedFile({ sizeBytes: 50, offset: 0, unreadSinceSeconds: -30, storage: 'gzip' });
  expect(file.lagSeconds(10)).toBe(40);
  expect(file.generation.lagBytes).toBe(1);
  file.generation.endReached = true;
  expect(file.lagSeconds(10)).toBe(0);
  file.grows(60, 20);
  expect(file.lagSeconds(21)).toBe(1);
});

test('a generation that was read to its end has no old bytes when it goes on in another file', () => {
  const file = new WatchedFile({ sizeBytes: 50, offset: 0, unreadSinceSeconds: -30, storage: 'gzip' });
  file.generation.endReached = true;
  new FinishedGenerations({ rememberMs: 1000, wallMs: () => 0 }).add(file.generation);
  const stat = { kind: 'file', device: '1', inode: '2', sizeBytes: 200, modifiedMs: 1, linkCount: 1 } as const;
  file.generation.takeUp({ path: '/log', handle: nothingInIt, stat, storage: 'plain' }, { nowMs: 20_000, newSinceMs: 15_000 });
  expect(file.lagSeconds(20)).toBe(5);
});

test('when a compressed generation goes on in a plain file, the bytes that come to that file are no older than they are', () => {
  const stat = { kind: 'file', device: '1', inode: '2', sizeBytes: 200, modifiedMs: 1, linkCount: 1 } as const;
  for (const endReached of [true, false]) {
    const file = new WatchedFile({ sizeBytes: 50, offset: 0, unreadSinceSeconds: -30, storage: 'gzip' });
    file.generation.endReached = endReached;
    file.generation.missingSinceMs = 15_000;
    file.generation.takeUp({ path: '/log', handle: nothingInIt, stat, storage: 'plain' }, { nowMs: 20_000, newSinceMs: 15_000 });
    // What waited in the compressed file waits in the plain one.
    expect(file.lagSeconds(20)).toBe(endReached ? 5 : 50);
    file.generation.tracker.open(200).resolve('delivered', 200, 1);
    file.generation.seeFile({ ...stat, sizeBytes: 300, modifiedMs: 40_000 }, at(40));
    expect(file.lagSeconds(41)).toBe(1);
  }
});

test('new bytes in a file that was missing wait since it was missing, or since that file was made', () => {
  for (const [newSinceMs, seconds] of [[-5000, 25], [15_000, 10]] as const) {
    const file = new WatchedFile({ sizeBytes: 100, offset: 100, unreadSinceSeconds: -9000 });
    file.generation.missingSinceMs = 10_000;
    const stat = { kind: 'file', device: '1', inode: '2', sizeBytes: 200, modifiedMs: 1, linkCount: 1 } as const;
    file.generation.takeUp({ path: '/log.1', handle: nothingInIt, stat, storage: 'plain' }, { nowMs: 20_000, newSinceMs });
    expect(file.lagSeconds(20)).toBe(seconds);
  }
});

test('waiting bytes grow no younger when their file is opened anew and then leaves its place', () => {
  const file = new WatchedFile({ sizeBytes: 0, offset: 0, unreadSinceSeconds: 0 });
  const stat = { kind: 'file', device: '1', inode: '1', sizeBytes: 100, modifiedMs: 100, linkCount: 1 } as const;
  file.generation.adopt({ path: '/log', handle: nothingInIt, stat, storage: 'plain' });
  expect(file.lagSeconds(10)).toBe(10);
  file.generation.quietFrom(10 * SECOND_MS);
  file.grows(200, 10);
  expect(file.lagSeconds(12)).toBe(12);
  expect(file.generation.grownMs).toBe(10 * SECOND_MS);
});

test('a row of a file that cannot be found says since when something may have come to it', () => {
  const file = new WatchedFile({ sizeBytes: 100, offset: 100, unreadSinceSeconds: 0 });
  file.generation.missingSinceMs = 20_000;
  expect(rowOf(file.generation, WALL).waits).toEqual([{ end: NO_END, sinceWallMs: 1_790_000_020_000 }]);
  file.generation.growth.unseenFrom(5000);
  expect(rowOf(file.generation, WALL).waits).toEqual([{ end: NO_END, sinceWallMs: 1_790_000_005_000 }]);
});
