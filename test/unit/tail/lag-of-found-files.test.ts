/** How late a file is that was there before the flow knew which file it is. */
import { expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { Generation } from '../../../src/tail/generation/generation.ts';
import type { Listing } from '../../../src/tail/listing/discovery.ts';
import { NOT_FIRST } from '../../../src/tail/listing/seen-directories.ts';
import { MemoryFlow } from '../../support/memory-directory.ts';

const LINE = `a line ${'x'.repeat(80)}\n`;

test('the bytes of a file that was cut came after the last look at it, though its copy is read on and the file is old', async () => {
  const flow = new MemoryFlow({ nowMs: 1000, lookedMs: 500 });
  const { files, generations } = flow;
  files.put('/app.log', { text: LINE, inode: '1', modifiedMs: 800, birthMs: 600 });
  await flow.look(1000, async ({ files: [file] }) => file !== undefined && generations.judge.appeared(file, NOT_FIRST, 1000));
  const [cut] = generations.live();
  if (cut === undefined) throw new Error('the file is read');
  cut.passTo(LINE.length, Buffer.from(LINE).subarray(-limits.endMarkerBytes), { telling: true, wallMs: 1000 });
  cut.tracker.open(LINE.length, cut.marker).resolve('delivered', LINE.length, 1);
  await flow.look(50_000, () => Promise.resolve());
  files.put('/app.log.1', { text: LINE, inode: '2', modifiedMs: 50_500, birthMs: 50_500 });
  files.put('/app.log', { text: 'new\n', inode: '1', modifiedMs: 51_000, birthMs: 600 });
  await flow.look(52_000, async ({ files: [file] }) => {
    await generations.replaced(cut, '/app.log', 52_000);
    expect(await generations.search(cut, 52_000)).toBe(cut);
    return file !== undefined && generations.judge.appeared(file, NOT_FIRST, 52_000);
  });
  expect(flow.lateSinceMs('1')).toBe(50_000);
});

test('the first bytes of a file that seemed to be a copy are as old as the look before it, later bytes are not', async () => {
  const flow = new MemoryFlow({ nowMs: 1000, lookedMs: 500, pattern: '/app*.log' });
  const { files, generations } = flow;
  const header = '#Fields: date time\n';
  const appeared = (path: string, nowMs: number) => flow.look(nowMs, async (listing) => {
    const file = listing.files.find((one) => one.path === path);
    return file !== undefined && generations.judge.appeared(file, NOT_FIRST, nowMs);
  });
  files.put('/app.log', { text: header, inode: '1', modifiedMs: 900 });
  await appeared('/app.log', 1000);
  await flow.look(2000, () => Promise.resolve());
  files.put('/app.log', { text: header + LINE, inode: '1', modifiedMs: 2100 });
  files.put('/app-1.log', { text: header, inode: '2', modifiedMs: 2200 });
  // The file may be about to become a copy of the other one.
  await appeared('/app-1.log', 3000);
  expect([...generations.live()]).toHaveLength(1);
  files.put('/app-1.log', { text: `${header}its own line\n`, inode: '2', modifiedMs: 29_000 });
  await flow.look(28_000, () => Promise.resolve());
  await appeared('/app-1.log', 30_000);
  expect(flow.lateSinceMs('2')).toBe(2000);
  flow.delivered('2', header.length);
  expect(flow.lateSinceMs('2')).toBe(28_000);
});

test.each([
  { title: 'what was rotated when the first of a log was found is there since the look before, who writes to it later on', wasThere: true, sinceMs: 500 },
  { title: 'what was rotated since the last look is there since that look', wasThere: false, sinceMs: 44_000 },
])('$title', async ({ wasThere, sinceMs }) => {
  const flow = new MemoryFlow({ nowMs: 5000, lookedMs: 500 });
  const { files, generations } = flow;
  const look = (nowMs: number, change: (generation: Generation) => Promise<unknown>) => flow.look(nowMs, async (listing) => {
    for (const generation of generations.live()) await change(generation);
    for (const file of listing.files) await generations.judge.appeared(file, NOT_FIRST, nowMs);
    await generations.judge.findUnseen(listing, nowMs);
  });
  files.put('/app.log.1', { text: LINE, inode: wasThere ? '1' : '9', modifiedMs: 4700 });
  files.put('/app.log', { text: '', inode: '2', modifiedMs: 4700 });
  files.changedMs = 4800;
  for (const nowMs of [5000, 6000, 44_000]) await look(nowMs, () => Promise.resolve());
  await files.rename('/app.log.1', '/app.log.2');
  await files.rename('/app.log', '/app.log.1');
  files.put('/app.log', { text: '', inode: '3', modifiedMs: 45_000 });
  // The writer has not noticed the rotation yet.
  files.put('/app.log.2', { text: LINE + LINE, inode: '1', modifiedMs: 45_000 });
  await look(45_100, (generation) => generations.absent(generation, () => ({ nowMs: 45_100, wallMs: 45_100 })));
  expect(flow.lateSinceMs('1')).toBe(sinceMs);
});

/**
 * A process that began at 3000, after a look of its predecessor at 500. `come` puts files there right before the look at the given time.
 * `/app.log` comes at 6000, at the last look.
 */
async function foundAt6000(looks: readonly number[], come: (nowMs: number, files: MemoryFlow['files']) => void): Promise<MemoryFlow> {
  const flow = new MemoryFlow({ nowMs: 3000, lookedMs: 500, changedMs: 400 });
  const { files, generations } = flow;
  files.changedMs = 400;
  for (const nowMs of [...looks, 6000]) {
    come(nowMs, files);
    if (nowMs === 6000) files.put('/app.log', { text: '', inode: '2', modifiedMs: 5600 });
    await flow.look(nowMs, async (listing) => {
      for (const file of listing.files) await generations.judge.appeared(file, NOT_FIRST, nowMs);
      await generations.judge.findUnseen(listing, nowMs);
    });
  }
  return flow;
}

test.each([
  { title: 'since the last look of the process before, where it was there at the first look of this one', looks: [5000], cameMs: 5000, sinceMs: 500 },
  { title: 'since the look before the one that found the first rotated name', looks: [3000, 4000, 5000], cameMs: 4000, sinceMs: 3000 },
])('a file that was rotated before its log was found again may be there $title', async ({ looks, cameMs, sinceMs }) => {
  const flow = await foundAt6000(looks, (nowMs, files) => {
    if (nowMs !== cameMs) return;
    files.changedMs = nowMs;
    files.put('/app.log.1', { text: LINE, inode: '1', modifiedMs: 5500 });
  });
  expect(flow.lateSinceMs('1')).toBe(sinceMs);
});

test.each([
  { title: 'right after the first look may be there since the last look of the process before', looks: [5000], sinceMs: 500 },
  { title: 'later came since the look before', looks: [3000, 4000, 5000], sinceMs: 5000 },
])('a file that is found away from its log $title', async ({ looks, sinceMs }) => {
  const flow = await foundAt6000(looks, (nowMs, files) => {
    if (nowMs !== 6000) return;
    files.changedMs = 5100;
    files.put('/old/app.log-20261101', { text: LINE, inode: '1', modifiedMs: 5500 });
  });
  expect(flow.lateSinceMs('1')).toBe(sinceMs);
});

test.each([
  { title: 'and has the name of another one', pattern: '/app.log*', replacement: '2' },
  { title: 'and has a name that is not listed', pattern: '/app.log', replacement: undefined },
])('a file that was listed, but renamed before it was opened, $title at the next look, is there since the look before it was listed', async ({ pattern, replacement }) => {
  const flow = new MemoryFlow({ nowMs: 5000, lookedMs: 500, changedMs: 400, pattern });
  const { files, generations } = flow;
  files.put('/app.log', { text: LINE, inode: '1', modifiedMs: 4700 });
  const look = (nowMs: number, change: () => Promise<void>) => flow.look(nowMs, async (listing) => {
    await change();
    for (const file of listing.files) await generations.judge.appeared(file, NOT_FIRST, nowMs).catch((fault: unknown) => expect(fault).toMatchObject({ code: 'not-found' }));
    await generations.judge.findUnseen(listing, nowMs);
    await generations.retire(nowMs, listing);
  });
  files.changedMs = 4800;
  await look(5000, async () => {
    await files.rename('/app.log', '/app.log.1');
    if (replacement !== undefined) files.put('/app.log', { text: '', inode: replacement, modifiedMs: 5000 });
  });
  files.changedMs = 5100;
  files.put('/app.log', { text: '', inode: '2', modifiedMs: 5100 });
  await look(6000, () => Promise.resolve());
  expect(flow.lateSinceMs('1')).toBe(500);
});

test('a held file that was deleted before it could be told is there since the look before it was listed', async () => {
  const flow = new MemoryFlow({ nowMs: 1000, lookedMs: 500, pattern: '/app.log*' });
  const { files, generations } = flow;
  const look = (nowMs: number, unread: readonly string[]) => {
    const judge = async (listing: Listing) => {
      for (const file of listing.files) await generations.judge.appeared(file, { ...NOT_FIRST, postponed: () => 'unsure' }, nowMs);
      await generations.retire(nowMs, listing);
    };
    return flow.look(nowMs, judge, unread);
  };
  await look(2000, []);
  files.put('/app.log.1', { text: LINE, inode: '1', modifiedMs: 2500 });
  await look(3000, ['/app.log']);
  files.put('/app.log.1', { text: LINE, inode: '1', modifiedMs: 3900 });
  await files.rename('/app.log.1', '/elsewhere');
  // The log cannot be read: the file may be its copy.
  await look(4000, ['/app.log']);
  await look(5000, []);
  expect(flow.lateSinceMs('1')).toBe(2000);
});
