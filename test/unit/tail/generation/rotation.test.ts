/** What a listing says about where files are. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../../src/core/errors.ts';
import { changesSince, isHidden } from '../../../../src/tail/generation/rotation.ts';
import { memoryContent, memoryFile, memoryGeneration } from '../../../support/memory-files.ts';

const fault = (path: string) => new FileFault({ code: 'denied', systemCode: 'EACCES', path });
const listing = { files: [], fresh: new Set<never>(), changed: true, inodeKeys: new Set<string>(), directories: [], changedDirectories: new Map() };

test.each([
  { path: '/logs/private/a.log', hidden: true },
  { path: '/logs/private', hidden: true },
  { path: '/logs/private-a.log', hidden: false },
  { path: '/logs/a.log', hidden: true },
  { path: '/logs/a.log.1', hidden: false },
])('where a directory cannot be listed and a file not be looked at, $path is not known to be absent: $hidden', ({ path, hidden }) => {
  expect(isHidden(path, { ...listing, faults: [fault('/logs/private'), fault('/logs/a.log')] })).toBe(hidden);
});

test.each([
  { title: 'of which nothing was read', text: '', to: '/app.log', kinds: ['seen'] },
  { title: 'of which nothing was read', text: '', to: '/app.log.1', kinds: ['seen'] },
  { title: 'of which nothing was read', text: '', to: '/other.log', kinds: ['absent', 'appeared'] },
  { title: 'of which nothing was read, but which is open', text: '', open: true, to: '/other.log', kinds: ['seen'] },
  { title: 'of which nothing was read, but known when it was made', text: '', birthMs: 1, to: '/other.log', kinds: ['seen'] },
  { title: 'of which something was read', text: 'line\n', to: '/app.log.data-1', kinds: ['seen'] },
  { title: 'of which something was read', text: 'line\n', to: '/other.log', kinds: ['absent', 'appeared'] },
  { title: 'of which something was read, and which is open', text: 'line\n', open: true, to: '/other.log', kinds: ['seen'] },
  { title: 'of which something was read, known when it was made', text: 'line\n', birthMs: 1, to: '/other.log', kinds: ['seen'] },
])('the inode number of /app.log, $title, at $to: $kinds', async ({ text, to, kinds, open = false, birthMs }) => {
  const generation = await memoryGeneration(text);
  generation.birthMs = birthMs;
  if (open) generation.handle = memoryFile(text);
  const { path, stat } = memoryContent(to, text, { inode: generation.inode });
  const file = { path, stat: { ...stat, birthMs } };
  const changes = changesSince([generation], { ...listing, faults: [], files: [file], fresh: new Set([file]) });
  expect(changes.map((change) => change.kind)).toEqual(kinds);
});
