/** What proves that a file holds a generation, and what does not. Each case lost or repeated lines once. */
import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CheckpointRow, NO_END } from '../../../src/core/checkpoint-row.ts';
import { FileFault } from '../../../src/core/errors.ts';
import type { FileHandle } from '../../../src/core/ports.ts';
import { NodeDecompression } from '../../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../../src/platform/node-file-system.ts';
import { readEndMarker, readHead } from '../../../src/tail/content/content-proof.ts';
import { type OpenContent, openContent } from '../../../src/tail/content/content.ts';
import { EMPTY_HEAD } from '../../../src/tail/content/file-identity.ts';
import type { Generation } from '../../../src/tail/generation/generation.ts';
import { KnownGenerations } from '../../../src/tail/generation/known-generations.ts';
import { isContinuation, isShortCopy } from '../../../src/tail/generation/lineage.ts';
import { rowOf } from '../../../src/tail/generation/rows.ts';
import { isStill } from '../../../src/tail/generation/still-proof.ts';
import { Generations } from '../../../src/tail/generations.ts';
import type { Listing } from '../../../src/tail/listing/discovery.ts';
import { NewNames } from '../../../src/tail/listing/new-names.ts';
import { NOT_FIRST } from '../../../src/tail/listing/seen-directories.ts';
import { Births } from '../../../src/tail/recognition/births.ts';
import { byClaim } from '../../../src/tail/recognition/claims.ts';
import { Copies } from '../../../src/tail/recognition/copies.ts';
import { takeHandles } from '../../../src/tail/recognition/handover.ts';
import { UndecidedFiles } from '../../../src/tail/recognition/undecided-files.ts';
import { Recognition } from '../../../src/tail/recognition/recognition.ts';
import { Sights } from '../../../src/tail/recognition/sights.ts';
import { LogNames } from '../../../src/tail/search/log-names.ts';
import { SearchSpace } from '../../../src/tail/search/search-space.ts';
import { findMissing } from '../../../src/tail/search/search.ts';
import { birthOptions, generationsOptions, unreadLogs } from '../../support/tail-options.ts';

const HEADER = '#Fields: date time cs-method cs-uri-stem sc-status\n';
const line = (name: string) => `${name} ${'x'.repeat(80)}\n`;

const NOTHING: Listing = { files: [], fresh: new Set(), changed: false, inodeKeys: new Set(), directories: [], changedDirectories: new Map(), faults: [] };

/** A file system on which opening the file fails once, as on a server that forgot the file for a moment. */
class ForgetfulFiles extends NodeFileSystem {
  forgets: string | undefined;

  override open(path: string): Promise<FileHandle> {
    if (path !== this.forgets) return super.open(path);
    this.forgets = undefined;
    return Promise.reject(new FileFault({ code: 'stale', systemCode: 'ESTALE', path }));
  }
}

const files = new ForgetfulFiles();
const content = { files, decompression: new NodeDecompression() };
const searchAnew = (generation: Generation) => ({
  space: new SearchSpace(files, undefined, 0),
  isTaken: () => false, logNames: new LogNames(),
  isAnothers: () => Promise.resolve(false),
  isCopy: (file: OpenContent) => isShortCopy(file, generation),
});
const births = new Births(birthOptions(), () => false);
let directory: string;
let log: string;
let opened: OpenContent[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-lineage-'));
  log = join(directory, 'app.log');
});

afterEach(async () => {
  for (const { handle } of opened) await handle.close();
  opened = [];
  rmSync(directory, { recursive: true, force: true });
});

async function open(path: string): Promise<OpenContent> {
  const one = await openContent(content, path);
  opened.push(one);
  return one;
}

/** A generation whose file holds `text`, of which parts of the given lengths were handed on one after another. */
async function generationOf(text: string, parts: readonly { bytes: number; telling?: boolean; reachedWallMs?: number }[]): Promise<Generation> {
  writeFileSync(log, text);
  const file = await open(log);
  const generation = await births.make(file, { offset: 0, state: 'active', nowMs: 0 });
  for (const { bytes, telling = true, reachedWallMs = Infinity } of parts) {
    const end = generation.position + bytes;
    generation.passTo(end, await readEndMarker(file.handle, end), { telling, wallMs: reachedWallMs });
    generation.tracker.open(bytes, generation.marker);
  }
  return generation;
}

test('a generation whose log was cut in place is not found again in that file, whatever stands before the position', async () => {
  const generation = await generationOf(line('a'), [{ bytes: 83 }]);
  truncateSync(log);
  // The new file begins with the same line, as with a common header: the marker finds the same 64 bytes.
  writeFileSync(log, line('a') + line('b'));
  expect(await isContinuation(await open(log), generation)).toBe(true);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  expect(await isContinuation(await open(log), generation)).toBe(false);
  writeFileSync(`${log}.1`, line('a') + line('b'));
  generation.adopt(await open(`${log}.1`));
  // The copy was lost again. A copy, unlike the cut log, has never held anything else.
  expect(await isContinuation(await open(`${log}.1`), generation)).toBe(true);
});

test('a file that shares no more than header lines with a log that was cut is no copy of it', async () => {
  const text = HEADER + line('a1') + line('a2');
  const generation = await generationOf(text, [{ bytes: HEADER.length, telling: false }, { bytes: text.length - HEADER.length }]);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  writeFileSync(`${log}.1`, HEADER + line('b1'));
  expect(await isShortCopy(await open(`${log}.1`), generation)).toBe(false);
  const read = await generationOf(text, [{ bytes: HEADER.length, telling: false }, { bytes: 84 }, { bytes: 84 }]);
  read.cutInPlace = { inode: read.inode, noticedWallMs: Infinity };
  writeFileSync(`${log}.1`, HEADER + line('a1'));
  expect(await isShortCopy(await open(`${log}.1`), read)).toBe(true);
  const { modifiedMs } = (await open(`${log}.1`)).stat;
  read.cutInPlace = { inode: read.inode, noticedWallMs: modifiedMs - 1 };
  expect(await isShortCopy(await open(`${log}.1`), read), 'made after the cut').toBe(false);
  for (const { outgrownWallMs, copy } of [{ outgrownWallMs: modifiedMs - 1, copy: false }, { outgrownWallMs: modifiedMs, copy: true }]) {
    const parts = [{ bytes: HEADER.length + 84, reachedWallMs: modifiedMs + 1 }, { bytes: 84, reachedWallMs: outgrownWallMs }];
    const outgrown = await generationOf(text, parts);
    outgrown.cutInPlace = { inode: outgrown.inode, noticedWallMs: Infinity };
    expect(await isShortCopy(await open(`${log}.1`), outgrown), 'made when the log was longer').toBe(copy);
  }
});

test('the copy of a log that was cut before anything of it was read, and lacks its last bytes, is recognized by where the log was seen to end', async () => {
  const generation = await generationOf(line('a1'), []);
  generation.adopt(await open(log));
  expect(await isStill(generation, content)).toBe(true);
  writeFileSync(log, line('a1') + line('a2') + line('a3'));
  generation.see(await (await open(log)).handle.stat(), { nowMs: 1, wallMs: 1 });
  expect(await isStill(generation, content)).toBe(true);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  writeFileSync(`${log}.1`, `${'b1 '.repeat(28)}${line('a2')}`);
  expect(await isContinuation(await open(`${log}.1`), generation)).toBe(false);
  writeFileSync(`${log}.1`, line('a1') + line('a2'));
  expect(await isContinuation(await open(`${log}.1`), generation)).toBe(true);
});

test('the rest of a cut log is in a copy that goes on beyond the position, not in one that ends before it, also if that copy cannot be opened at first', async () => {
  const generation = await generationOf(line('a1') + line('a2'), [{ bytes: 84 }, { bytes: 84 }]);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  truncateSync(log);
  writeFileSync(`${log}.1`, line('a1') + line('a2') + line('a3'));
  files.forgets = `${log}.1`;
  expect(await findMissing(content, generation, searchAnew(generation))).toBeUndefined();
  const found = await findMissing(content, generation, searchAnew(generation));
  if (found?.kind === 'rest') opened.push(found.content);
  expect(found?.kind).toBe('rest');
  writeFileSync(`${log}.1`, line('a1'));
  const copy = await findMissing(content, generation, searchAnew(generation));
  if (copy?.kind === 'copy') opened.push(copy.content);
  expect(copy?.kind).toBe('copy');
});

test('an empty file that was renamed to a name that no flow lists is found by its inode number', async () => {
  const generation = await generationOf('', []);
  generation.birthMs = undefined;
  renameSync(log, join(directory, 'current-2'));
  writeFileSync(join(directory, 'current-2'), line('a1'));
  const found = await findMissing(content, generation, searchAnew(generation));
  if (found === undefined || found.kind === 'unread') expect.fail('not found');
  opened.push(found.content);
  expect(found.content.path).toBe(join(directory, 'current-2'));
});

test('a generation that goes on in the copy of its cut log knows the copy by the bytes that the copy has', async () => {
  const generation = await generationOf(line('a1') + line('a2'), [{ bytes: 84 }, { bytes: 84 }]);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  writeFileSync(`${log}.1`, line('a1'));
  const short = await open(`${log}.1`);
  const copy = await births.make(short, { offset: 84, state: 'rotated', nowMs: 0 });
  copy.adopt(short);
  copy.originalTracker = generation.tracker;
  expect([...takeHandles([copy], [generation]).keys()]).toEqual([generation.number]);
  expect(generation.head).toEqual(await readHead(short.handle));
});

test('a file belongs to the generation that has it open, else to the last one that was seen in it', async () => {
  const generation = await generationOf(line('a'), []);
  const rows = [1, 2, 3].map((number) => ({ ...rowOf(generation, { nowMs: 0, wallMs: 0 }), generation: number }));
  const { handle } = await open(log);
  const known = { rows, directories: [], lookedWallMs: undefined };
  const inherited = { handles: new Map([[2, handle]]), undecided: new UndecidedFiles(), copies: new Copies(content).memory, unseen: { names: new NewNames(), gone: [], searches: new Map() }, sights: new Sights() };
  expect(byClaim(known).map((row) => row.generation)).toEqual([3, 2, 1]);
  expect(byClaim({ ...known, inherited }).map((row) => row.generation)).toEqual([2, 3, 1]);
  // Generation 3 is known only by its inode number, which older generations had, too.
  const empty = known.rows.map((row) => (row.generation === 3 ? { ...row, head: EMPTY_HEAD, state: 'rotated' as const } : row));
  expect(byClaim({ ...known, rows: empty }).map((row) => row.generation)).toEqual([2, 1, 3]);
  // The file of generation 3 was already gone: an older generation was found in the file that got its inode number.
  const gone = known.rows.map((row) => (row.generation === 3 ? { ...row, waits: [{ end: NO_END, sinceWallMs: 0 }] } : row));
  expect(byClaim({ ...known, rows: gone }).map((row) => row.generation)).toEqual([2, 1, 3]);
});

test.each([
  { title: 'few bytes', read: 'a\n', found: false },
  { title: 'a whole marker', read: line('a'), found: true },
])('a generation that is over, of which $title was read, goes on in its file when more is written: $found', async ({ read, found }) => {
  const generation = await generationOf(read, [{ bytes: read.length }]);
  const known = new KnownGenerations({ rememberMs: 1000, wallMs: () => 0 });
  const { finished } = known;
  finished.add(generation);
  const recognition = new Recognition({ known, copies: new Copies(content), undecided: new UndecidedFiles(), births, lists: () => true });
  expect(await recognition.ofListed(await open(log), { first: NOT_FIRST, nowMs: 0 })).toBe(generation);
  finished.add(generation);
  writeFileSync(log, `${read}more\n`);
  expect(await recognition.ofListed(await open(log), { first: NOT_FIRST, nowMs: 0 })).toBe(found ? generation : undefined);
});

test.each([
  { title: 'made at another time: another file got its number', madeLaterMs: -1, cut: false },
  { title: 'made at the same time: it was cut', madeLaterMs: 0, cut: true },
])('a file that is no longer what it was, $title', async ({ madeLaterMs, cut }) => {
  const generation = await generationOf(line('a'), []);
  const row = rowOf(generation, { nowMs: 0, wallMs: 0 });
  const birthMs = row.birthMs === undefined ? undefined : row.birthMs + madeLaterMs;
  const remembered = { rows: [{ ...row, birthMs }], directories: [], lookedWallMs: undefined };
  const generations = new Generations(generationsOptions(content), remembered);
  for (const one of generations.live()) await generations.replaced(one, log, 0);
  expect(generations.missing().map((one) => one.cut)).toEqual([cut]);
});

test.each([
  { title: 'made at another time: it was reused', births: [1, 2], cut: false },
  { title: 'made at the same time: it was cut', births: [1, 1], cut: true },
  { title: 'of which nobody knows when it was made: it may have been cut', births: [undefined, undefined], cut: true },
])('two remembered generations of one inode, $title', async ({ births: times, cut }) => {
  const generation = await generationOf(line('a'), [{ bytes: 83 }]);
  const rows: CheckpointRow[] = times.map((birthMs, index) => ({ ...rowOf(generation, { nowMs: 0, wallMs: 0 }), birthMs, generation: index + 1 }));
  const generations = new Generations(generationsOptions(content), { rows, directories: [], lookedWallMs: undefined });
  expect(generations.missing().map((one) => [one.number, one.cut])).toEqual([[1, cut]]);
});

test('a generation that is remembered as cut in place is not read on in its old file', async () => {
  const generation = await generationOf(line('a'), [{ bytes: 83 }]);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: 1 };
  const rows = [rowOf(generation, { nowMs: 0, wallMs: 0 })];
  const generations = new Generations(generationsOptions(content), { rows, directories: [], lookedWallMs: undefined });
  expect([[...generations.live()].length, generations.missing().map(({ cutInPlace }) => cutInPlace)]).toEqual([0, [generation.cutInPlace]]);
});

test('a file that began like another one, was deleted, and then turns out to differ is read by the successor', async () => {
  const found = async (path: string) => ({ path, stat: await files.stat(path) });
  const known = { rows: [], directories: [], lookedWallMs: undefined };
  const predecessor = new Generations(generationsOptions(content), known);
  writeFileSync(log, line('a'));
  expect(await predecessor.judge.appeared(await found(log), NOT_FIRST, 0)).toBeDefined();
  writeFileSync(`${log}.1`, line('a'));
  expect(await predecessor.judge.appeared(await found(`${log}.1`), NOT_FIRST, 0)).toBeUndefined();
  writeFileSync(`${log}.1`, line('a') + line('b'));
  rmSync(`${log}.1`);
  const successor = new Generations(generationsOptions(content), { ...known, ...predecessor.handOver({ nowMs: 0, wallMs: 0 }) });
  await successor.judge.readUndecided(NOTHING, 0, unreadLogs());
  expect([...successor.live()].map(({ path, position, sizeBytes }) => [path, position, sizeBytes])).toEqual([
    [log, 0, 83],
    [`${log}.1`, 0, 166],
  ]);
  await successor.close();
});

test.each([
  { title: 'until it can', log: true, nowMs: 1000, read: [83] },
  { title: 'for a quarter of a minute', log: false, nowMs: 15_000, read: [0] },
])('the copy of a log that cannot be read, deleted meanwhile, is not taken for a new file, $title', async ({ log: isReadable, nowMs, read }) => {
  const found = async (path: string) => ({ path, stat: await files.stat(path) });
  const generations = new Generations(generationsOptions(content), { rows: [], directories: [], lookedWallMs: undefined });
  writeFileSync(log, line('a'));
  writeFileSync(`${log}.1`, line('a'));
  await generations.judge.appeared(await found(`${log}.1`), { ...NOT_FIRST, postponed: () => 'unsure' }, 0);
  rmSync(`${log}.1`);
  writeFileSync(log, line('a') + line('b'));
  await generations.judge.readUndecided(NOTHING, 0, unreadLogs(log));
  expect(generations.all()).toEqual([]);
  if (isReadable) {
    await generations.judge.appeared(await found(log), NOT_FIRST, 500);
    generations.at(log)?.tracker.open(83);
  }
  await generations.judge.readUndecided(NOTHING, nowMs, unreadLogs());
  expect(generations.all().map(({ position }) => position)).toEqual(read);
  await generations.close();
});

test('a deleted file that was never read, and is held no longer, is found in its compressed form by what it was when it was let go', async () => {
  const deletedFiles = { keepMsMax: 0, keepBytesMax: undefined };
  const generations = new Generations(generationsOptions(content, { deletedFiles }), { rows: [], directories: [], lookedWallMs: undefined });
  writeFileSync(log, '');
  await generations.judge.appeared({ path: log, stat: await files.stat(log) }, NOT_FIRST, 0);
  const generation = generations.at(log);
  if (generation === undefined) expect.fail('it is read');
  writeFileSync(log, line('a'));
  writeFileSync(`${log}.1.gz`, gzipSync(line('a')));
  rmSync(log);
  expect(await generations.absent(generation, () => ({ nowMs: 1, wallMs: 1 }))).toBe(true);
  await generations.retire(10, NOTHING);
  expect(generations.missing()).toEqual([generation]);
  expect(await generations.search(generation, 20)).toBe(generation);
  expect(generation).toMatchObject({ path: `${log}.1.gz`, position: 0 });
  await generations.close();
});

test('the bytes of a file that could not be compared, and that the server forgot, are counted as lost and announced', async () => {
  writeFileSync(log, line('a'));
  const undecided = new UndecidedFiles();
  const file = await openContent(content, log);
  const stat = () => Promise.reject(new FileFault({ code: 'stale', systemCode: 'ESTALE', path: log }));
  const handle: FileHandle = { read: stat, stat, close: () => file.handle.close() };
  await undecided.keep('key', { content: { ...file, handle }, isCopySoFar: false }, 0);
  const told: unknown[] = [];
  const listening = generationsOptions(content, {
    events: { emit: (name, fields) => void told.push([name, fields]) },
    onResolve: (_, { outcome, bytes }) => void told.push([outcome, bytes]),
    onFinished: ({ position }) => void told.push(['finished', position]),
  });
  const inherited = { handles: new Map<number, FileHandle>(), undecided, copies: new Copies(content).memory, unseen: { names: new NewNames(), gone: [], searches: new Map() }, sights: new Sights() };
  const generations = new Generations(listening, { rows: [], directories: [], lookedWallMs: undefined, inherited });
  await generations.judge.readUndecided(NOTHING, 0, unreadLogs());
  expect(told).toEqual([
    ['lost', 83],
    ['bytesLost', { flow: 'flow', path: log, bytes: 83 }],
    ['finished', 83],
  ]);
  expect(generations.all()).toEqual([]);
});
