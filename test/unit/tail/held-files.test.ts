import { expect, test } from 'vitest';
import type { FileHandle, FileStat } from '../../../src/core/ports.ts';
import type { OpenContent } from '../../../src/tail/content.ts';
import { HeldFiles } from '../../../src/tail/held-files.ts';

function file(path: string, sizes: { held: number; now: number }) {
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
  const content: OpenContent = { path, handle: handle satisfies FileHandle, stat: stat(sizes.held), storage: 'plain' };
  return { handle, content };
}

test.each([
  { title: 'repeated another one and did not change', repeats: true, now: 10, unread: false },
  { title: 'repeated another one and grew', repeats: true, now: 20, unread: true },
  { title: 'could not be compared', repeats: false, now: 10, unread: true },
])('a file that is gone and $title: to be read $unread', async ({ repeats, now, unread }) => {
  const held = new HeldFiles();
  const { handle, content } = file('app.log.1', { held: 10, now });
  await held.hold('1:app.log.1', { content, repeats });
  const taken: OpenContent[] = [];
  const take = async (one: OpenContent) => void taken.push(one);
  await held.forUnread(new Set(['1:app.log.1']), take);
  expect(taken).toEqual([]);
  const failing = held.forUnread(new Set(), () => Promise.reject(new Error('EIO')));
  if (unread) await expect(failing).rejects.toThrow('EIO');
  else await failing;
  await held.forUnread(new Set(), take);
  expect(taken.map(({ path, stat }) => [path, stat.sizeBytes])).toEqual(unread ? [['app.log.1', now]] : []);
  expect(handle.closed).toBe(!unread);
});

test('whoever closes them at the same time closes each once', async () => {
  const held = new HeldFiles();
  const { content } = file('app.log.1', { held: 10, now: 10 });
  let closed = 0;
  const handle: FileHandle = { ...content.handle, close: () => Promise.resolve(void (closed += 1)) };
  await held.hold('1:app.log.1', { content: { ...content, handle }, repeats: true });
  await Promise.all([held.close(), held.close()]);
  expect(closed).toBe(1);
});
