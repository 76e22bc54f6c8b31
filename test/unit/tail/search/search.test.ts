/** Which files keep a generation from being given up, and that the search leaves no file open. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { FileFault, type FileFaultCode } from '../../../../src/core/errors.ts';
import { limits } from '../../../../src/core/limits.ts';
import type { FileStat, FileSystem } from '../../../../src/core/ports.ts';
import { NodeDecompression } from '../../../../src/platform/node-decompression.ts';
import type { OpenContent } from '../../../../src/tail/content/content.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { isShortCopy } from '../../../../src/tail/generation/lineage.ts';
import { SearchSpace, SearchSpaces } from '../../../../src/tail/search/search-space.ts';
import { LogNames } from '../../../../src/tail/search/log-names.ts';
import { findMissing } from '../../../../src/tail/search/search.ts';
import { memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const TEXT = 'a line of the log that is gone, which is long enough to be told from any other one\n';

interface World {
  /** By path. */
  readonly files: Readonly<Record<string, { readonly text: string; readonly inode: string; readonly birthMs?: number }>>;
  /** What a call on a path fails with. */
  readonly faults: Readonly<Record<string, FileFaultCode>>;
}

/** A file system with these files in `/` and `/old`. */
function filesOf({ files, faults }: World) {
  let openCount = 0;
  const check = (path: string) => {
    const code = faults[path];
    if (code !== undefined) throw new FileFault({ code, systemCode: code, path });
  };
  const statOf = (path: string): FileStat => {
    const file = files[path];
    if (file === undefined) throw new FileFault({ code: 'not-found', systemCode: 'ENOENT', path });
    const { text, inode, birthMs } = file;
    return { kind: 'file', device: '1', inode, sizeBytes: text.length, modifiedMs: 0, linkCount: 1, birthMs };
  };
  const system: Pick<FileSystem, 'list' | 'stat' | 'open'> = {
    list: async (directory) => {
      check(directory);
      const below = Object.keys(files).filter((path) => path.slice(0, path.lastIndexOf('/')) === (directory === '/' ? '' : directory));
      const entries = below.map((path) => ({ name: path.slice(path.lastIndexOf('/') + 1), kind: 'file' as const }));
      return directory === '/' ? [...entries, { name: 'old', kind: 'directory' }] : entries;
    },
    stat: async (path) => statOf(path),
    open: async (path) => {
      check(path);
      openCount += 1;
      const handle = memoryFile(files[path]?.text ?? '', files[path]?.inode);
      const read: typeof handle.read = async (buffer, place) => {
        check(`${path}: read`);
        return handle.read(buffer, place);
      };
      const close = async () => {
        openCount -= 1;
        check(`${path}: close`);
      };
      return { ...handle, read, stat: async () => statOf(path), close };
    },
  };
  return { system: system as FileSystem, openCount: () => openCount };
}

const nothingIsCompressed = { open: () => Promise.reject(new Error('nothing is compressed')) as never };
const rest = { text: `${TEXT}more\n`, inode: '1' };
const other = { text: 'another log\n', inode: '7' };

const cases: readonly { title: string; world: World; birthMs?: number; cut?: boolean; found: string | undefined }[] = [
  { title: 'nothing is there', world: { files: {}, faults: {} }, found: undefined },
  { title: 'its file is there', world: { files: { '/app.log.1': rest }, faults: {} }, found: 'rest' },
  { title: 'its file cannot be opened', world: { files: { '/app.log.1': rest }, faults: { '/app.log.1': 'denied' } }, found: 'unread' },
  { title: 'its file cannot be read', world: { files: { '/app.log.1': rest }, faults: { '/app.log.1: read': 'other' } }, found: 'unread' },
  { title: 'a file of its number, but not of its name, cannot be opened, and nobody knows when it was made', world: { files: { '/secret': rest }, faults: { '/secret': 'denied' } }, found: undefined },
  { title: 'its file under a name of its own cannot be opened', world: { files: { '/moved': { ...rest, birthMs: 5 } }, faults: { '/moved': 'denied' } }, birthMs: 5, found: 'unread' },
  { title: 'the file that was cut in place cannot be opened', world: { files: { '/app.log': rest }, faults: { '/app.log': 'denied' } }, cut: true, found: undefined },
  { title: 'an old file of the log may not be read', world: { files: { '/app.log.2': other }, faults: { '/app.log.2': 'denied' } }, found: undefined },
  { title: 'an old file of the log is damaged', world: { files: { '/app.log.2': other }, faults: { '/app.log.2: read': 'other' } }, found: undefined },
  { title: 'there are no descriptors for a file of the log', world: { files: { '/app.log.2': other }, faults: { '/app.log.2': 'too-many-open' } }, found: 'unread' },
  { title: 'its directory may not be read', world: { files: {}, faults: { '/': 'denied' } }, found: 'unread' },
  { title: 'its directory is gone', world: { files: {}, faults: { '/': 'not-found' } }, found: undefined },
  { title: 'a directory below may not be read', world: { files: {}, faults: { '/old': 'denied' } }, found: undefined },
  { title: 'there are no descriptors for a directory below', world: { files: {}, faults: { '/old': 'too-many-open' } }, found: 'unread' },
  { title: 'its file is there, and another one cannot be opened', world: { files: { '/app.log.1': other, '/app.log.2': rest }, faults: { '/app.log.1': 'too-many-open' } }, found: 'rest' },
];

test('of several files that may be the copy of one that was cut, the copy is the longest: others of the log begin alike', async () => {
  const header = `#Fields: ${'date time '.repeat(8)}\n`;
  const generation = await memoryGeneration(`${header}first\nsecond\n`);
  generation.readEnds.note(header.length, Buffer.from(header).subarray(-limits.endMarkerBytes));
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  // One byte is read and on its way.
  generation.tracker.open(1);
  const files = { '/app.log.1': { text: header, inode: '7' }, '/app.log.2': { text: `${header}first\n`, inode: '8' }, '/app.log.3': { text: header, inode: '9' } };
  const { system, openCount } = filesOf({ files, faults: {} });
  const search = { space: new SearchSpace(system, undefined, 0), isTaken: () => false, logNames: new LogNames(), isAnothers: () => Promise.resolve(false), isCopy: (file: OpenContent) => isShortCopy(file, generation) };
  const result = await findMissing({ files: system, decompression: nothingIsCompressed }, generation, search);
  expect(result).toMatchObject({ kind: 'copy', content: { path: '/app.log.2' } });
  expect(openCount()).toBe(1);
});

const HEADED = `#Fields: ${'date time '.repeat(8)}\n`;

test.each([
  { title: 'the first that has it', texts: ['', 'seen\n', 'seen\nmore\n'], path: '/app.log.2' },
  { title: 'none has it: the longest', texts: ['', 'se', 's'], path: '/app.log.2' },
  { title: 'one that is shorter cannot be closed', texts: ['', 'seen\n'], fault: '/app.log.1: close', path: '/app.log.2' },
  { title: 'the one that has it cannot be read: the longest of the others', texts: ['', 'seen\n'], fault: '/app.log.2: read', path: '/app.log.1' },
  { title: 'the one that has it cannot be opened now: none of the others', texts: ['', 'seen\n'], fault: '/app.log.2', path: undefined },
])('of several files in which one that was cut behind the header of its log may go on, it is that with all that was seen of it, $title', async ({ texts, fault, path }) => {
  const generation = await memoryGeneration(HEADED);
  generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  const seen = `${HEADED}seen\n`;
  generation.seenEnds.note(seen.length, Buffer.from(seen).subarray(-limits.endMarkerBytes));
  const files = Object.fromEntries(texts.map((text, index) => [`/app.log.${index + 1}`, { text: `${HEADED}${text}`, inode: `${index + 7}` }]));
  const { system, openCount } = filesOf({ files, faults: fault === undefined ? {} : { [fault]: path === undefined ? 'too-many-open' : 'other' } });
  const none = { space: new SearchSpace(system, undefined, 0), isTaken: () => false, logNames: new LogNames(), isAnothers: async () => false, isCopy: async () => false };
  const found = await findMissing({ files: system, decompression: nothingIsCompressed }, generation, none);
  expect(found).toMatchObject(path === undefined ? { kind: 'unread' } : { kind: 'rest', content: { path } });
  expect(openCount()).toBe(path === undefined ? 0 : 1);
});

test.each([
  { title: 'its own file is still there', isThere: true, path: '/app.log.1' },
  { title: 'its own file is gone', isThere: false, path: '/app.log.1.gz' },
])('where a compressed form is listed first, $title: it goes on in $path', async ({ isThere, path }) => {
  const generation = await memoryGeneration(TEXT);
  const own = { text: `${TEXT}more\n`, inode: '1' };
  const { system, openCount } = filesOf({ files: { '/app.log.1.gz': { ...own, inode: '7' }, ...(isThere && { '/app.log.1': own }) }, faults: {} });
  const compressed = gzipSync(own.text);
  const open: FileSystem['open'] = async (name) => {
    const handle = await system.open(name);
    const read: typeof handle.read = async (buffer, { bufferOffset, length, position }) => compressed.subarray(position, position + length).copy(buffer, bufferOffset);
    return name.endsWith('.gz') ? { ...handle, read } : handle;
  };
  const none = { space: new SearchSpace(system, undefined, 0), isTaken: () => false, logNames: new LogNames(), isAnothers: async () => false, isCopy: async () => false };
  const found = await findMissing({ files: { ...system, open }, decompression: new NodeDecompression() }, generation, none);
  expect(found).toMatchObject({ kind: 'rest', content: { path } });
  expect(openCount()).toBe(1);
  if (found !== undefined && 'content' in found) await found.content.handle.close();
});

test.each(cases)('$title: $found', async ({ world, birthMs, cut, found }) => {
  const generation = await memoryGeneration(TEXT);
  generation.birthMs = birthMs;
  if (cut === true) generation.cutInPlace = { inode: generation.inode, noticedWallMs: Infinity };
  const { system, openCount } = filesOf(world);
  const search = { space: new SearchSpace(system, undefined, 0), isTaken: () => false, logNames: new LogNames(), isAnothers: () => Promise.resolve(false), isCopy: (file: OpenContent) => isShortCopy(file, generation) };
  const result = await findMissing({ files: system, decompression: nothingIsCompressed }, generation, search);
  expect(result?.kind).toBe(found);
  expect(openCount()).toBe(found === 'rest' ? 1 : 0);
});

test('a file that does not hold the generation is opened again only when it changed; missing generations share one listing', async () => {
  const generations = [await memoryGeneration(TEXT), await memoryGeneration(`${TEXT}of another`)];
  const files: Record<string, { text: string; inode: string }> = { '/app.log.1': { text: 'another log\n', inode: '7' } };
  let lists = 0;
  let opens = 0;
  const { system } = filesOf({ files, faults: {} });
  const counted = { ...system, list: (path: string) => ((lists += 1), system.list(path)), open: (path: string) => ((opens += 1), system.open(path)) };
  const spaces = new SearchSpaces(counted, undefined);
  const search = async (generation: Generation, nowMs: number) => {
    generation.missingSinceMs ??= 0;
    const space = spaces.for(generation, nowMs);
    const found = await findMissing({ files: counted, decompression: nothingIsCompressed }, generation, { space, isTaken: () => false, logNames: new LogNames(), isAnothers: () => Promise.resolve(false), isCopy: () => Promise.resolve(false) });
    await (found !== undefined && found.kind !== 'unread' ? found.content.handle.close() : undefined);
    return found?.kind;
  };
  for (const nowMs of [0, 1000, 4000, 5000, 6000]) for (const [turn, generation] of generations.entries()) expect(await search(generation, nowMs + 400 * turn)).toBeUndefined();
  // Both generations share the listings of the root and of the directory below.
  expect({ lists, opens }).toEqual({ lists: 5 * 2, opens: 2 * 3 });
  files['/app.log.1'] = { text: 'another log, and more\n', inode: '7' };
  for (const generation of generations) expect(await search(generation, 7000)).toBeUndefined();
  expect(opens).toBe(2 * 4);
});
