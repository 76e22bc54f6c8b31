/** Which rotated names of a log are new in its directory. */
import { expect, test } from 'vitest';
import type { DirectoryEntry } from '../../../src/core/ports.ts';
import { NewNames } from '../../../src/tail/new-names.ts';

const MINUTE_MS = 60_000;
const LOOK = { nowMs: 0, sightMs: () => undefined };

function after(...looks: readonly { readonly atMs: number; readonly names: readonly string[] | undefined }[]): NewNames {
  const known = new NewNames();
  for (const { atMs, names } of looks) {
    const entries = (names ?? []).map((name): DirectoryEntry => ({ name, kind: name.endsWith('/') ? 'directory' : 'file' }));
    known.look({ directories: names === undefined ? [] : ['/log'], changedDirectories: names === undefined ? new Map() : new Map([['/log', { entries, changedMs: atMs }]]) }, { nowMs: atMs, sightMs: () => atMs - 5 });
  }
  return known;
}

test('a look tells which names are new: all of them where it is the first', () => {
  const look = (known: NewNames, ...names: string[]) =>
    known.look({ directories: ['/log'], changedDirectories: new Map([['/log', { entries: names.map((name) => ({ name, kind: 'file' as const })), changedMs: 0 }]]) }, LOOK);
  const known = new NewNames();
  expect(look(known, 'a', 'b')).toEqual(new Map([['/log', { names: ['a', 'b'], isFirst: true }]]));
  expect(look(known, 'b', 'c')).toEqual(new Map([['/log', { names: ['c'], isFirst: false }]]));
  expect(known.look({ directories: ['/log'], changedDirectories: new Map() }, LOOK)).toEqual(new Map());
  expect(['/log/a', '/log/c', '/other/c'].map((path) => known.has(path))).toEqual([false, true, false]);
});

test.each([
  ['the directory was never looked at', [], false],
  ['the directory was empty', [{ atMs: 0, names: [] }], true],
  ['a rotated file of the log was there at the first look', [{ atMs: 0, names: ['app.log.1'] }], false],
  ['one of another log was', [{ atMs: 0, names: ['app2.log.1', 'app.log-worker2', 'app.log.d/'] }], true],
  ['one came lately', [{ atMs: 0, names: [] }, { atMs: 1000, names: ['app.log-20261121'] }], true],
  ['one came long ago', [{ atMs: -MINUTE_MS, names: [] }, { atMs: -1, names: ['app.log.1'] }], false],
  ['one came long ago, and is gone', [{ atMs: -MINUTE_MS, names: [] }, { atMs: -1, names: ['app.log.1'] }, { atMs: 0, names: [] }], true],
  ['the directory was gone', [{ atMs: 0, names: [] }, { atMs: 1, names: undefined }], false],
] as const)('%s', (_title, seen, areNew) => {
  expect(after(...seen).areAllNew('/log/app.log', MINUTE_MS)).toBe(areNew);
});

test.each([
  ['the directory was never looked at', [], Infinity],
  ['there are none', [{ atMs: 10, names: ['app2.log.1'] }], Infinity],
  ['one was there at the first look', [{ atMs: 10, names: ['app.log.1'] }], 5],
  ['the first of several came later', [{ atMs: 10, names: [] }, { atMs: 20, names: ['app.log.1'] }, { atMs: 30, names: ['app.log.1', 'app.log.2'] }], 15],
] as const)('no rotated name was there at the last look before the first of them came: %s', (_title, seen, absentMs) => {
  expect(after(...seen).absentMs('/log/app.log')).toBe(absentMs);
});
