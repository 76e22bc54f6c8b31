import { expect, test } from 'vitest';
import { FileFault } from '../../../../src/core/errors.ts';
import type { FileHandle, FileStat } from '../../../../src/core/ports.ts';
import type { OpenContent } from '../../../../src/tail/content/content.ts';
import { UndecidedFiles } from '../../../../src/tail/recognition/undecided-files.ts';

const EIO = new FileFault({ code: 'other', systemCode: 'EIO', path: 'app.log.1' });

function file(path: string, sizes: { judged: number; now: number }) {
  const stat = (sizeBytes: number): FileStat => ({ kind: 'file', device: '1', inode: path, sizeBytes, modifiedMs: 1, linkCount: 1, birthMs: undefined });
  const handle = {
    closed: false,
    read: () => Promise.resolve(0),
    stat: () => Promise.resolve(stat(sizes.now)),
    close(): Promise<void> {
      handle.closed = true;
      return Promise.resolve();
    },
  };
  const content: OpenContent = { path, handle: handle satisfies FileHandle, stat: stat(sizes.judged), storage: 'plain' };
  return { handle, content };
}

test.each([
  { title: 'repeated another one and did not change', isCopySoFar: true, now: 10, unread: false },
  { title: 'repeated another one and grew', isCopySoFar: true, now: 20, unread: true },
  { title: 'could not be compared', isCopySoFar: false, now: 10, unread: true },
  { title: 'could not be compared, a compressed one', isCopySoFar: false, now: 10, storage: 'gzip', unread: true },
  { title: 'was a compressed one that was not whole', isCopySoFar: true, now: 20, storage: 'gzip', unread: false },
] as const)('a file that is gone and $title: to be read $unread', async ({ isCopySoFar, now, unread, ...how }) => {
  const undecided = new UndecidedFiles();
  const { handle, content: plain } = file('app.log.1', { judged: 10, now });
  const content = { ...plain, ...how };
  await undecided.keep('1:app.log.1', { content, isCopySoFar }, 0);
  const taken: OpenContent[] = [];
  const lose = (one: OpenContent) => expect.unreachable(one.path);
  const take = async (one: OpenContent) => void taken.push(one);
  await undecided.forUnread(new Set(['1:app.log.1']), { nowMs: 0, keepMsMax: undefined, take, lose });
  expect(taken).toEqual([]);
  const failing = undecided.forUnread(new Set(), { nowMs: 0, keepMsMax: undefined, take: () => Promise.reject(EIO), lose });
  if (unread) await expect(failing).rejects.toBe(EIO);
  else await failing;
  await undecided.forUnread(new Set(), { nowMs: 0, keepMsMax: undefined, take, lose });
  expect(taken.map(({ path, stat }) => [path, stat.sizeBytes])).toEqual(unread ? [['app.log.1', now]] : []);
  expect(handle.closed).toBe(!unread);
});

test.each([
  { title: 'repeated another one: nothing is lost', isCopySoFar: true, lost: [] },
  { title: 'could not be compared: it is lost as it was judged', isCopySoFar: false, lost: [['app.log.1', 10]] },
])('a file that the server has forgotten and that $title', async ({ isCopySoFar, lost }) => {
  const undecided = new UndecidedFiles();
  const { content } = file('app.log.1', { judged: 10, now: 10 });
  let closed = 0;
  const handle: FileHandle = {
    read: content.handle.read,
    stat: () => Promise.reject(new FileFault({ code: 'stale', systemCode: 'ESTALE', path: 'app.log.1' })),
    close: () => Promise.resolve(void (closed += 1)),
  };
  await undecided.keep('1:app.log.1', { content: { ...content, handle }, isCopySoFar }, 0);
  const gone: OpenContent[] = [];
  const unread = { nowMs: 0, keepMsMax: undefined, take: (one: OpenContent) => expect.unreachable(one.path), lose: (one: OpenContent) => void gone.push(one) };
  await undecided.forUnread(new Set(['1:app.log.1']), unread);
  expect(gone).toEqual([]);
  await undecided.forUnread(new Set(), unread);
  await undecided.forUnread(new Set(), unread);
  expect(gone.map(({ path, stat: { sizeBytes } }) => [path, sizeBytes])).toEqual(lost);
  await undecided.close();
  expect(closed).toBe(1);
});

test('a file that is let go because it failed for too long is counted, also if it cannot be closed', async () => {
  const undecided = new UndecidedFiles();
  const { content } = file('app.log.1', { judged: 10, now: 10 });
  const handle: FileHandle = { ...content.handle, stat: () => Promise.reject(EIO), close: () => Promise.reject(EIO) };
  await undecided.keep('1:app.log.1', { content: { ...content, handle }, isCopySoFar: false }, 0);
  const lost: string[] = [];
  const lookAt = (nowMs: number) => undecided.forUnread(new Set(), { nowMs, keepMsMax: 5000, take: (one) => expect.unreachable(one.path), lose: ({ path }) => void lost.push(path) });
  for (const nowMs of [0, 5000, 5001]) await expect(lookAt(nowMs)).rejects.toThrow(EIO);
  expect(lost).toEqual(['app.log.1']);
  await lookAt(10_000);
  expect(lost).toEqual(['app.log.1']);
});

test('two that close undecided files at the same time close each file once', async () => {
  const undecided = new UndecidedFiles();
  const { content } = file('app.log.1', { judged: 10, now: 10 });
  let closed = 0;
  const handle: FileHandle = { ...content.handle, close: () => Promise.resolve(void (closed += 1)) };
  await undecided.keep('1:app.log.1', { content: { ...content, handle }, isCopySoFar: true }, 0);
  await Promise.all([undecided.close(), undecided.close()]);
  expect(closed).toBe(1);
});

test('a deleted file that cannot be told from a copy is tried again at the next looks, for a quarter of a minute', async () => {
  const undecided = new UndecidedFiles();
  const { content, handle } = file('app.log.1', { judged: 10, now: 10 });
  await undecided.keep('1:app.log.1', { content, isCopySoFar: false }, 0);
  const asked: boolean[] = [];
  const take = async (_one: OpenContent, now: boolean) => {
    asked.push(now);
    return now ? undefined : ('unsure' as const);
  };
  const lose = (one: OpenContent) => expect.unreachable(one.path);
  for (const nowMs of [1000, 15_999, 16_000, 17_000]) await undecided.forUnread(new Set(), { nowMs, keepMsMax: undefined, take, lose });
  expect(asked).toEqual([false, false, true]);
  expect(handle.closed).toBe(false);
});

test.each([
  { path: '/app.log.1', isCopySoFar: false, may: true },
  { path: '/app.log.1', isCopySoFar: true, may: false },
  { path: '/other.log.1', isCopySoFar: false, may: false },
])('a generation of /app.log may be in what is kept open as $path and seems to be a copy, $isCopySoFar: $may', async ({ path, isCopySoFar, may }) => {
  const undecided = new UndecidedFiles();
  await undecided.keep(path, { content: file(path, { judged: 10, now: 10 }).content, isCopySoFar }, 0);
  expect(undecided.mayHold({ originalPath: '/app.log', path: '/app.log' }, 0)).toBe(may);
});

test('a generation is not kept waiting for longer than a minute for an undecided file that cannot be told, however often that is looked at', async () => {
  const undecided = new UndecidedFiles();
  const { content } = file('/app.log.1', { judged: 10, now: 10 });
  const mayHold = (nowMs: number) => undecided.mayHold({ originalPath: '/app.log', path: '/app.log' }, nowMs);
  for (const nowMs of [1000, 30_000, 60_000]) await undecided.keep('1:1', { content, isCopySoFar: false }, nowMs);
  expect([60_999, 61_000].map(mayHold)).toEqual([true, false]);
  // It could be told in between, so the minute begins anew.
  await undecided.keep('1:1', { content, isCopySoFar: true }, 62_000);
  await undecided.keep('1:1', { content, isCopySoFar: false }, 63_000);
  expect([63_000, 122_999, 123_000].map(mayHold)).toEqual([true, true, false]);
});

test('an undecided file that fails does not stop the others, and is kept open for as long as deleted files may be', async () => {
  const undecided = new UndecidedFiles();
  const [failing, well] = ['app.log.1', 'app.log.2'].map((path) => file(path, { judged: 10, now: 10 }));
  for (const one of [failing, well]) if (one !== undefined) await undecided.keep(one.content.path, { content: one.content, isCopySoFar: false }, 0);
  const taken: string[] = [];
  const lost: string[] = [];
  const take = ({ path }: OpenContent): Promise<void> => (path === 'app.log.1' ? Promise.reject(EIO) : Promise.resolve(void taken.push(path)));
  const lookAt = (nowMs: number) => undecided.forUnread(new Set(), { nowMs, keepMsMax: 5000, take, lose: ({ path }) => void lost.push(path) });
  for (const nowMs of [1000, 6000]) await expect(lookAt(nowMs)).rejects.toBe(EIO);
  expect([taken, lost, failing?.handle.closed]).toEqual([['app.log.2'], [], false]);
  await expect(lookAt(6001)).rejects.toBe(EIO);
  await lookAt(7000);
  expect([taken, lost, failing?.handle.closed]).toEqual([['app.log.2'], ['app.log.1'], true]);
});
