/** One read of a file that is cut and written anew while it is read. */
import { expect, test } from 'vitest';
import type { BatchSource } from '../../../../src/core/pipeline.ts';
import { NodeClock } from '../../../../src/platform/node-clock.ts';
import { NodeDecompression } from '../../../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../../../src/platform/node-file-system.ts';
import { EMPTY_HEAD, headOf } from '../../../../src/tail/content/file-identity.ts';
import { isShortCopy } from '../../../../src/tail/generation/lineage.ts';
import { isStill } from '../../../../src/tail/generation/still-proof.ts';
import { ReadBuffers } from '../../../../src/tail/reading/read-buffers.ts';
import { ReadStep } from '../../../../src/tail/reading/read-step.ts';
import { cutAfter, decodedContent, inPieces, memoryContent, memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const HEADER = `#Fields: ${'date time '.repeat(8)}\n`;
const lines = (name: string) => [1, 2, 3].map((number) => `${name}${number}\n`).join('');

class StoppedClock extends NodeClock {
  override monotonicMs(): number {
    return 1000;
  }
}

const STOPPED = new StoppedClock();

interface Settings {
  readonly skipHeaderLines?: number;
  readonly oversize?: 'truncate' | 'split';
  readonly needsFirstLine?: boolean;
  readonly clock?: NodeClock;
  readonly onSource?: (source: BatchSource) => void;
}

function readStep(onRecord: (record: string) => void, { skipHeaderLines = 0, oversize = 'truncate', needsFirstLine = false, clock = new NodeClock(), onSource }: Settings = {}): ReadStep {
  return new ReadStep({
    content: { files: new NodeFileSystem(), decompression: new NodeDecompression() },
    clock,
    buffers: new ReadBuffers(32_768),
    setBacks: { notice: () => undefined },
    lineBytesMax: 1024,
    oversize,
    joiner: undefined,
    joinLinesMax: 1,
    skipHeaderLines,
    encoding: 'utf-8',
    keepsMark: false,
    needsFirstLine,
    onRead: () => undefined,
    onOversize: () => undefined,
    sink: (batch, source) => {
      onSource?.(source);
      for (let index = 0; index < batch.count; index += 1) onRecord(batch.record(index).toString());
    },
  });
}

test.each([
  { title: 'known by its whole head', header: '', offset: 0, known: true },
  { title: 'of which nothing is known', header: '', offset: 0, known: false },
  { title: 'read to within its head', header: '', offset: 3, known: true },
  { title: 'read to the end of a header that every file of the log has', header: HEADER, offset: HEADER.length, known: true },
])('a file $title: whenever it is cut, only records of the known content are handed on', async ({ header, offset, known }) => {
  const before = header + lines('old');
  const after = header + lines('new');
  const asked = { stat: await memoryFile(before).stat(), askedMs: new NodeClock().monotonicMs() };
  for (let round = 0; round < 24; round += 1) {
    // If the file was seen just now, by its name, the read does not ask for its state again: then it was cut since.
    const [calls, seen] = [Math.floor(round / 2), round % 2 === 0 ? undefined : asked];
    const generation = await memoryGeneration(before, { offset });
    if (!known) generation.head = EMPTY_HEAD;
    generation.handle = cutAfter(calls, memoryFile(before), memoryFile(after));
    const records: string[] = [];
    await readStep((record) => records.push(record)).read(generation, { grantBytes: 4096, cut: 'none', seen });
    if (records.length > 0) expect(generation.head, `cut after ${calls} calls`).toEqual(headOf(Buffer.from(records.includes('new3\n') ? after : before)));
  }
});

test.each([
  { title: 'was seen just now', agoMs: 0, cut: 'none', asked: 0 },
  { title: 'was seen a while ago', agoMs: 11, cut: 'none', asked: 1 },
  { title: 'was seen just now, and has a record that is to be cut if nothing came since', agoMs: 0, cut: 'group', asked: 1 },
] as const)('a file that $title is asked for its size $asked times', async ({ agoMs, cut, asked }) => {
  const file = memoryFile('one\ntwo\n');
  let count = 0;
  const generation = await memoryGeneration('one\ntwo\n', { offset: 4 });
  const seen = { stat: await file.stat(), askedMs: STOPPED.monotonicMs() - agoMs };
  generation.handle = { ...file, stat: () => ((count += 1), file.stat()) };
  await readStep(() => undefined, { clock: STOPPED }).read(generation, { grantBytes: 4096, cut, seen });
  expect([count, generation.position]).toEqual([asked, 8]);
});

test.each([
  { title: 'still does: it was cut since', toldBytes: 4, kind: 'replaced' },
  { title: 'is still told to be longer: its bytes may not be there yet', toldBytes: 20, kind: 'read' },
])('a file of which nothing was read ends before the size that it was seen to have, and $title', async ({ toldBytes, kind }) => {
  const file = memoryFile('new\n');
  const stat = await file.stat();
  const generation = await memoryGeneration('');
  generation.handle = { ...file, stat: async () => ({ ...stat, sizeBytes: toldBytes }) };
  const records: string[] = [];
  const step = readStep((record) => records.push(record), { clock: STOPPED });
  const outcome = await step.read(generation, { grantBytes: 4096, cut: 'none', seen: { stat: { ...stat, sizeBytes: 20 }, askedMs: STOPPED.monotonicMs() } });
  expect([outcome.kind, records]).toEqual([kind, kind === 'read' ? ['new\n'] : []]);
});

test.each([
  { title: 'a hint told of 30 ms ago', seen: { askedMs: 999, hintedMs: 970 }, waitedMs: 30 },
  { title: 'a look found', seen: { askedMs: 999 }, waitedMs: undefined },
])('records of a file that $title waited for $waitedMs ms', async ({ seen, waitedMs }) => {
  const file = memoryFile('one\ntwo\n');
  const generation = await memoryGeneration('one\ntwo\n', { offset: 4 });
  generation.handle = file;
  const sources: BatchSource[] = [];
  const step = readStep(() => undefined, { clock: STOPPED, onSource: (source) => sources.push(source) });
  await step.read(generation, { grantBytes: 4096, cut: 'none', seen: { stat: await file.stat(), ...seen } });
  expect(sources).toEqual([expect.objectContaining({ waitedMs })]);
});

test.each([
  { title: 'at once', bytesMax: 4096 },
  { title: 'in pieces', bytesMax: 40 },
  { title: 'in pieces of less than its lines', bytesMax: 7 },
])('a file that is read $title, and refilled to more than it had: whenever it is cut, no line and no head is made of both', async ({ bytesMax }) => {
  const line = (name: string, number: number) => `${name}${number} ${'x'.repeat(20)}\n`;
  const text = (name: string, count: number) => Array.from({ length: count }, (_, number) => line(name, number)).join('');
  const [before, after] = [text('old', 9), text('new', 30)];
  for (let calls = 0; calls < 80; calls += 1) {
    const generation = await memoryGeneration(before, { offset: line('old', 0).length * 3 });
    generation.head = headOf(Buffer.from(line('old', 0)));
    generation.handle = inPieces(bytesMax, cutAfter(calls, memoryFile(before), memoryFile(after)));
    const records: string[] = [];
    await readStep((record) => records.push(record)).read(generation, { grantBytes: 4096, cut: 'none' });
    for (const record of records) expect(before, `cut after ${calls} calls`).toContain(record);
    const { lengthBytes } = generation.head;
    expect(generation.head, `cut after ${calls} calls`).toEqual(headOf(Buffer.from(before.slice(0, lengthBytes))));
  }
});

test.each([
  { title: 'in pieces', bytesMax: 7 },
  { title: 'at once', bytesMax: 4096 },
])('the known head of a file that is read $title does not grow by bytes of a refill, whenever the file is cut', async ({ bytesMax }) => {
  const [before, after] = ['head\nold1\n', 'head\nnew1\nnew2\n'];
  for (let calls = 0; calls < 24; calls += 1) {
    const generation = await memoryGeneration(before);
    // The last read gave fewer bytes than the file had, so less of the head is known.
    generation.head = headOf(Buffer.from('head\n'));
    generation.handle = inPieces(bytesMax, cutAfter(calls, memoryFile(before), memoryFile(after)));
    await readStep(() => undefined).read(generation, { grantBytes: 4096, cut: 'none' });
    expect(generation.head, `cut after ${calls} calls`).toEqual(headOf(Buffer.from(before.slice(0, generation.head.lengthBytes))));
  }
});

test('a file that is cut and refilled behind another header before it is read goes on in its copy under its own header', async () => {
  const [before, after] = ['time;level\n1;info\n', 'when;level;text\n2;warn;text\n'];
  const generation = await memoryGeneration(before, { offset: 0 });
  generation.handle = memoryFile(after);
  generation.head = EMPTY_HEAD;
  generation.lookedEnd = { offset: before.length, marker: Buffer.from(before) };
  const firstLines: (string | undefined)[] = [];
  const step = readStep(() => undefined, { needsFirstLine: true, onSource: ({ firstLine }) => firstLines.push(firstLine?.toString()) });
  expect(await step.read(generation, { grantBytes: 4096, cut: 'none' })).toEqual({ kind: 'replaced' });
  generation.replaced(0);
  generation.adopt(memoryContent('/app.log.1', before));
  await step.read(generation, { grantBytes: 4096, cut: 'none' });
  expect(firstLines).toEqual(['time;level\n']);
});

test('a file that is cut and refilled behind the same header, with lines that end alike, is another one', async () => {
  const header = `#Fields: ${'date time '.repeat(200)}\n`;
  const same = 'padding '.repeat(10);
  const line = (name: string) => `${name} ${same}\n`;
  const generation = await memoryGeneration(header + line('old1'), { offset: header.length });
  const records: string[] = [];
  const step = readStep((record) => records.push(record));
  generation.handle = memoryFile(header + line('old1'));
  await step.read(generation, { grantBytes: 4096, cut: 'none' });
  generation.handle = memoryFile(header + line('new1') + line('new2'));
  expect(await step.read(generation, { grantBytes: 4096, cut: 'none' })).toEqual({ kind: 'replaced' });
  generation.handle = memoryFile(header + line('old1') + line('old2'));
  expect(await step.read(generation, { grantBytes: 4096, cut: 'none' })).toMatchObject({ kind: 'read' });
  expect(records).toEqual([line('old1'), line('old2')]);
});

test('a file that is cut and refilled to more or to less than it was seen to have, behind the same header, before it is read, is another one', async () => {
  const header = `#Fields: ${'date time '.repeat(200)}\n`;
  const generation = await memoryGeneration(header, { offset: 0 });
  const records: string[] = [];
  const step = readStep((record) => records.push(record), { skipHeaderLines: 1 });
  const content = { files: new NodeFileSystem(), decompression: new NodeDecompression() };
  for (const text of [header + lines('old'), header + lines('old') + lines('next')]) {
    generation.handle = memoryFile(text);
    generation.see(await generation.handle.stat(), { nowMs: 0, wallMs: 0 });
    expect(await isStill(generation, content)).toBe(true);
  }
  for (const refilled of [header + lines('new') + lines('more') + lines('next'), header + lines('new')]) {
    generation.handle = memoryFile(refilled);
    expect(await step.read(generation, { grantBytes: 4096, cut: 'none' })).toEqual({ kind: 'replaced' });
  }
  generation.handle = memoryFile(header + lines('old') + lines('next') + lines('more'));
  expect(await step.read(generation, { grantBytes: 4096, cut: 'none' })).toMatchObject({ kind: 'read' });
  expect(records.join('')).toBe(lines('old') + lines('next') + lines('more'));
});

test('a file of which the header was read, that is cut and refilled to less than it was seen to have, is another one', async () => {
  const header = `#Fields: ${'date time '.repeat(200)}\n`;
  const generation = await memoryGeneration(header, { offset: header.length });
  const content = { files: new NodeFileSystem(), decompression: new NodeDecompression() };
  generation.handle = memoryFile(header + lines('old') + lines('next'));
  generation.see(await generation.handle.stat(), { nowMs: 0, wallMs: 0 });
  expect(await isStill(generation, content)).toBe(true);
  generation.handle = memoryFile(header + lines('new'));
  const records: string[] = [];
  expect(await readStep((record) => records.push(record)).read(generation, { grantBytes: 4096, cut: 'none' })).toEqual({ kind: 'replaced' });
  expect(records).toEqual([]);
});

test.each([
  { title: 'is another one when it is complete', refilled: 'old line\nnew one\n' },
  { title: 'is a shorter one now', refilled: 'old line\nnew' },
])('a file with a line that was seen while it was written, and $title, was cut', async ({ refilled }) => {
  const header = `#Fields: ${'date time '.repeat(200)}\n`;
  const generation = await memoryGeneration(header, { offset: header.length });
  const records: string[] = [];
  const step = readStep((record) => records.push(record));
  for (const text of ['old', 'old line\nnext']) {
    generation.handle = memoryFile(header + text);
    await step.read(generation, { grantBytes: 4096, cut: 'none' });
  }
  generation.handle = memoryFile(header + refilled);
  expect(await step.read(generation, { grantBytes: 4096, cut: 'none' })).toEqual({ kind: 'replaced' });
  generation.handle = memoryFile(`${header}old line\nnext one\n`);
  expect(await step.read(generation, { grantBytes: 4096, cut: 'none' })).toMatchObject({ kind: 'read' });
  expect(records).toEqual(['old line\n', 'next one\n']);
});

test('a compressed form that ends where the file was seen to end is its copy, also where it was read only when it was longer', async () => {
  const [first, second] = [`first ${'x'.repeat(40)}`, ` goes on ${'y'.repeat(100)}\n`];
  const compressed = memoryContent('/app.log.1.gz', first, { storage: 'gzip' });
  for (const seen of [true, false]) {
    const generation = await memoryGeneration('', { offset: 0 });
    for (const text of seen ? [first, first + second] : [first + second]) generation.see(await memoryFile(text).stat(), { nowMs: 0, wallMs: 0 });
    generation.handle = memoryFile(first + second);
    await readStep(() => undefined).read(generation, { grantBytes: 4096, cut: 'none' });
    expect(generation.unreadBytes).toBe(0);
    expect(await isShortCopy(compressed, generation)).toBe(seen);
  }
});

test.each([
  { title: 'before the last line', ends: 3, isIts: true },
  { title: 'three lines before the last one', ends: 1, isIts: true },
  { title: 'after a header that is not sent', ends: 0, written: 2, isIts: false },
  { title: 'before the last line, with another one', ends: 3, other: 'other', isIts: false },
])('a compressed form that was made while lines were written, all read at once, and that ends $title: $isIts', async ({ ends, written: count = 4, other, isIts }) => {
  const line = (name: string) => `${'x'.repeat(100)} ${name}\n`;
  const written = ['one', 'two', 'three', 'four'].slice(0, count).map(line);
  const generation = await memoryGeneration('', { offset: 0 });
  generation.handle = memoryFile(HEADER + written.join(''));
  await readStep(() => undefined, { skipHeaderLines: 1 }).read(generation, { grantBytes: 4096, cut: 'none' });
  const copied = written.slice(0, ends);
  if (other !== undefined) copied.splice(-1, 1, line(other));
  expect(await isShortCopy(memoryContent('/app.log.1.gz', HEADER + copied.join(''), { storage: 'gzip' }), generation)).toBe(isIts);
});

test.each([
  { title: 'three quarters of what one read took', lines: 45, isIts: true },
  { title: 'half of it', lines: 30, isIts: true },
  { title: 'half of it, with other lines in the middle', lines: 30, other: true, isIts: false },
  { title: 'its first line', lines: 1, isIts: false },
])('the copy of a cut file that has $title: $isIts', async ({ lines: count, other = false, isIts }) => {
  const written = Array.from({ length: 60 }, (_, index) => `${'x'.repeat(100)} ${index}\n`);
  const generation = await memoryGeneration('', { offset: 0 });
  generation.handle = memoryFile(written.join(''));
  await readStep(() => undefined).read(generation, { grantBytes: 16_000, cut: 'none' });
  generation.replaced(0);
  const copied = written.slice(0, count);
  if (other) copied.splice(10, 10, ...copied.slice(10, 20).map((line) => line.replace('x', 'y')));
  expect(await isShortCopy(memoryContent('/app.log.1', copied.join('')), generation)).toBe(isIts);
});

test.each(['truncate', 'split'] as const)('the ends that a read of too long lines (%s) notes are where the file has them', async (oversize) => {
  const long = (name: string) => `${name.repeat(1000)}\n`;
  const written = `${long('one')}two\n${long('three')}${long('four')}`;
  for (let seen = 1; seen < written.length; seen += 17) {
    const generation = await memoryGeneration('', { offset: 0 });
    for (const text of [written.slice(0, seen), written]) generation.see(await memoryFile(text).stat(), { nowMs: 0, wallMs: 0 });
    generation.handle = memoryFile(written);
    await readStep(() => undefined, { oversize }).read(generation, { grantBytes: 16_000, cut: 'none' });
    expect(generation.position).toBeGreaterThan(0);
    for (const ends of [generation.readEnds, generation.seenEnds]) expect(await ends.fit(generation.handle, written.length), `seen to end at ${seen}`).toBe(true);
  }
});

test('a line at the end of what is decoded of a compressed file so far is not its last line, however long it waits', async () => {
  const content = memoryContent('/app.log.1.gz', 'first\nsecond\nthird');
  const { handle } = decodedContent({ ...content, handle: inPieces(9, content.handle) });
  const generation = await memoryGeneration('', { offset: 0 });
  generation.takeUp({ ...content, storage: 'gzip', handle }, { nowMs: 0, newSinceMs: 0 });
  const records: string[] = [];
  const step = readStep((record) => records.push(record));
  for (let reads = 0; reads < 10 && generation.cuts.planned === undefined; reads += 1) {
    // A look at the file decodes more of it, long before it is read again.
    generation.see(await handle.stat(), { nowMs: 0, wallMs: 0 });
    await step.read(generation, { grantBytes: 4096, cut: 'end' });
  }
  expect(records).toEqual(['first\n', 'second\n']);
  expect(generation.cuts.planned).toBe('first\nsecond\nthird'.length);
});

test('a file that ends within its first line, which is needed whole, is read to its end once that end is stored', async () => {
  const text = 'time;lev';
  const generation = await memoryGeneration(text, { offset: 0 });
  generation.head = EMPTY_HEAD;
  generation.handle = memoryFile(text);
  const records: string[] = [];
  const step = readStep((record) => records.push(record), { needsFirstLine: true });
  expect(await step.read(generation, { grantBytes: 4096, cut: 'none' })).toEqual({ kind: 'idle' });
  expect([generation.partial, generation.head]).toEqual([true, headOf(Buffer.from(text))]);
  await step.read(generation, { grantBytes: 4096, cut: 'end' });
  generation.cuts.confirm();
  await step.read(generation, { grantBytes: 4096, cut: 'none' });
  expect([records, generation.position]).toEqual([[text], text.length]);
});

test('nothing is read of a file whose first line was not whole until the first line is asked for again', async () => {
  const [before, after] = ['time;lev', 'time;level\n1;info\n'];
  const generation = await memoryGeneration('', { offset: 0 });
  let calls = 0;
  // The file is written to between the first read and the second.
  const whole = memoryFile(after);
  const handle = { ...whole, read: (...args: Parameters<typeof whole.read>) => ((calls += 1) <= 3 ? memoryFile(before) : whole).read(...args) };
  generation.handle = handle;
  const firstLines: (string | undefined)[] = [];
  const step = readStep(() => undefined, { needsFirstLine: true, onSource: ({ firstLine }) => firstLines.push(firstLine?.toString()) });
  for (let reads = 0; reads < 2; reads += 1) await step.read(generation, { grantBytes: 4096, cut: 'none' });
  expect(firstLines).toEqual(['time;level\n']);
});

test('an end that was seen in another file at the same place is not an end of this one', async () => {
  const generation = await memoryGeneration('', { offset: 0 });
  generation.see(await memoryFile('other\n').stat(), { nowMs: 0, wallMs: 0 });
  generation.replaced(undefined);
  generation.handle = memoryFile(lines('line'));
  await readStep(() => undefined).read(generation, { grantBytes: 4096, cut: 'none' });
  expect(generation.seenEnds.isEmpty).toBe(true);
});
