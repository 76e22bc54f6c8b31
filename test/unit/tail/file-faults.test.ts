import { describe, expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import { FileFaults } from '../../../src/tail/file-faults.ts';
import type { FoundFile } from '../../../src/tail/listing/discovery.ts';
import { Looks } from '../../../src/tail/listing/looks.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const PATH = '/var/log/secret.log';

function watched() {
  const clock = new FakeClock();
  const told: string[] = [];
  const passing = { count: 0 };
  const looks = new Looks(undefined, 10_000);
  const faults = new FileFaults({
    flow: 'web',
    clock,
    reconcileMs: 10_000,
    looks,
    isRead: (path) => path === '/var/log/read.log',
    lists: (path) => path.endsWith('.log'),
    events: { emit: (name) => told.push(name) },
    onPassing: () => {
      passing.count += 1;
    },
  });
  return { clock, told, passing, faults, looks };
}

function listed(path: string): FoundFile {
  return { path, stat: { kind: 'file', device: '1', inode: '2', sizeBytes: 3, modifiedMs: 4, linkCount: 1, birthMs: undefined } };
}

/** What a look found. */
function found({ files = [], faults = [], listedAgain = [] }: { files?: readonly FoundFile[]; faults?: readonly FileFault[]; listedAgain?: readonly string[] }) {
  return { files, faults, changedDirectories: new Map(listedAgain.map((path) => [path, { entries: [], changedMs: undefined }])) };
}

function denied(path = PATH): FileFault {
  return new FileFault({ code: 'denied', systemCode: 'EACCES', path, cause: undefined });
}

test('a file in a compression format that is not read is reported and asks for no early look: a person has to act', async () => {
  const { told, passing, faults } = watched();
  await faults.guard(PATH, () => Promise.reject(new FileFault({ code: 'foreign', systemCode: 'compressed with xz', path: PATH })));
  expect(told).toEqual(['fileUnreadable']);
  expect(passing.count).toBe(0);
});

test('a file that cannot be read is reported once, and the status says for how long', async () => {
  const { clock, told, faults } = watched();
  for (let look = 0; look < 6; look += 1) {
    await faults.guard(PATH, () => Promise.reject(denied()));
    await clock.advance(10_000);
  }
  expect(told).toEqual(['fileUnreadable']);
  expect(faults.unreadable()).toEqual([{ path: PATH, reason: 'EACCES', seconds: 60 }]);
});

test('an action that learns nothing about a file does not report it as readable again', async () => {
  const { told, faults } = watched();
  await faults.guard(PATH, () => Promise.reject(denied()));
  await faults.guard(PATH, () => Promise.resolve(false));
  expect(told).toEqual(['fileUnreadable']);
  expect(faults.unreadable()).toHaveLength(1);
});

test('a file that can be read again is reported, and leaves the status', async () => {
  const { told, faults } = watched();
  await faults.guard(PATH, () => Promise.reject(denied()));
  await faults.guard(PATH, async () => undefined);
  expect(told).toEqual(['fileUnreadable', 'fileReadableAgain']);
  expect(faults.unreadable()).toEqual([]);
});

test.each([
  { title: 'is', path: PATH, listing: found({ files: [listed(PATH)] }), awaited: true },
  { title: 'is not', path: PATH, listing: found({}), awaited: false },
  { title: 'can be, in a directory that cannot be listed,', path: PATH, listing: found({ faults: [denied('/var/log')] }), awaited: true },
  { title: 'is not, but is read,', path: '/var/log/read.log', listing: found({}), awaited: true },
  { title: 'would not be, whether it is there or not,', path: '/var/log/app.log.1', listing: found({}), awaited: true },
])('a file that could not be read and $title among those that are listed, is awaited: $awaited', ({ path, listing, awaited }) => {
  const { told, faults, looks } = watched();
  faults.tell(denied(path));
  faults.listed(listing);
  expect(looks.failingSinceMs(path)).toBe(awaited ? 0 : undefined);
  expect(faults.unreadable().some((one) => one.path === path)).toBe(awaited);
  expect(told).not.toContain('fileReadableAgain');
});

test('a directory that is listed again, or a file that is gone, leaves the status, and is reported anew when it fails again', async () => {
  const { clock, told, faults } = watched();
  faults.tell(denied('/var/log/private'));
  await clock.advance(29_000);
  expect(faults.unreadable()).toHaveLength(1);
  await clock.advance(2000);
  expect(faults.unreadable()).toEqual([]);
  faults.tell(denied('/var/log/private'));
  expect(told).toEqual(['fileUnreadable', 'fileUnreadable']);
});

test('a directory that can be listed again is reported once, and its files keep the time since when they were not seen', async () => {
  const { clock, told, faults, looks } = watched();
  const directory = '/var/log/private';
  faults.listed(found({ faults: [denied(directory)] }));
  await clock.advance(10_000);
  faults.listed(found({ listedAgain: [directory, '/var/log/other'] }));
  faults.listed(found({ listedAgain: [directory] }));
  expect(told).toEqual(['fileUnreadable', 'fileReadableAgain']);
  expect(faults.unreadable()).toEqual([]);
  expect(looks.failingSinceMs(directory)).toBe(0);
  faults.listed(found({ faults: [denied(directory)] }));
  expect(told).toEqual(['fileUnreadable', 'fileReadableAgain', 'fileUnreadable']);
  expect(faults.unreadable()).toHaveLength(1);
  await clock.advance(31_000);
  faults.lookedAt(clock.monotonicMs());
  expect(looks.failingSinceMs(directory)).toBeUndefined();
});

test('asking which files fail changes nothing: a look forgets those that no longer fail', async () => {
  const { clock, faults, looks } = watched();
  faults.tell(denied('/var/log/private'));
  await clock.advance(30_001);
  expect(faults.unreadable()).toEqual([]);
  expect(looks.failingSinceMs('/var/log/private')).toBe(0);
  faults.lookedAt(30_001);
  expect(looks.failingSinceMs('/var/log/private')).toBeUndefined();
});

test('a fault that passes by itself asks for another look, a missing right or file does not', () => {
  const { passing, faults } = watched();
  faults.tell(denied());
  faults.tell(new FileFault({ code: 'not-found', systemCode: 'ENOENT', path: PATH }));
  expect(passing.count).toBe(0);
  faults.tell(new FileFault({ code: 'too-many-open', systemCode: 'EMFILE', path: PATH }));
  faults.tell(new FileFault({ code: 'other', systemCode: 'EIO', path: PATH }));
  expect(passing.count).toBe(2);
});

test.each([
  { code: 'stale', systemCode: 'ESTALE', looks: 1, events: [] },
  { code: 'other', systemCode: 'EIO', looks: 1, events: ['fileUnreadable'] },
  { code: 'denied', systemCode: 'EACCES', looks: 0, events: ['fileUnreadable'] },
  { code: 'not-found', systemCode: 'ENOENT', looks: 0, events: [] },
] as const)('$systemCode leads to $looks extra looks and $events', ({ code, systemCode, looks, events }) => {
  const { told, passing, faults } = watched();
  faults.tell(new FileFault({ code, systemCode, path: PATH, cause: undefined }));
  expect([passing.count, told]).toEqual([looks, events]);
});

describe('a file that cannot be opened because too many are open', () => {
  const tooMany = (path = PATH) => new FileFault({ code: 'too-many-open', systemCode: 'EMFILE', path });

  test('is reported once it has waited for ten seconds, and again when it is readable', async () => {
    const { clock, told, faults } = watched();
    faults.tell(tooMany());
    await clock.advance(9_999);
    faults.tell(tooMany());
    expect([told, faults.unreadable().length]).toEqual([[], 1]);
    await clock.advance(1);
    faults.tell(tooMany());
    expect(told).toEqual(['openFilesExhausted']);
    await faults.guard(PATH, async () => undefined);
    expect(told).toEqual(['openFilesExhausted', 'fileReadableAgain']);
  });

  test('is reported once, however many wait, also when the first of them is open; and anew when none has waited for a while', async () => {
    const { clock, told, faults } = watched();
    const paths = ['/var/log/a.log', '/var/log/b.log', '/var/log/c.log'];
    for (const path of paths) faults.tell(tooMany(path));
    await clock.advance(10_000);
    for (const path of paths) faults.tell(tooMany(path));
    for (const path of paths) await faults.guard(path, async () => undefined);
    expect(told).toEqual(['openFilesExhausted', 'fileReadableAgain', 'fileReadableAgain', 'fileReadableAgain']);
    await clock.advance(30_001);
    faults.tell(tooMany());
    await clock.advance(10_000);
    faults.tell(tooMany());
    expect(told.slice(4)).toEqual(['openFilesExhausted']);
  });

  test('is not reported if it can be opened sooner', async () => {
    const { clock, told, faults } = watched();
    faults.tell(tooMany());
    await clock.advance(9_000);
    await faults.guard(PATH, async () => undefined);
    expect([told, faults.unreadable()]).toEqual([[], []]);
  });

  test('is reported even if looks are so far apart that it is forgotten between two of them', async () => {
    const { clock, told, faults } = watched();
    faults.tell(tooMany());
    await clock.advance(60_000);
    faults.tell(tooMany());
    expect(told).toEqual(['openFilesExhausted']);
  });
});
