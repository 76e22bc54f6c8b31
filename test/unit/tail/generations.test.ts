/** What a flow knows of its files when a file fails while it is examined, or when nothing is known of a file. */
import { expect, test } from 'vitest';
import { type CheckpointRow, NO_ENDS } from '../../../src/core/checkpoint-row.ts';
import { FileFault } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import type { FileHandle, FileStat, FileSystem } from '../../../src/core/ports.ts';
import { EMPTY_HEAD, headOf } from '../../../src/tail/content/file-identity.ts';
import { isStill } from '../../../src/tail/generation/still-proof.ts';
import { Generations } from '../../../src/tail/generations.ts';
import { NOT_FIRST } from '../../../src/tail/listing/seen-directories.ts';
import { UnreadLogs } from '../../../src/tail/recognition/unread-logs.ts';
import { MemoryFlow } from '../../support/memory-directory.ts';
import { memoryFile } from '../../support/memory-files.ts';
import { generationsOptions, noDecompression } from '../../support/tail-options.ts';

const FIRST = `first ${'x'.repeat(80)}\n`;
const HEADER = '#Fields: date time\n';
const SECOND = `second ${'x'.repeat(80)}\n`;
const row: CheckpointRow = {
  flow: 'flow',
  generation: 1,
  path: '/app.log',
  originalPath: '/app.log',
  device: '1',
  inode: '1',
  head: headOf(Buffer.from(FIRST)),
  tailMarker: '',
  offset: 0,
  cuts: [],
  sizeBytes: FIRST.length + SECOND.length,
  modifiedMs: 0,
  state: 'active',
  storage: 'plain',
  updatedWallMs: 0,
  waits: [],
  ends: NO_ENDS,
};

const readFirst: CheckpointRow = { ...row, offset: FIRST.length, tailMarker: Buffer.from(FIRST).subarray(-limits.tailMarkerBytes).toString('hex') };

interface MemoryDisk {
  /** By path, all in `/`. */
  readonly files: Readonly<Record<string, { readonly text: string; readonly inode: string }>>;
  /** Whether a read of so many bytes fails. */
  readonly fails?: (lengthBytes: number) => boolean;
}

/** A flow that starts with these rows on such a disk. `generation`: that of the first row; `open`: the paths of open files. */
function generationsOn({ files, fails = () => false }: MemoryDisk, ...rows: readonly CheckpointRow[]) {
  const open = new Set<string>();
  const statOf = (path: string): FileStat => {
    const file = files[path];
    if (file === undefined) throw new FileFault({ code: 'not-found', systemCode: 'ENOENT', path });
    return { kind: 'file', device: '1', inode: file.inode, sizeBytes: file.text.length, modifiedMs: 0, linkCount: 1 };
  };
  const system: Pick<FileSystem, 'list' | 'stat' | 'open'> = {
    list: async () => Object.keys(files).map((path) => ({ name: path.slice(1), kind: 'file' })),
    stat: async (path) => statOf(path),
    open: async (path) => {
      const opened = statOf(path);
      const last = files[path]?.text ?? '';
      open.add(path);
      // An open handle sees that the file is cut, and can still read the file when it is deleted.
      const text = () => Object.values(files).find(({ inode }) => inode === opened.inode)?.text ?? last;
      const read: FileHandle['read'] = async (buffer, place) => {
        if (fails(place.length)) throw new FileFault({ code: 'other', systemCode: 'EIO', path });
        return memoryFile(text()).read(buffer, place);
      };
      const close = async () => {
        open.delete(path);
      };
      return { read, stat: async () => ({ ...opened, sizeBytes: text().length }), close };
    },
  };
  const content = { files: system as FileSystem, decompression: noDecompression };
  const generations = new Generations(generationsOptions(content), { rows, directories: [{ directory: '/' }], lookedWallMs: undefined });
  const generation = [...generations.live()].find(({ number }) => number === rows[0]?.generation);
  if (generation === undefined) throw new Error('the row is known');
  return { generations, generation, content, open };
}

test('a copy that cannot be read when it is taken up is closed, and taken up when it can', async () => {
  let failing = true;
  // Only taking up a file asks for so much of its head.
  const fails = (lengthBytes: number) => failing && lengthBytes === limits.headBytesMax;
  // The copy was made between the first read and the second.
  const files = { '/app.log': { text: 'new\n', inode: '1' }, '/app.log.1': { text: FIRST, inode: '2' } };
  const { generations, generation, open } = generationsOn({ files, fails }, row);
  // Both are read and on their way when the file is cut.
  for (const text of [FIRST, SECOND]) {
    generation.passTo(generation.position + text.length, Buffer.from(text).subarray(-limits.endMarkerBytes), { telling: true, wallMs: 0 });
    generation.tracker.open(text.length, generation.marker);
  }
  await generations.replaced(generation, '/app.log', 0);
  await expect(generations.search(generation, 1)).rejects.toThrow('EIO');
  expect(open).toEqual(new Set());
  failing = false;
  await generations.search(generation, 2);
  expect([...generations.live()].map(({ path, position }) => ({ path, position }))).toEqual([{ path: '/app.log.1', position: FIRST.length }]);
  expect(open).toEqual(new Set(['/app.log.1']));
});

test('a cut generation is not given up while a copy is held that may be its own, and goes on in that copy even if it is deleted', async () => {
  const files: Record<string, { text: string; inode: string }> = { '/app.log': { text: 'new line\n', inode: '1' }, '/app.log.1': { text: FIRST + SECOND, inode: '2' } };
  const { generations, generation } = generationsOn({ files }, readFirst);
  await generations.replaced(generation, '/app.log', 0);
  const next = await generations.judge.tookPlace({ generation, path: '/app.log' }, undefined, 0);
  if (typeof next !== 'object') throw new Error('what is in its place is read');
  // While the copy is looked at, the log is cut again: the copy may be of what the log held in between.
  files['/app.log'] = { text: 'newer\n', inode: '1' };
  const copy = { path: '/app.log.1', stat: { kind: 'file', device: '1', inode: '2', sizeBytes: FIRST.length + SECOND.length, modifiedMs: 0, linkCount: 1 } } as const;
  expect(await generations.judge.appeared(copy, NOT_FIRST, 20_000)).toBe(undefined);
  delete files['/app.log.1'];
  expect(await generations.search(generation, 20_000)).toBe(undefined);
  expect(generations.missing()).toEqual([generation]);
  await generations.replaced(next, '/app.log', 20_001);
  const unread = new UnreadLogs({ looks: { failing: () => [] }, isRead: () => false, nowMs: 20_001 });
  const listing = { files: [], fresh: new Set<never>(), changed: true, inodeKeys: new Set(['1:1']), directories: [], changedDirectories: new Map<string, never>(), faults: [] };
  await generations.judge.readUndecided(listing, 20_001, unread);
  expect([...generations.live()]).toEqual([generation]);
  expect(generation).toMatchObject({ path: '/app.log.1', position: FIRST.length, sizeBytes: FIRST.length + SECOND.length });
});

test('a cut generation is not given up, for a minute at most, while a file that may be its copy cannot be read, and goes on in that file', async () => {
  for (const readableMs of [50_000, Infinity]) {
    let failing = false;
    const copy = { path: '/app.log.1', stat: { kind: 'file', device: '1', inode: '2', sizeBytes: FIRST.length + SECOND.length, modifiedMs: 0, linkCount: 1 } } as const;
    const files = { '/app.log': { text: 'new line\n', inode: '1' }, [copy.path]: { text: FIRST + SECOND, inode: '2' } };
    const { generations, generation } = generationsOn({ files, fails: () => failing }, readFirst);
    await generations.replaced(generation, '/app.log', 0);
    for (let nowMs = 0; nowMs < 70_000 && generations.missing().length > 0; nowMs += 5000) {
      failing = nowMs < readableMs;
      if (failing) await expect(generations.judge.appeared(copy, NOT_FIRST, nowMs)).rejects.toThrow('EIO');
      await generations.search(generation, nowMs);
      expect(generations.missing().length, `${nowMs} ms`).toBe(nowMs < Math.min(readableMs, 60_000) ? 1 : 0);
    }
    expect([...generations.live()].map(({ path, position }) => ({ path, position }))).toEqual(readableMs === Infinity ? [] : [{ path: '/app.log.1', position: FIRST.length }]);
  }
});

test('bytes that a file without a name has when a slow disk answers count from the answer, not from the question', async () => {
  const files = { '/app.log': { text: FIRST + SECOND, inode: '1' } };
  const { generations, generation, content } = generationsOn({ files }, readFirst);
  expect(await isStill(generation, content)).toBe(true);
  files['/app.log'].text += SECOND;
  const times = [100, 900];
  const now = () => ({ nowMs: times.shift() ?? 0, wallMs: 0 });
  expect(await generations.absent(generation, now)).toBe(true);
  expect(generation.grownMs).toBe(900);
});

test.each([
  { to: '/app.log.1', number: 1, originalPath: '/app.log' },
  { to: '/app.log.data-2', number: 1, originalPath: '/app.log' },
  { to: '/other.log.1', number: 2, originalPath: '/other.log.1' },
])('the file $to, which has the inode number of /app.log when that was empty, is read as $originalPath', async ({ to, number, originalPath }) => {
  const files = { [to]: { text: FIRST, inode: '1' } };
  const { generations, generation, open } = generationsOn({ files }, { ...row, head: EMPTY_HEAD, sizeBytes: 0 });
  expect(await generations.absent(generation, () => ({ nowMs: 0, wallMs: 0 }))).toBe(false);
  const found = await generations.search(generation, 1);
  expect(found).toMatchObject({ number, path: to, originalPath, position: 0, sizeBytes: FIRST.length });
  expect([...generations.live()]).toEqual([found]);
  expect(open).toEqual(new Set([to]));
});

test('a file that no flow lists, and whose inode number was that of a file with only a header, is read from its start as a file of its own', async () => {
  const files = { '/other.data': { text: `${HEADER}line\n`, inode: '1' } };
  const header = { ...row, head: headOf(Buffer.from(HEADER)), sizeBytes: HEADER.length, offset: HEADER.length, tailMarker: Buffer.from(HEADER).toString('hex') };
  const { generations, generation } = generationsOn({ files }, header, { ...header, generation: 2, path: '/b.log', originalPath: '/b.log', inode: '2' });
  expect(await generations.absent(generation, () => ({ nowMs: 0, wallMs: 0 }))).toBe(false);
  const found = await generations.search(generation, 1);
  expect(found).toMatchObject({ number: 3, originalPath: '/other.data', position: 0 });
  // Nobody can tell whether this was the generation's file: the search for the generation goes on.
  expect(generations.missing()).toEqual([generation]);
});

/** Two rows with one inode number: the file of the first held `FIRST`; the later file of the second was empty when it left its place. */
function readAndEmpty(path: string): readonly CheckpointRow[] {
  return [readFirst, { ...row, generation: 2, path, originalPath: path, head: EMPTY_HEAD, sizeBytes: 0, state: 'rotated' }];
}

test('a file goes on where it was read to, even if an empty file had its inode number since', async () => {
  const files = { '/app.log': { text: FIRST + SECOND, inode: '1' } };
  const { generations, generation } = generationsOn({ files }, ...readAndEmpty('/app.log.data-2'));
  expect([...generations.live()]).toEqual([generation]);
  expect(await isStill(generation, generationsOn({ files }, row).content)).toBe(true);
  expect(generation).toMatchObject({ number: 1, position: FIRST.length, cutInPlace: undefined });
});

test('a late line in an empty file that left its place is read, whatever file had its inode number before', async () => {
  const files = { '/app.log.1': { text: SECOND, inode: '1' } };
  const { generations, generation } = generationsOn({ files }, ...readAndEmpty('/app.log'));
  expect(await generations.absent(generation, () => ({ nowMs: 0, wallMs: 0 }))).toBe(false);
  const found = [];
  for (const missing of generations.missing()) found.push(await generations.search(missing, 1));
  expect(found).toEqual([undefined, expect.objectContaining({ number: 2, path: '/app.log.1', position: 0 })]);
});

test('rotated files of a log are looked for also if its new file, with only the header and a used inode number, passes for one that is over', async () => {
  const over: CheckpointRow = { ...row, state: 'finished', head: headOf(Buffer.from(HEADER)), sizeBytes: HEADER.length, offset: HEADER.length, tailMarker: Buffer.from(HEADER).toString('hex') };
  const flow = new MemoryFlow({ nowMs: 5000, lookedMs: 4000, rows: [over] });
  const { files, generations } = flow;
  for (const nowMs of [5100, 30_000]) await flow.look(nowMs, (listing) => generations.judge.findUnseen(listing, nowMs));
  // The rest of a log that the agent had no chance to see under its own name.
  files.put('/app.log.1', { text: `${HEADER}line\n`, inode: '5', modifiedMs: 39_000 });
  files.put('/app.log', { text: HEADER, inode: '1', modifiedMs: 40_000 });
  await flow.look(40_100, async (listing) => {
    for (const file of listing.files) expect(await generations.judge.appeared(file, NOT_FIRST, 40_100)).toMatchObject({ number: 1, position: HEADER.length });
    expect(await generations.judge.findUnseen(listing, 40_100)).toEqual([expect.objectContaining({ path: '/app.log.1', position: 0 })]);
  });
});

test('an unseen file that could not be read is tried once more, however late the next look comes', async () => {
  const flow = new MemoryFlow({ nowMs: 3000, lookedMs: 500, changedMs: 400 });
  const { files, generations } = flow;
  const look = (nowMs: number) =>
    flow.look(nowMs, async (listing) => {
      for (const file of listing.files) await generations.judge.appeared(file, NOT_FIRST, nowMs);
      await generations.judge.findUnseen(listing, nowMs).catch((fault: unknown) => expect(fault).toMatchObject({ systemCode: 'EIO' }));
    });
  files.changedMs = 400;
  await look(3000);
  files.changedMs = 5000;
  files.put('/app.log.1', { text: 'rotated\n', inode: '1', modifiedMs: 5500 });
  files.put('/app.log', { text: '', inode: '2', modifiedMs: 5600 });
  const open = files.open.bind(files);
  files.open = (path) => (path === '/app.log.1' ? Promise.reject(new FileFault({ code: 'other', systemCode: 'EIO', path })) : open(path));
  await look(6000);
  files.open = open;
  await look(600_000);
  expect([...generations.live()].map(({ inode }) => inode)).toContain('1');
});
