/** Which rotated names of a log are new in its directory. */
import { expect, test } from 'vitest';
import type { DirectoryEntry } from '../../../../src/core/ports.ts';
import { NewNames } from '../../../../src/tail/listing/new-names.ts';

const MINUTE_MS = 60_000;
const LOOK = { nowMs: 0, sightMs: () => undefined, isChanged: () => true };

function after(...looks: readonly { readonly atMs: number; readonly names: readonly string[] | undefined }[]): NewNames {
  const known = new NewNames();
  for (const { atMs, names } of looks) {
    const entries = (names ?? []).map((name): DirectoryEntry => ({ name, kind: name.endsWith('/') ? 'directory' : 'file' }));
    known.look({ directories: names === undefined ? [] : ['/log'], changedDirectories: names === undefined ? new Map() : new Map([['/log', { entries, changedMs: atMs }]]) }, { nowMs: atMs, sightMs: () => atMs - 5, isChanged: () => true });
  }
  return known;
}

/** Looks into /log. `isChanged`: whether its time says that it changed since the predecessor's look; undefined: it says nothing. */
function look(known: NewNames, isChanged: boolean | undefined, ...names: string[]): unknown {
  const entries = names.map((name) => ({ name, kind: 'file' as const }));
  const content = { entries, changedMs: isChanged === undefined ? undefined : Number(isChanged) };
  return known.look({ directories: ['/log'], changedDirectories: new Map([['/log', content]]) }, { ...LOOK, isChanged: () => isChanged === true }).get('/log');
}

test('a look tells which names are new; at the first look all are', () => {
  const known = new NewNames();
  expect(look(known, true, 'a', 'b')).toEqual(['a', 'b']);
  expect(look(known, true, 'b', 'c')).toEqual(['c']);
  expect(known.look({ directories: ['/log'], changedDirectories: new Map() }, LOOK)).toEqual(new Map());
  expect(['/log/a', '/log/c', '/other/c'].map((path) => known.has(path))).toEqual([false, true, false]);
});

test('in a directory that did not change since the last process no name is new at first, and later ones are, whenever its time shows the change', () => {
  const known = new NewNames();
  expect(look(known, false, 'a')).toEqual([]);
  expect(look(known, false, 'a', 'b')).toEqual(['b']);
  expect(look(known, true, 'a', 'b')).toEqual([]);
});

test('a name that came between the directory’s stat and its first listing is new once its time shows the change', () => {
  const known = new NewNames();
  expect(look(known, undefined, 'a')).toEqual([]);
  expect(look(known, undefined, 'a')).toEqual([]);
  expect(look(known, true, 'a', 'b')).toEqual(['a', 'b']);
  expect(look(known, true, 'a', 'b')).toEqual([]);
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
