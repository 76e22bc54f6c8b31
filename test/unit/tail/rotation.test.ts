/** What a listing says about where files are. */
import { expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import { isHidden } from '../../../src/tail/rotation.ts';

const fault = (path: string) => new FileFault({ code: 'denied', systemCode: 'EACCES', path });
const listing = { files: [], fresh: new Set<never>(), changed: true, inodeKeys: new Set<string>(), directories: [], changedDirectories: [] };

test.each([
  { path: '/logs/private/a.log', hidden: true },
  { path: '/logs/private', hidden: true },
  { path: '/logs/private-a.log', hidden: false },
  { path: '/logs/a.log', hidden: true },
  { path: '/logs/a.log.1', hidden: false },
])('where a directory cannot be listed and a file not be looked at, $path is not known to be absent: $hidden', ({ path, hidden }) => {
  expect(isHidden(path, { ...listing, faults: [fault('/logs/private'), fault('/logs/a.log')] })).toBe(hidden);
});
