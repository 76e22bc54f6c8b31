/** What tells the file of a generation from all other files, and what many files share. */
import { expect, test } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { headerBytesIn, isToldApart } from '../../../../src/tail/recognition/telling.ts';
import { memoryContent, memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const HEADER = `#Fields: ${'date time '.repeat(8)}\n`;
const WHOLE = `${HEADER}one\ntwo\n`;
/** A header that is longer than the head by which a file is known. */
const LONG_HEADER = `${'#'.repeat(1500)}\n`;

/** Two generations of /app.log: that of inode 1 held `own`, that of inode 2 held `other`. */
const both = async (own: string, other: string): Promise<readonly Generation[]> => [
  await memoryGeneration(own, { number: 1 }),
  await memoryGeneration(other, { number: 2 }),
];

test.each([
  { own: '', other: WHOLE, told: false },
  { own: HEADER, other: HEADER, told: false },
  { own: HEADER, other: 'another log\n', told: false },
  { own: `${HEADER}#Date: 2026-11-21\n`, other: 'another log\n', told: false },
  { own: WHOLE, other: 'another log\n', told: true },
  { own: WHOLE, other: HEADER, told: true },
  { own: WHOLE, other: WHOLE, told: false },
  { own: LONG_HEADER, other: LONG_HEADER, told: false },
  { own: `${LONG_HEADER}one\n`, other: LONG_HEADER, told: true },
  { own: LONG_HEADER, other: `${LONG_HEADER}one\n`, told: false },
  { own: `${LONG_HEADER}one\n`, other: `${LONG_HEADER}one\ntwo\n`, told: true },
])('a generation with $own.length known bytes, next to another one with $other.length, is told apart in a file of its inode number: $told', async ({ own, other, told }) => {
  const all = await both(own, other);
  const content = memoryContent('/other.log', `${own}more\n`, { inode: '1' });
  const [generation] = all;
  expect(generation && (await isToldApart(content, generation, all))).toBe(told);
});

/** The header is followed by a line of data. */
const directives = ['#Version: 1.0\n#Fields: date time\n', '#Version: 1.0\n#Software: even\n#Fields: date time\n'];
test.each(directives)('%j is all header, whatever the encoding', async (header) => {
  const littleEndian = (text: string) => Buffer.from(text, 'utf16le');
  const bigEndian = (text: string) => littleEndian(text).swap16();
  const textOf = (bytes: Buffer) => bytes.toString('utf8');
  for (const encode of [Buffer.from, littleEndian, bigEndian]) {
    const content = memoryContent('/app.log', textOf(encode(`${header}1999-01-01 00:00\n`)));
    expect(await headerBytesIn(content, Infinity)).toBe(encode(header).length);
  }
});

test('an open file or an end of another generation, beyond its head, shows that both begin alike', async () => {
  const beginning = `${HEADER}one\n`;
  const all = await both(beginning, WHOLE);
  const [generation, other] = all;
  if (generation === undefined || other === undefined) expect.fail('two are known');
  const isTold = () => isToldApart(memoryContent('/other.log', `${beginning}new\n`, { inode: '1' }), generation, all);
  expect(await isTold()).toBe(true);
  other.handle = memoryFile(WHOLE, '2');
  expect(await isTold()).toBe(false);
  other.handle = undefined;
  other.seeEnd(beginning.length, Buffer.from(beginning).subarray(-limits.endMarkerBytes));
  expect(await isTold()).toBe(false);
});

test('another generation whose lines end alike does not begin alike if one of its ends differs', async () => {
  const text = (name: string) => `${HEADER}${name} ${'x'.repeat(300)}\n`;
  const all = await both(`${text('one')}goes on ${'x'.repeat(80)}\n`, `${text('two')}goes on ${'x'.repeat(2000)}\n`);
  const [generation, other] = all;
  if (generation === undefined || other === undefined) expect.fail('two are known');
  const content = memoryContent('/other.log', `${text('one')}goes on ${'x'.repeat(80)}\nmore\n`, { inode: '1' });
  const note = (end: string) => other.readEnds.note(end.length, Buffer.from(end).subarray(-limits.endMarkerBytes));
  note(`${text('two')}goes on ${'x'.repeat(80)}\n`);
  expect(await isToldApart(content, generation, all)).toBe(false);
  note(`${HEADER}two`);
  expect(await isToldApart(content, generation, all)).toBe(true);
});

test.each([
  { path: '/app.log', inode: '1', told: true },
  { path: '/app.log', inode: '9', told: true },
  { path: '/app.log.1', inode: '1', told: true },
  { path: '/old/app.log-20261121.gz', inode: '9', told: true },
  { path: '/app.log.data-2', inode: '1', told: true },
  { path: '/app.log.data-2', inode: '9', told: false },
  { path: '/app-2.log', inode: '1', told: false },
  { path: '/other.log', inode: '1', told: false },
])('a file at $path, of inode $inode, that holds no more of /app.log, inode 1, than a common header is its own: $told', async ({ path, inode, told }) => {
  const all = await both(HEADER, HEADER);
  const [generation] = all;
  expect(generation && (await isToldApart(memoryContent(path, HEADER, { inode }), generation, all))).toBe(told);
});

test.each([
  { path: '/app.log.2.gz', inode: '1', storage: 'gzip', told: true },
  { path: '/app.log.2', inode: '1', told: true },
  { path: '/app.log.2.gz', inode: '9', storage: 'gzip', told: true },
  { path: '/app.log.2', inode: '9', told: false },
  { path: '/app.log.data-2', inode: '1', told: false },
] as const)('a log that was itself numbered, /app.log.1, inode 1, goes on at $path, of inode $inode: $told', async ({ path, told, ...how }) => {
  const all = await both(HEADER, HEADER);
  const [generation] = all;
  if (generation === undefined) expect.fail('two are known');
  generation.path = generation.originalPath = '/app.log.1';
  expect(await isToldApart(memoryContent(path, HEADER, how), generation, all)).toBe(told);
});

test('a numbered log of which nothing was read goes on under its own name and the rotated ones of that', async () => {
  const all = await both('', HEADER);
  const [generation] = all;
  if (generation === undefined) expect.fail('two are known');
  generation.path = generation.originalPath = '/app.log.2';
  const isTold = (path: string) => isToldApart(memoryContent(path, HEADER, { inode: '1' }), generation, all);
  expect(await isTold('/app.log.2')).toBe(true);
  expect(await isTold('/app.log.2.gz')).toBe(true);
  // A new file can have got the inode number.
  expect(await isTold('/app.log.1')).toBe(false);
  expect(await isTold('/app.log.3')).toBe(false);
});

test('a name that only begins like the name of the file is another name', async () => {
  const all = await both(HEADER, HEADER);
  const [generation] = all;
  if (generation === undefined) expect.fail('two are known');
  generation.path = generation.originalPath = '/app.log.data-1';
  const isTold = (path: string) => isToldApart(memoryContent(path, HEADER, { inode: '1' }), generation, all);
  expect(await isTold('/app.log.data-14')).toBe(false);
  expect(await isTold('/app.log.data-1.4')).toBe(true);
});

test('the birth time tells the file, whatever its name, if the file system keeps it', async () => {
  const all = await both(HEADER, HEADER);
  const [generation] = all;
  if (generation === undefined) expect.fail('two are known');
  const content = memoryContent('/other.log', HEADER, { inode: '1' });
  generation.birthMs = 5;
  expect(await isToldApart(content, generation, all)).toBe(false);
  expect(await isToldApart({ ...content, stat: { ...content.stat, birthMs: 5 } }, generation, all)).toBe(true);
});

test('a few bytes do not tell a file with another name, whatever the others begin with; a whole marker that is no header does', async () => {
  const isTold = async (text: string) => {
    const all = await both(text, 'another log\n');
    return all[0] !== undefined && isToldApart(memoryContent('/other.log', text, { inode: '1' }), all[0], all);
  };
  expect(await isTold('#Fields: date time\n')).toBe(false);
  expect(await isTold(`${'#'.repeat(63)}\n`)).toBe(false);
  expect(await isTold(`one\n${'x'.repeat(59)}\n`)).toBe(true);
});
