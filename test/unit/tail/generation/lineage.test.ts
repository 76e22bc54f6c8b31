/** Which files hold the content of a generation, judged by their content alone. */
import { expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { EMPTY_HEAD } from '../../../../src/tail/content/file-identity.ts';
import { isContinuation, isShortCopy, knowBy, sharesMore } from '../../../../src/tail/generation/lineage.ts';
import { memoryContent, memoryGeneration } from '../../../support/memory-files.ts';

test('the copy of a cut file is recognized by where the file was seen to end, although no read ended there', async () => {
  // The last line is longer than the marker: the marker alone would prove a copy that ends within its bytes.
  const generation = await memoryGeneration(`first\n  goes on ${'and on '.repeat(10)}\n`);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  expect(await isShortCopy(memoryContent('/app.log.1', 'first\n'), generation)).toBe(false);
  // The file was seen to end there, but nothing was read: a record waited for its next line.
  generation.seenEnds.note(6, Buffer.from('first\n'));
  expect(await isShortCopy(memoryContent('/app.log.1', 'first\n'), generation)).toBe(true);
  expect(await isShortCopy(memoryContent('/app.log.1', 'other\n'), generation)).toBe(false);
  // It is telling.ts that asks whether this is more than the beginning which all files of the log share.
  expect(await isShortCopy(memoryContent('/app.log.1', 'first\n  goes on'), generation)).toBe(true);
  generation.seenEnds.note(10, Buffer.from('first\n  go'));
  expect(await isShortCopy(memoryContent('/app.log.1', 'first\nother than that'), generation)).toBe(false);
});

test.each([
  { title: 'ends in what was read last', copy: 'head\nfirst\nsec', isIts: true },
  { title: 'is another file that begins alike', copy: 'head\nfirst\nother\n', isIts: false },
  { title: 'ends before that, where nothing tells', copy: 'head', isIts: false },
  { title: 'ends in what was read last, and what stands before is not known', copy: 'head\nfirst\nsec', knows: false, isIts: false },
])('a compressed form that was made before the last bytes were written, no read ended there: $title', async ({ copy, isIts, knows = true }) => {
  // The marker begins within "first", where the read before ended.
  const written = `head\nfirst\nsecond ${'x'.repeat(50)}\n`;
  const generation = await memoryGeneration(written);
  generation.head = EMPTY_HEAD;
  if (knows) generation.readEnds.note(7, Buffer.from('head\nfi'));
  expect(await isShortCopy(memoryContent('/app.log.1.gz', copy, { storage: 'gzip' }), generation)).toBe(isIts);
});

test.each([
  { title: 'which is all that tells', copy: `${'x'.repeat(20)} first ${'y'.repeat(33)}`, isIts: true },
  { title: 'and is another one', copy: `${'x'.repeat(20)} other ${'y'.repeat(33)}`, isIts: false },
  { title: 'with a few bytes', copy: `${'x'.repeat(20)} first`, isIts: false },
])('the copy of a file that was cut ends in what was read last, $title', async ({ copy, isIts }) => {
  const generation = await memoryGeneration(`${'x'.repeat(20)} first ${'y'.repeat(50)}\n`);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  expect(await isShortCopy(memoryContent('/app.log.1', copy), generation)).toBe(isIts);
});

test.each([
  { title: 'before this one had grown beyond it', modifiedMs: 1000, isIts: true },
  { title: 'later', modifiedMs: 1001, isIts: false },
])('a compressed form whose padded lines end like this file, and that was written to $title: $isIts', async ({ modifiedMs, isIts }) => {
  const line = (name: string) => `${name} ${'x'.repeat(300)}\n`;
  const generation = await memoryGeneration(line('one') + line('two'));
  const marker = Buffer.from(line('one')).subarray(-limits.endMarkerBytes);
  generation.readEnds.note(line('one').length, marker, 500);
  generation.readEnds.note(generation.position, marker, 1000);
  const content = memoryContent('/app.log.1.gz', line('new'), { storage: 'gzip' });
  expect(await isShortCopy({ ...content, stat: { ...content.stat, modifiedMs } }, generation)).toBe(isIts);
});

test('a copy that lacks the last bytes of the head is another file\'s where one end does not stand in it, whatever ends alike', async () => {
  const line = (name: string) => `${name} ${'x'.repeat(80)}\n`;
  const written = line('one') + line('two') + line('three');
  const generation = await memoryGeneration(written, { offset: line('one').length + line('two').length });
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  const own = memoryContent('/app.log.1', line('one') + line('two'));
  const other = memoryContent('/app.log.1', line('new') + line('old'));
  expect(await isContinuation(other, generation)).toBe(true);
  generation.seenEnds.note(8, Buffer.from('one xxxx'));
  expect(await isContinuation(other, generation)).toBe(false);
  expect(await isContinuation(own, generation)).toBe(true);
});

test.each([
  { title: 'its own file', inode: '1', text: 'head\nfirst\nsecond\nthird\n', isIts: true },
  { title: 'a file of that number that begins alike', inode: '1', text: 'head\nothers\nlines, as long as those\n', isIts: false },
  { title: 'a file of that number that does not reach where it ended', inode: '1', text: 'head\nfirst\n', isIts: false },
  { title: 'its copy, made before its last bytes', inode: '9', text: 'head\nfirst\n', cut: true, isIts: true },
  { title: 'a copy of another one', inode: '9', text: 'head\nothers\n', cut: true, isIts: false },
])('a generation of which nothing was delivered is recognized by where its file ended: it goes on in $title: $isIts', async ({ inode, text, cut = false, isIts }) => {
  const generation = await memoryGeneration('head\n', { offset: 0 });
  if (cut) generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  for (const end of ['head\nfirst\n', 'head\nfirst\nsecond\n']) generation.readEnds.note(end.length, Buffer.from(end));
  expect(await isContinuation(memoryContent('/app.log.1', text, { inode }), generation)).toBe(isIts);
});

test('the copy of a file of which a few bytes were read is recognized by where the file was seen to end, and from then on the generation by its copy', async () => {
  const generation = await memoryGeneration('first\nsecond\n  goes on\n', { offset: 6 });
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  const copy = memoryContent('/app.log.1', 'first\nsecond\n');
  expect(await isContinuation(copy, generation)).toBe(false);
  generation.seenEnds.note(13, Buffer.from('first\nsecond\n'));
  expect(await isContinuation(copy, generation)).toBe(true);
  await knowBy(generation, copy);
  expect(generation.head.lengthBytes).toBe(13);
});

test('a cut generation that goes on in a copy is in no other plain file, even if that begins with all that is known of it', async () => {
  // The log was cut while its last line was being written. Every line of the log begins like that.
  const written = 'head\nlog/';
  const generation = await memoryGeneration(written);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  const copy = memoryContent('/app.log.1', written, { inode: '8' });
  const later = memoryContent('/app.log.2', 'head\nlog/28\n', { inode: '9' });
  expect([await isContinuation(copy, generation), await isContinuation(later, generation)]).toEqual([true, true]);
  generation.adopt(copy);
  expect([await isContinuation(copy, generation), await isContinuation(later, generation)]).toEqual([true, false]);
  expect(await isContinuation(memoryContent('/app.log.1.gz', written, { inode: '7', storage: 'gzip' }), generation)).toBe(true);
});

test('an empty file is not the copy of a file of which nothing was read', async () => {
  const generation = await memoryGeneration('first\n', { offset: 0 });
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  expect(await isContinuation(memoryContent('/app.log.2', ''), generation)).toBe(false);
});

test.each([
  { title: 'and has nothing else', text: 'first\n', isIts: true },
  { title: 'and goes on', text: 'first\nse', isIts: false },
  { title: 'and is another one', text: 'other\n', isIts: false },
])('the copy of a file of which a few bytes were read, and then cut, ends there $title: $isIts', async ({ text, isIts }) => {
  const generation = await memoryGeneration('first\nsecond', { offset: 6 });
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  expect(await isContinuation(memoryContent('/app.log.1', text), generation)).toBe(isIts);
});

test('a cut that was stored for one file does not cut the lines of another file that is taken for it', async () => {
  const written = 'head\nfirst\n  goes on\nlast';
  const generation = await memoryGeneration(written, { offset: 5 });
  for (const cut of [11, 21, written.length]) {
    generation.cuts.plan(cut);
    generation.cuts.confirm();
  }
  // These bytes are read and not resolved: a reload goes back to before the first cut.
  generation.tracker.open(16);
  await knowBy(generation, memoryContent('/app.log.1.gz', written));
  expect(generation.cuts.from(5)).toEqual([11, 21, written.length]);
  // Nothing is known of either file but how it begins.
  await knowBy(generation, memoryContent('/app.log.1.gz', 'head\nother\nlines, as long as those\n'));
  expect(generation.cuts.from(5)).toEqual([11]);
  await knowBy(generation, memoryContent('/app.log', 'head\n'));
  expect(generation.cuts.from(5)).toEqual([]);
});

test('two files that begin with a hole share no beginning by that', async () => {
  const hole = (bytes: number) => '\0'.repeat(bytes);
  const text = `${hole(2000)}first ${'x'.repeat(80)}\n`;
  const generation = await memoryGeneration(text);
  expect(await sharesMore(memoryContent('/app.log.1', `${hole(3000)}other ${'x'.repeat(80)}\n`), generation, 0)).toBe(false);
  expect(await sharesMore(memoryContent('/app.log.1', `${text}second\n`), generation, 0)).toBe(true);
});
