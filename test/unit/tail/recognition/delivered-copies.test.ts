/** What is remembered of copies, and that nothing known of other files is forgotten for it. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../../src/core/errors.ts';
import type { FileHandle, FileSystem } from '../../../../src/core/ports.ts';
import type { OpenContent } from '../../../../src/tail/content/content.ts';
import { inodeKey } from '../../../../src/tail/content/file-identity.ts';
import { FinishedGenerations } from '../../../../src/tail/generation/finished-generations.ts';
import { Births } from '../../../../src/tail/recognition/births.ts';
import { rememberDelivered } from '../../../../src/tail/recognition/delivered-copies.ts';
import { memoryContent, memoryGeneration } from '../../../support/memory-files.ts';
import { birthOptions, noDecompression } from '../../../support/tail-options.ts';

const COPY = memoryContent('/app.log.2', 'first\nsecond\n', { inode: '7' });

test.each([
  { title: 'is of a file that is gone, and whose number the copy got: it is kept, since its compressed form may be there', text: 'another\n', kept: [7, 8] },
  { title: 'is of the copy, which had less then: it is forgotten', text: 'first\n', kept: [8] },
])('a copy is remembered. What was known of its inode $title', async ({ text, kept }) => {
  const before = await memoryGeneration(text, { number: 7 });
  const finished = new FinishedGenerations({ rememberMs: 1000, wallMs: () => 0 });
  finished.add(before);
  const births = new Births(birthOptions(), () => false);
  for (let number = 1; number <= before.number; number += 1) await births.make(COPY, { offset: 0, state: 'rotated', nowMs: 0 });
  const { path, stat } = COPY;
  const remembered: string[] = [];
  const copies = {
    delivered: () => [{ key: inodeKey(stat), path, ...stat, contentBytes: stat.sizeBytes, listed: true }],
    remembered: (key: string) => remembered.push(key),
  };
  await rememberDelivered(copies, { files: { files: onlyCopy(), decompression: noDecompression }, births, finished, nowMs: 0 });
  expect([...finished].map((generation) => generation.number)).toEqual(kept);
  expect(finished.takeRemovals()).toEqual(kept.length === 1 ? [7] : []);
  expect(remembered).toEqual([inodeKey(stat)]);
});

test.each([{ sizeBytes: COPY.stat.sizeBytes + 1 }, { modifiedMs: COPY.stat.modifiedMs - 1 }, { inode: '8' }])('a file with the name and not the looks of a copy (%j) is not taken for it', async (looks) => {
  const finished = new FinishedGenerations({ rememberMs: 1000, wallMs: () => 0 });
  const { path, stat } = COPY;
  const was = { ...stat, ...looks };
  const remembered: string[] = [];
  const copies = {
    delivered: () => [{ key: inodeKey(was), path, ...was, contentBytes: was.sizeBytes, listed: true }],
    remembered: (key: string) => remembered.push(key),
  };
  const births = new Births(birthOptions(), () => false);
  await rememberDelivered(copies, { files: { files: onlyCopy(), decompression: noDecompression }, births, finished, nowMs: 0 });
  expect([...finished]).toEqual([]);
  expect(remembered).toEqual([inodeKey(was)]);
});

test('a copy that cannot be read just now is known as it was, until it can: others are remembered meanwhile', async () => {
  const before = await memoryGeneration('first\n', { number: 7 });
  const other = memoryContent('/app.log.3', 'third\n', { inode: '8' });
  // Five reads: one to open the file, two to compare it with what was known, two to learn it anew.
  for (let calls = 1; calls <= 5; calls += 1) {
    const finished = new FinishedGenerations({ rememberMs: 1000, wallMs: () => 0 });
    finished.add(before);
    const births = new Births(birthOptions(), () => false);
    const left = new Set([COPY, other]);
    const copies = {
      delivered: () => [...left].map(({ path, stat }) => ({ key: inodeKey(stat), path, ...stat, contentBytes: stat.sizeBytes, listed: true })),
      remembered: (key: string) => [...left].filter(({ stat }) => inodeKey(stat) === key).forEach((one) => left.delete(one)),
    };
    const remember = (handle: FileHandle) => rememberDelivered(copies, { files: { files: diskOf([{ ...COPY, handle }, other]), decompression: noDecompression }, births, finished, nowMs: 0 });
    await expect(remember(failingAt(calls, COPY.handle)), `read ${calls}`).rejects.toThrow('EIO');
    expect([...left]).toEqual([COPY]);
    expect([...finished].map(({ path }) => path)).toEqual([before.path, other.path]);
    expect(finished.takeRemovals()).toEqual([]);
    await remember(COPY.handle);
    expect([...left]).toEqual([]);
    expect([...finished].map(({ path }) => path)).toEqual([other.path, COPY.path]);
    expect(finished.takeRemovals()).toEqual([before.number]);
  }
});

/** A file of which one read fails. */
function failingAt(call: number, { read, stat, close }: FileHandle): FileHandle {
  let calls = 0;
  return {
    read: async (...args) => {
      calls += 1;
      if (calls === call) throw new FileFault({ code: 'other', systemCode: 'EIO', path: COPY.path });
      return read(...args);
    },
    stat,
    close,
  };
}

/** A disk that holds the copy and nothing else. */
function onlyCopy(): FileSystem {
  return diskOf([COPY]);
}

function diskOf(contents: readonly OpenContent[]): FileSystem {
  const system: Pick<FileSystem, 'open'> = {
    open: async (path) => {
      const content = contents.find((one) => one.path === path);
      if (content === undefined) throw new FileFault({ code: 'not-found', systemCode: 'ENOENT', path });
      return content.handle;
    },
  };
  return system as FileSystem;
}
