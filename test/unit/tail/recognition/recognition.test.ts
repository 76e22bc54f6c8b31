/** Which of several generations a file is. */
import { expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { FileHandle } from '../../../../src/core/ports.ts';
import { NodeDecompression } from '../../../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../../../src/platform/node-file-system.ts';
import { readEndMarker } from '../../../../src/tail/content/content-proof.ts';
import { headOf } from '../../../../src/tail/content/file-identity.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { KnownGenerations } from '../../../../src/tail/generation/known-generations.ts';
import { NOT_FIRST } from '../../../../src/tail/listing/seen-directories.ts';
import { SetBacks } from '../../../../src/tail/reading/set-backs.ts';
import { Births } from '../../../../src/tail/recognition/births.ts';
import { Copies } from '../../../../src/tail/recognition/copies.ts';
import { UndecidedFiles } from '../../../../src/tail/recognition/undecided-files.ts';
import { Recognition } from '../../../../src/tail/recognition/recognition.ts';
import { memoryContent, memoryFile, memoryGeneration, unfinishedContent } from '../../../support/memory-files.ts';
import { birthOptions } from '../../../support/tail-options.ts';

const HEADER = `#Fields: ${'date time '.repeat(8)}\n`;
const WHOLE = `${HEADER}one ${'x'.repeat(80)}\ntwo ${'x'.repeat(80)}\n`;

/** Asked only for files that are not in memory. */
const content = { files: new NodeFileSystem(), decompression: new NodeDecompression() };

interface Known {
  readonly live?: readonly Generation[];
  readonly missing?: readonly Generation[];
  readonly finished?: readonly Generation[];
  readonly undecided?: UndecidedFiles;
  /** Whether the flow lists the files. */
  readonly lists?: boolean;
}

function knownOf({ live = [], missing = [], finished = [] }: Known): KnownGenerations {
  const known = new KnownGenerations({ rememberMs: 1000, wallMs: () => 0 });
  for (const generation of live) known.live.add(generation);
  for (const generation of missing) known.missing.add(generation);
  for (const generation of finished) known.finished.add(generation);
  return known;
}

function recognitionOf(generations: Known, known: KnownGenerations = knownOf(generations)): Recognition {
  const { undecided = new UndecidedFiles(), lists = true } = generations;
  const births = new Births(birthOptions(), () => false);
  return new Recognition({ known, copies: new Copies(content), undecided, births, lists: () => lists });
}

const compressed = (text: string) => memoryContent('/app.log.1.gz', text, { storage: 'gzip' });

test.each([
  { title: 'missing', where: 'missing' },
  { title: 'over', where: 'finished' },
] as const)('a file that begins like every file of its log is, among the generations that are $title, the one of which it proves most', async ({ where }) => {
  // This generation was read to the end of its header: nothing else is known of it.
  const headed = await memoryGeneration(HEADER, { number: 1 });
  const whole = await memoryGeneration(WHOLE, { number: 2 });
  const known = where === 'missing' ? { missing: [headed, whole] } : { missing: [headed], finished: [whole] };
  expect(await recognitionOf(known).isAnothers(compressed(WHOLE), headed)).toBe(true);
  expect(await recognitionOf(known).isAnothers(compressed(WHOLE), whole)).toBe(false);
  expect(await recognitionOf(known).ofListed(compressed(WHOLE), { first: NOT_FIRST, nowMs: 0 })).toBe(whole);
  expect(await recognitionOf({ missing: [headed] }).ofListed(compressed(WHOLE), { first: NOT_FIRST, nowMs: 0 })).toBe(headed);
});

test.each([
  { title: 'a new file whose first line begins like that', text: `${HEADER}line 2\n`, isIts: false },
  { title: 'its compressed form', text: `${HEADER}line`, storage: 'gzip', isIts: true },
  { title: 'another compressed file that begins like that', text: `${HEADER}line 2\n`, storage: 'gzip', isIts: false },
  { title: 'its own file, written on', text: `${HEADER}line 1\n`, inode: '1', isIts: true },
] as const)('a generation that was over in the middle of a line goes on in $title: $isIts', async ({ text, isIts, ...how }) => {
  const finished = await memoryGeneration(`${HEADER}line`, { number: 1 });
  finished.birthMs = 5;
  if (!('inode' in how)) finished.cutInPlace = { inode: finished.inode, noticedWallMs: Infinity };
  const file = memoryContent('/app.log.1', text, how);
  const judged = await recognitionOf({ finished: [finished] }).ofListed({ ...file, stat: { ...file.stat, birthMs: 5 } }, { first: NOT_FIRST, nowMs: 0 });
  expect(judged).toBe(isIts ? finished : undefined);
});

test.each([
  { title: 'a file of its number, written on', path: '/app.log.1', inode: '1', isIts: true },
  { title: 'its compressed form, made later', path: '/app.log.1.gz', storage: 'gzip', isIts: true },
  { title: 'another file, which begins with all of its lines', path: '/app.log.1', isIts: false },
] as const)('a generation that was over, and whose log was cut after it was copied, goes on in $title: $isIts', async ({ path, isIts, ...how }) => {
  const finished = await memoryGeneration(`${HEADER}started\n`, { number: 1 });
  finished.cutInPlace = { inode: '7', noticedWallMs: Infinity };
  const judged = await recognitionOf({ finished: [finished] }).ofListed(memoryContent(path, `${HEADER}started\nmore\n`, how), { first: NOT_FIRST, nowMs: 0 });
  expect(judged).toBe(isIts ? finished : undefined);
});

test.each([
  { title: 'less', text: `${HEADER}line 2\n` },
  { title: 'more', text: `${HEADER}line 2 ${'x'.repeat(80)}\n` },
])('a file with which a missing generation goes on, and that has $title than a finished one had, does not belong to that one because of its inode number and beginning', async ({ text }) => {
  const headed = await memoryGeneration(HEADER, { number: 1 });
  const over = await memoryGeneration(`${HEADER}line 1 and more\n`, { number: 2 });
  over.inode = headed.inode;
  over.inodeKey = headed.inodeKey;
  // The head reaches as far as all lines begin alike.
  over.head = headOf(Buffer.from(`${HEADER}line `));
  const recognition = recognitionOf({ missing: [headed], finished: [over], lists: false });
  expect(await recognition.isAnothers(memoryContent('/app.log.1', text, { inode: '1' }), headed)).toBe(false);
});

test('a file that repeats all of a log that is being read is not the missing generation that merely begins alike', async () => {
  const headed = await memoryGeneration(HEADER, { number: 1 });
  const live = await memoryGeneration(`${WHOLE}three\n`, { number: 2 });
  live.handle = memoryFile(`${WHOLE}three\n`, '2');
  const recognition = recognitionOf({ live: [live], missing: [headed] });
  expect(await recognition.isAnothers(compressed(WHOLE), headed)).toBe(true);
  expect(await recognition.ofListed(compressed(WHOLE), { first: NOT_FIRST, nowMs: 0 })).toBe('covered');
  const unseen = { path: '/app.log.1.gz', stat: compressed(WHOLE).stat, originalPath: '/app.log', sinceMs: 0, absentMs: 0 };
  expect(await recognition.ofUnlisted(compressed(WHOLE), unseen, 0)).toBe('covered');
  expect(await recognition.isAnothers(compressed(`${HEADER}four\n`), headed)).toBe(false);
});

test('a compressed file that repeats an open log, of which nothing is read yet, is not the missing generation that merely begins alike', async () => {
  const headed = await memoryGeneration(HEADER, { number: 1 });
  const live = await memoryGeneration('', { number: 2 });
  expect(await recognitionOf({ live: [live], missing: [headed] }).isAnothers(compressed(WHOLE), headed)).toBe(false);
  live.handle = memoryFile(`${WHOLE}three\n`, '2');
  expect(await recognitionOf({ live: [live], missing: [headed] }).isAnothers(compressed(WHOLE), headed)).toBe(true);
  expect(await recognitionOf({ live: [live], missing: [headed] }).isAnothers(compressed(`${HEADER}four\n`), headed)).toBe(false);
});

test('the copy of a log that was cut since the last look is not the missing generation that merely begins alike', async () => {
  const headed = await memoryGeneration(HEADER, { number: 1 });
  headed.cutInPlace = { inode: headed.inode, noticedWallMs: Infinity };
  const live = await memoryGeneration(WHOLE, { number: 2 });
  const copy = memoryContent('/app.log.1', WHOLE);
  live.handle = memoryFile('', '2');
  expect(await recognitionOf({ live: [live], missing: [headed] }).isAnothers(copy, headed)).toBe(true);
  // Another file that begins with the same header.
  expect(await recognitionOf({ live: [live], missing: [headed] }).isAnothers(memoryContent('/app.log.1', `${HEADER}four\n`), headed)).toBe(false);
});

test('a compressed file that is still being written is no missing generation as long as it repeats a log that is being read', async () => {
  const headed = await memoryGeneration(HEADER, { number: 1 });
  const live = await memoryGeneration(WHOLE, { number: 2 });
  live.handle = memoryFile(WHOLE, '2');
  const half = () => unfinishedContent('/app.log.1.gz', WHOLE.slice(0, 120));
  expect(await recognitionOf({ live: [live], missing: [headed] }).isAnothers(half(), headed)).toBe(true);
  expect(await recognitionOf({ live: [live], missing: [headed] }).ofListed(half(), { first: NOT_FIRST, nowMs: 0 })).toBe('later');
  expect(await recognitionOf({ missing: [headed] }).isAnothers(half(), headed)).toBe(false);
  expect(await recognitionOf({ missing: [headed] }).ofListed(half(), { first: NOT_FIRST, nowMs: 0 })).toBe(headed);
});

test('the copy of a log that is being read is no copy of a cut log that began alike', async () => {
  const alike = `${HEADER}one ${'x'.repeat(80)}\n`;
  const cut = await memoryGeneration(`${alike}older ${'x'.repeat(200)}\n`, { number: 1 });
  cut.readEnds.note(alike.length, Buffer.from(alike).subarray(-limits.endMarkerBytes));
  cut.cutInPlace = { inode: cut.inode, noticedWallMs: Infinity };
  const live = await memoryGeneration(`${WHOLE}three\n`, { number: 2 });
  live.handle = memoryFile(`${WHOLE}three\n`, '2');
  const copy = memoryContent('/app.log.1', WHOLE);
  expect(await recognitionOf({ finished: [cut] }).ofListed(copy, { first: NOT_FIRST, nowMs: 0 })).toMatchObject({ position: WHOLE.length });
  expect(await recognitionOf({ finished: [cut], live: [live] }).ofListed(copy, { first: NOT_FIRST, nowMs: 0 })).toBeUndefined();
});

test.each([
  { title: 'a common header', copy: `${HEADER}new\n`, isIts: false },
  { title: 'a common header, which is all that it has', copy: HEADER, isIts: true },
  { title: 'where a read ended further on', copy: `${HEADER}older\nwri`, isIts: true },
  { title: 'what was read last', copy: `${HEADER}older\nwritten on ${'x'.repeat(200)}`, isIts: true },
])('a file is recognized as a copy of a cut log, made before the last bytes of that, by $title: $isIts', async ({ copy, isIts }) => {
  const cut = await memoryGeneration(`${HEADER}older\nwritten on ${'x'.repeat(210)}\n`, { number: 1 });
  for (const end of [HEADER, `${HEADER}older\n`]) cut.readEnds.note(end.length, Buffer.from(end).subarray(-limits.endMarkerBytes));
  cut.cutInPlace = { inode: cut.inode, noticedWallMs: Infinity };
  const live = await memoryGeneration(WHOLE, { number: 2 });
  live.handle = memoryFile(WHOLE, '2');
  const judged = () => recognitionOf({ missing: [cut], live: [live] }).ofListed(memoryContent('/app.log.1', copy), { first: NOT_FIRST, nowMs: 0 });
  const atPlace = await judged();
  expect(typeof atPlace === 'object' && atPlace.position).toBe(isIts && copy !== HEADER && copy.length);
  // A rotated file is no longer copied, so the copy must be of the log that was cut.
  cut.copyFound = false;
  live.path = '/app.log.2';
  const rotated = await judged();
  expect(typeof rotated === 'object' && rotated.position).toBe(isIts && copy.length);
});

test.each([
  { title: 'behind its header', seen: `${HEADER}older\nwrit`, copy: `${HEADER}older\nwritten`, isIts: true },
  { title: 'behind its header, and the file has another line there', seen: `${HEADER}older\nwrit`, copy: `${HEADER}older\nnew and`, isIts: false },
  { title: 'at the end of its header', seen: HEADER, copy: `${HEADER}older\nwritten`, isIts: false },
])('a file is recognized as a copy of a cut log, made while that was seen and not read, by an end $title: $isIts', async ({ seen, copy, isIts }) => {
  const cut = await memoryGeneration(`${HEADER}older\nwritten on ${'x'.repeat(210)}\n`, { number: 1 });
  cut.seenEnds.note(seen.length, Buffer.from(seen).subarray(-limits.endMarkerBytes));
  cut.cutInPlace = { inode: cut.inode, noticedWallMs: Infinity };
  const judged = await recognitionOf({ missing: [cut] }).ofListed(memoryContent('/app.log.1', copy), { first: NOT_FIRST, nowMs: 0 });
  expect(typeof judged === 'object' && judged.position).toBe(isIts && copy.length);
});

test.each([
  { title: 'never', beginning: `${HEADER}older\n`, setBackTo: undefined, isIts: true },
  { title: 'never, and has no more of it than its header', beginning: HEADER, setBackTo: undefined, isIts: false },
  { title: 'to before the file was written', beginning: `${HEADER}older\n`, setBackTo: 4000, isIts: false },
  { title: 'to when it was, at most', beginning: `${HEADER}older\n`, setBackTo: 5000, isIts: true },
])('a file that begins like a cut log, and like no other one, passes for its copy by its time if the clock was set back $title: $isIts', async ({ beginning, setBackTo, isIts }) => {
  const cut = await memoryGeneration(`${HEADER}older\nwritten on ${'x'.repeat(210)}\n`, { number: 1 });
  const ends = [HEADER, `${HEADER}older\n`, `${HEADER}older\nwritten on ${'x'.repeat(210)}\n`];
  for (const [index, end] of ends.entries()) cut.readEnds.note(end.length, Buffer.from(end).subarray(-limits.endMarkerBytes), 8000 + index * 1000);
  cut.cutInPlace = { inode: cut.inode, noticedWallMs: Infinity };
  const setBacks = new SetBacks({ lookedWallMs: undefined, known: () => [cut] });
  setBacks.notice({ nowMs: 0, wallMs: 10_000 });
  cut.dirty = false;
  if (setBackTo !== undefined) setBacks.notice({ nowMs: 1000, wallMs: setBackTo + 1000 });
  expect(cut.dirty).toBe(setBackTo !== undefined);
  const file = memoryContent('/app.log.1', `${beginning}writ`);
  const judged = await recognitionOf({ missing: [cut] }).ofListed({ ...file, stat: { ...file.stat, modifiedMs: 5000 } }, { first: NOT_FIRST, nowMs: 0 });
  expect(typeof judged).toBe(isIts ? 'object' : 'undefined');
});

test('only an unknown file waits until its possible log is judged; a file of a known generation does not', async () => {
  const first = { ...NOT_FIRST, postponed: () => 'log-first' as const };
  const headed = await memoryGeneration(HEADER, { number: 1 });
  expect(await recognitionOf({ missing: [headed] }).ofListed(compressed(WHOLE), { first, nowMs: 0 })).toBe(headed);
  expect(await recognitionOf({}).ofListed(compressed(WHOLE), { first, nowMs: 0 })).toBe('log-first');
  // A file that was there at the flow's first look is read, whatever it is.
  expect(await recognitionOf({}).ofListed(compressed(WHOLE), { first: { ...first, has: () => true }, nowMs: 0 })).toBeUndefined();
});

test('the inode number of a file of which nothing was read is no reason to read what another generation delivers', async () => {
  const empty = await memoryGeneration('', { number: 9 });
  const live = await memoryGeneration(WHOLE, { number: 2 });
  live.handle = memoryFile(WHOLE, '2');
  expect(await recognitionOf({ live: [live], missing: [empty] }).isAnothers(compressed(WHOLE), empty)).toBe(true);
  expect(await recognitionOf({ missing: [empty] }).isAnothers(compressed(WHOLE), empty)).toBe(false);
});

test('a file of which nothing was read does not belong to a finished, cut generation because it has the header of their log', async () => {
  const text = `${HEADER}three\n`;
  const file = memoryContent('/app.log.data-2', text, { inode: '9' });
  const empty = await memoryGeneration('', { number: 9 });
  const over = await memoryGeneration(WHOLE, { number: 2 });
  over.replaced(0);
  over.readEnds.note(HEADER.length, await readEndMarker(memoryFile(WHOLE, '2'), HEADER.length), 0);
  const known = { missing: [empty], finished: [over], lists: false };
  expect(await recognitionOf(known).isAnothers(file, empty)).toBe(false);
  // A copy that holds more than the header.
  const copy = memoryContent('/app.log.data-2', WHOLE, { inode: '9' });
  expect(await recognitionOf(known).isAnothers(copy, empty)).toBe(true);
});

test.each([
  { title: 'that line', text: 'the only line\n', isIts: false },
  { title: 'that line, and another one', text: 'the only line\nmore\n', isIts: true },
])('a compressed file with the inode number of an unread file, and with what a finished generation had: $title', async ({ text, isIts }) => {
  const empty = await memoryGeneration('', { number: 9 });
  const over = await memoryGeneration('the only line\n', { number: 2 });
  const recognition = recognitionOf({ missing: [empty], finished: [over], lists: false });
  expect(await recognition.isAnothers(memoryContent('/app.log.1.gz', text, { inode: '9', storage: 'gzip' }), empty)).toBe(!isIts);
});

test.each([
  { title: 'the header of their log', text: HEADER, isIts: true },
  { title: 'that header, and the beginning of a line', text: `${HEADER}on`, isIts: true },
  { title: 'that header and a line', text: `${HEADER}one\n`, isIts: false },
  { title: 'no more, under another number', text: HEADER, inode: '8', isIts: false },
])('a file with the inode number of an unread file, that begins like a log that is being read and has $title, belongs to the unread one: $isIts', async ({ text, inode = '9', isIts }) => {
  const empty = await memoryGeneration('', { number: 9 });
  const live = await memoryGeneration(`${HEADER}one\n`, { number: 2 });
  live.handle = memoryFile(`${HEADER}one\n`, '2');
  const recognition = recognitionOf({ live: [live], missing: [empty], lists: false });
  expect(await recognition.isAnothers(memoryContent('/app.log.data-2', text, { inode }), empty)).toBe(!isIts);
});

test('a generation counts as missing until nothing more has to be read to go on with it', async () => {
  const generation = await memoryGeneration(WHOLE, { number: 1 });
  const known = knownOf({ missing: [generation] });
  const found = compressed(WHOLE);
  const missingAtRead: boolean[] = [];
  const handle: FileHandle = {
    ...found.handle,
    read: (buffer, place) => {
      missingAtRead.push(known.missing.has(generation));
      return found.handle.read(buffer, place);
    },
  };
  expect(await recognitionOf({}, known).ofListed({ ...found, handle }, { first: NOT_FIRST, nowMs: 0 })).toBe(generation);
  expect(new Set(missingAtRead)).toEqual(new Set([true]));
  expect(known.missing.has(generation)).toBe(false);
});

test('a file that is read under the name of another log is repeated by the compressed form of that name', async () => {
  // The file got the inode number of one of which only the header was known.
  const live = await memoryGeneration(WHOLE, { number: 1 });
  live.handle = memoryFile(WHOLE, '1');
  live.originalPath = '/other.log';
  live.path = '/app.log.1';
  expect(await recognitionOf({ live: [live] }).ofListed(compressed(WHOLE), { first: NOT_FIRST, nowMs: 0 })).toBe('covered');
  const unseen = { path: '/app.log.1.gz', stat: compressed(WHOLE).stat, originalPath: '/app.log', sinceMs: 0, absentMs: 0 };
  expect(await recognitionOf({ live: [live] }).ofUnlisted(compressed(WHOLE), unseen, 0)).toBe('covered');
  live.path = '/third.log';
  expect(await recognitionOf({ live: [live] }).ofListed(compressed(WHOLE), { first: NOT_FIRST, nowMs: 0 })).toBeUndefined();
});

test.each([
  { path: '/app.log', state: 'active' },
  { path: '/app.log.1', state: 'rotated' },
])('a missing file that is found again at $path is $state: only a rotated one ends with its last byte', async ({ path, state }) => {
  const generation = await memoryGeneration(WHOLE, { number: 1 });
  const found = await recognitionOf({ missing: [generation] }).ofListed(memoryContent(path, `${WHOLE}half a li`, { inode: '1' }), { first: NOT_FIRST, nowMs: 0 });
  expect(found).toBe(generation);
  expect(generation.state).toBe(state);
});

test('a compressed file is neither new nor of a finished generation as long as an undecided file may be the one from which it was made', async () => {
  const undecided = new UndecidedFiles();
  await undecided.keep('1:1', { content: memoryContent('/app.log.1', WHOLE), isCopySoFar: false }, 0);
  const judged = (text: string, known: Known = {}) => recognitionOf({ undecided, ...known }).ofListed(compressed(text), { first: NOT_FIRST, nowMs: 0 });
  expect(await judged(WHOLE)).toBe('later');
  // Nor does a generation go on in it that is over and merely begins alike. A missing generation does: it may be nowhere else.
  const headed = await memoryGeneration(HEADER, { number: 1 });
  expect(await judged(WHOLE, { finished: [headed] })).toBe('later');
  expect(await judged(WHOLE, { missing: [headed] })).toBe(headed);
  expect(await judged(HEADER)).toBe('later');
  expect(await judged(`${HEADER}other\n`)).toBeUndefined();
  expect(await judged(`${WHOLE}three\n`)).toBeUndefined();
  await undecided.keep('1:1', undefined, 0);
  expect(await judged(WHOLE)).toBeUndefined();
});

test('a file of which nothing was read is recognized by its inode number, even if it begins like those of other inodes', async () => {
  const empty = await memoryGeneration('', { number: 1 });
  const headed = await memoryGeneration(HEADER, { number: 2 });
  const own = memoryContent('/app.log.1', WHOLE, { inode: '1' });
  for (const known of [{ missing: [empty, headed] }, { missing: [empty], finished: [headed] }]) {
    expect(await recognitionOf(known).isAnothers(own, empty)).toBe(false);
  }
  // The file may be the copy of the log that was cut.
  headed.cutInPlace = { inode: '2', noticedWallMs: Infinity };
  expect(await recognitionOf({ missing: [empty, headed] }).isAnothers(own, empty)).toBe(true);
});

test('if two logs begin with the same long header, a copy belongs to the one that was seen to end in it further on', async () => {
  const header = `${'#'.repeat(1500)}\n`;
  const text = `${header}f1 one\nf1 two\n`;
  const other = await memoryGeneration(header, { number: 2 });
  other.seeEnd(header.length + 3, await readEndMarker(memoryFile(text), header.length + 3));
  const unread = await memoryGeneration(header, { number: 1, offset: 0 });
  for (const cut of [other, unread]) cut.cutInPlace = { inode: cut.inode, noticedWallMs: 0 };
  const copy = memoryContent('/app.log.1', text);
  const isAnothers = () => recognitionOf({ missing: [unread], finished: [other] }).isAnothers(copy, unread);
  expect(await isAnothers()).toBe(true);
  unread.seeEnd(header.length + 7, await readEndMarker(memoryFile(text), header.length + 7));
  expect(await isAnothers()).toBe(false);
});

test('a listed file with the inode number of a file with only a header is new, also for the search, whether other files have that header or not', async () => {
  const headed = await memoryGeneration(HEADER, { number: 1 });
  const other = await memoryGeneration(HEADER, { number: 2 });
  const found = (path: string) => memoryContent(path, HEADER, { inode: '1' });
  const judged = (path: string, missing: readonly Generation[]) => recognitionOf({ missing }).ofListed(found(path), { first: NOT_FIRST, nowMs: 0 });
  expect(await judged('/other.log', [headed, other])).toBeUndefined();
  expect(await judged('/other.log', [headed])).toBeUndefined();
  expect(await recognitionOf({ missing: [headed, other] }).isAnothers(found('/other.log'), headed)).toBe(true);
  expect(await recognitionOf({ missing: [headed, other] }).isAnothers(found('/app.log.1'), headed)).toBe(false);
  expect(await judged('/app.log.1', [headed, other])).toBe(headed);
  // A file of another name is recognized by its lines.
  const read = await memoryGeneration(WHOLE, { number: 1 });
  const whole = memoryContent('/other.log', WHOLE, { inode: '1' });
  expect(await recognitionOf({ missing: [read, other] }).ofListed(whole, { first: NOT_FIRST, nowMs: 0 })).toBe(read);
});

test('an unlisted file with the inode number of a file with only a header belongs to the log whose name it has', async () => {
  const other = await memoryGeneration(HEADER, { number: 1 });
  const own = await memoryGeneration(HEADER, { number: 1 });
  other.path = other.originalPath = '/other.log';
  const found = memoryContent('/app.log.data-1', HEADER, { inode: '1' });
  const isAnothers = (generation: Generation) => recognitionOf({ missing: [other, own], lists: false }).isAnothers(found, generation);
  expect(await isAnothers(other)).toBe(true);
  expect(await isAnothers(own)).toBe(false);
  expect(await recognitionOf({ missing: [other], lists: false }).isAnothers(found, other)).toBe(false);
});
