/** A generation and the file that it is read from. */
import { expect, test } from 'vitest';
import { NodeDecompression } from '../../../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../../../src/platform/node-file-system.ts';
import { readEndMarker } from '../../../../src/tail/content/content-proof.ts';
import { headFits } from '../../../../src/tail/content/file-identity.ts';
import { reopen } from '../../../../src/tail/generation/reopen.ts';
import { isStill } from '../../../../src/tail/generation/still-proof.ts';
import { cutAfter, memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const HEADER = `#Fields: ${'date time '.repeat(110)}\n`;

/** In which /app.log, of inode 1, holds `text`. */
function filesOf(text: string) {
  class Files extends NodeFileSystem {
    override open() {
      return Promise.resolve(memoryFile(text, '1'));
    }
  }
  return { files: new Files(), decompression: new NodeDecompression() };
}

test.each([
  { title: 'went on', now: `${HEADER}one\ntwo\nthree\n`, opened: 'open' },
  { title: 'was cut and refilled behind its position', now: `${HEADER}ONE\ntwo\n`, opened: 'other-file' },
  { title: 'was cut and refilled to less than was seen of it', now: `${HEADER}one\nTWO\n`, opened: 'other-file' },
  { title: 'was cut and refilled to less than was read of it', now: `${HEADER}ONE\n`, opened: 'other-file' },
  { title: 'was cut and has nothing but its header now', now: HEADER, opened: 'other-file' },
])('a file that was read beyond what is resolved of it and $title: $opened', async ({ now, opened }) => {
  const generation = await memoryGeneration(HEADER);
  const text = `${HEADER}one\ntwo\n`;
  const end = HEADER.length + 4;
  generation.passTo(end, await readEndMarker(memoryFile(text), end), { telling: true, wallMs: 0 });
  generation.seeEnd(text.length, await readEndMarker(memoryFile(text), text.length));
  const restarted = await memoryGeneration(HEADER, { ends: generation.ends });
  expect(await reopen(restarted, filesOf(now))).toBe(opened);
});

test('the end of a file is noted only for the content that is known, whenever the file is cut and refilled to more than it had', async () => {
  const before = 'old1\nold2\nold3\n';
  const after = 'new1\nnew2\nnew3\nnew4\n';
  const endsSeen = async (calls: number) => {
    const generation = await memoryGeneration(before, { offset: 5 });
    generation.handle = cutAfter(calls, memoryFile(before), memoryFile(after));
    await isStill(generation, filesOf(after));
    return generation.ends.seen;
  };
  const uncut = await endsSeen(100);
  expect(uncut).not.toBe('');
  for (let calls = 0; calls < 12; calls += 1) expect(['', uncut], `cut after ${calls} calls`).toContain(await endsSeen(calls));
});

test.each([
  { title: 'to less than it had', known: '', after: 'new1\n' },
  { title: 'to more than it had', known: '', after: 'new1\nnew2\nnew3\nnew4\n' },
  { title: 'behind all that was known', known: 'head\n', after: 'head\nnew1\n' },
  { title: 'to more than it had, behind all that was known', known: 'head\n', after: 'head\nnew1\nnew2\nnew3\n' },
])('the head and the end that are known of a new file are of one content, whenever it is cut and refilled $title', async ({ known, after }) => {
  const before = 'head\nold1\nold2\n';
  for (let calls = 0; calls < 12; calls += 1) {
    const generation = await memoryGeneration(known);
    generation.handle = cutAfter(calls, memoryFile(before), memoryFile(after));
    generation.sizeBytes = before.length;
    await isStill(generation, filesOf(after));
    const whole = [before, after].filter((text) => headFits(generation.head, Buffer.from(text)));
    const fits = await Promise.all(whole.map(async (text) => generation.seenEnds.lastBytes <= text.length && generation.seenEnds.fit(memoryFile(text), text.length)));
    expect(fits, `cut after ${calls} calls`).toContain(true);
  }
});

test('the head of a file does not grow by bytes of a refill if the end of the file shows the refill', async () => {
  const [before, after] = ['head\nold1\n', 'head\nnew1\nnew2\n'];
  const generation = await memoryGeneration('head\n');
  const known = generation.head;
  generation.sizeBytes = before.length;
  generation.lookedEnd = { offset: before.length, marker: Buffer.from(before) };
  generation.handle = memoryFile(after);
  expect(await isStill(generation, filesOf(after))).toBe(false);
  expect(generation.head).toEqual(known);
});

test('what was written while its file was closed counts as written when it is seen, not when the file was closed', async () => {
  const text = 'first\n  goes on\n';
  const generation = await memoryGeneration('first\n');
  expect(await reopen(generation, filesOf(text))).toBe('open');
  expect(generation.see(await memoryFile(text, '1').stat(), { nowMs: 1000, wallMs: 1000 })).toBe(true);
  expect(generation.grownMs).toBe(1000);
});

test('a file whose lines merely end like those that were read, behind the same header, is another one after a restart, too', async () => {
  const text = (name: string) => `${HEADER}${name} ${'\t'.repeat(150)}\n`;
  const read = await memoryGeneration(text('old'));
  read.passTo(read.position, await readEndMarker(memoryFile(text('old')), read.position), { telling: true, wallMs: 0 });
  const restarted = await memoryGeneration(text('old'), { ends: read.ends });
  expect(await reopen(restarted, filesOf(text('new')))).toBe('other-file');
  expect(await reopen(restarted, filesOf(text('old')))).toBe('open');
});

test('the row of a copy of a cut log may be stored once all that the copy repeats is resolved, also if the copy goes on beyond that', async () => {
  const original = await memoryGeneration('one\ntwo\n', { number: 1, offset: 0 });
  const copy = await memoryGeneration('one\n', { number: 2 });
  copy.originalTracker = original.tracker;
  const [first, second] = [original.tracker.open(4), original.tracker.open(4)];
  expect(copy.storable).toBe(false);
  first.resolve('delivered', 4, 1);
  expect(copy.storable).toBe(true);
  copy.tracker.open(8).resolve('delivered', 8, 1);
  expect(copy.storable).toBe(false);
  second.resolve('delivered', 4, 1);
  expect(copy.storable).toBe(true);
});
