/** Files that repeat another generation: that one delivers their bytes. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../../src/core/errors.ts';
import type { FileSystem } from '../../../../src/core/ports.ts';
import { NodeDecompression } from '../../../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../../../src/platform/node-file-system.ts';
import { readableBytes } from '../../../../src/tail/content/content.ts';
import { isShortCopy } from '../../../../src/tail/generation/lineage.ts';
import { Copies } from '../../../../src/tail/recognition/copies.ts';
import { memoryContent, memoryFile, memoryGeneration, unfinishedContent } from '../../../support/memory-files.ts';

const GONE = new FileFault({ code: 'not-found', systemCode: 'ENOENT', path: '/app.log' });

const content = { files: new NodeFileSystem(), decompression: new NodeDecompression() };

test('a copy belongs to its original, and to no other generation, as long as it looks as it did', async () => {
  const original = await memoryGeneration('first\nsecond\n', { number: 1 });
  original.handle = memoryFile('first\nsecond\n', '1');
  const other = await memoryGeneration('first\n', { number: 2 });
  const copy = memoryContent('/app.log.1.gz', 'first\n', { storage: 'gzip' });
  const copies = new Copies(content);
  expect(await copies.judgeUnlisted(copy, original, 0)).toBe('covered');
  expect(copies.isOfOther(copy.stat, other)).toBe(true);
  expect(copies.isOfOther(copy.stat, original)).toBe(false);
  expect(copies.isOfOther({ ...copy.stat, modifiedMs: 1 }, other)).toBe(false);
});

test.each([
  { title: 'was delivered beyond the end of the copy: it has to be remembered', offset: 13, remembered: [6] },
  { title: 'was delivered to the end of the copy: it tells what that is', offset: 6, remembered: [] },
  { title: 'is finished: it is forgotten before a copy that is listed', offset: 6, state: 'finished', remembered: [6] },
  { title: 'is finished: no name leads to the copy', offset: 6, state: 'finished', listed: false, remembered: [] },
] as const)('of a compressed copy, the log $title', async ({ offset, remembered, ...rest }) => {
  const { state = 'rotated', listed = true } = { ...rest };
  const original = await memoryGeneration('first\nsecond\n', { offset });
  original.handle = memoryFile('first\nsecond\n', '1');
  const copies = new Copies(content);
  const copy = memoryContent('/app.log.1.gz', 'first\n', { storage: 'gzip' });
  if (listed) await copies.judge(copy, [original], 0);
  else await copies.judgeUnlisted(copy, original, 0);
  original.state = state;
  expect(copies.delivered(0).map(({ contentBytes }) => contentBytes)).toEqual(remembered);
});

test.each([
  { title: 'lacks', offset: 0, covered: false },
  { title: 'has', offset: 6, covered: true },
])('a copy of a generation that is given up, which $title what the copy holds, is its copy on: $covered', async ({ offset, covered }) => {
  const original = await memoryGeneration('first\nsecond\n', { offset });
  original.handle = memoryFile('first\nsecond\n', '1');
  const copies = new Copies(content);
  const copy = memoryContent('/app.log.1.gz', 'first\n', { storage: 'gzip' });
  await copies.judge(copy, [original], 0);
  copies.givenUp(original);
  expect(copies.has(copy)).toBe(covered);
});

test('a compressed file is a copy of the log that is read, also where nothing is known of that but its open file', async () => {
  const original = await memoryGeneration('');
  original.handle = memoryFile('first\nsecond\n', '1');
  const compressed = (text: string) => memoryContent('/app.log.1.gz', text, { storage: 'gzip' });
  const judged = (text: string) => new Copies(content).judge(compressed(text), [original], 0);
  expect(await judged('first\n')).toBe('covered');
  expect(await judged('other\n')).toBeUndefined();
  expect(await judged('first\nsecond\nthird\n')).toBeUndefined();
});

test('where a copy ended stays known of its original, wherever that was read to', async () => {
  // The last line is longer than the marker: the marker alone would prove a copy that ends within its bytes.
  const text = `first\nsecond\n${'third '.repeat(11)}\n`;
  const original = await memoryGeneration(text);
  original.handle = memoryFile(text, '1');
  const copy = () => memoryContent('/app.log.1.gz', 'first\nsecond\n', { storage: 'gzip' });
  const restarted = () => memoryGeneration(text, { ends: original.ends });
  expect(await isShortCopy(copy(), await restarted())).toBe(false);
  expect(await new Copies(content).judge(copy(), [original], 0)).toBe('covered');
  expect(await isShortCopy(copy(), await restarted())).toBe(true);
  expect(original.dirty).toBe(true);
});

test('a successor knows the copies of the generations that it has too', async () => {
  const original = await memoryGeneration('first\nsecond\n');
  original.handle = memoryFile('first\nsecond\n', '1');
  const copy = memoryContent('/app.log.1.gz', 'first\n', { storage: 'gzip' });
  const copies = new Copies(content);
  await copies.judgeUnlisted(copy, original, 0);
  const same = await memoryGeneration('first\nsecond\n');
  const other = await memoryGeneration('first\n', { number: 2 });
  for (const { generations, known } of [{ generations: [other, same], known: true }, { generations: [other], known: false }]) {
    const successor = new Copies(content);
    successor.inherit(copies.memory, generations);
    expect(successor.has(copy)).toBe(known);
    expect(successor.isOfOther(copy.stat, other)).toBe(known);
    expect(successor.isOfOther(copy.stat, same)).toBe(false);
  }
});

test.each([
  { title: 'was there at the last look: the next one tells', outOfPattern: false, verdict: 'unsure' },
  // The generation may stay open for as long as its lines wait to be sent.
  { title: 'was gone then: it waits for nothing', outOfPattern: true, verdict: undefined },
] as const)('what a file is, next to a log whose place another one has and which $title', async ({ outOfPattern, verdict }) => {
  const original = await memoryGeneration('first\nsecond\n', { number: 1 });
  original.outOfPattern = outOfPattern;
  const files: Pick<FileSystem, 'open'> = { open: async () => memoryFile('new\n', '2') };
  const copies = new Copies({ ...content, files: Object.assign(new NodeFileSystem(), files) });
  expect(await copies.judge(memoryContent('/app.log.1', 'other\n', { inode: '3' }), [original], 0)).toBe(verdict);
});

test.each([
  { title: 'whose file has just left its place to another one', open: async () => memoryFile('new\n', '2'), outOfPattern: false, verdict: 'unsure' },
  { title: 'whose file was not there at the last look, either', open: async () => memoryFile('new\n', '2'), outOfPattern: true, verdict: undefined },
  { title: 'whose file has just left its place', open: () => Promise.reject(GONE), outOfPattern: false, verdict: 'unsure' },
  { title: 'that was gone at the last look, too: nothing but what is known of it tells', open: () => Promise.reject(GONE), outOfPattern: true, verdict: 'covered' },
])('a compressed form, next to a log that is closed and $title: $verdict', async ({ open, outOfPattern, verdict }) => {
  const original = await memoryGeneration('first\nsecond\n', { number: 1 });
  original.outOfPattern = outOfPattern;
  const files: Pick<FileSystem, 'open'> = { open };
  const copies = new Copies({ ...content, files: Object.assign(new NodeFileSystem(), files) });
  const compressed = (text: string) => memoryContent('/app.log.1.gz', text, { inode: '3', storage: 'gzip' });
  expect(await copies.judge(compressed('first\nsecond\n'), [original], 0)).toBe(verdict);
  expect(await copies.judgeUnlisted(compressed('first\nsecond\n'), original, 0)).toBe(verdict);
  // It may be the compressed form of another file that begins alike.
  expect(await copies.judge(compressed('first\nsecond\nthird\n'), [original], 0)).toBe(verdict);
  expect(await copies.judge(compressed('other\nsecond\n'), [original], 0)).toBeUndefined();
});

test('how far a compressed file goes is decoded once', async () => {
  let pieces = 0;
  const unfinished = unfinishedContent('/app.log.1.gz', 'first\n', () => (pieces += 1));
  expect(await readableBytes(unfinished)).toBe(6);
  expect(await readableBytes(unfinished)).toBe(6);
  expect(pieces).toBe(1);
});

test('of a compressed file that is longer than the log that is read, no more than that is decoded', async () => {
  const pieceBytes = 16 * 1024;
  let pieces = 0;
  const log = 'first\n';
  const original = await memoryGeneration(log);
  original.handle = memoryFile(log, '1');
  const long = unfinishedContent('/app.log.1.gz', log.repeat(pieceBytes), () => (pieces += 1));
  expect(await new Copies(content).coverage(long, original)).toBeUndefined();
  expect(pieces).toBe(1);
});
