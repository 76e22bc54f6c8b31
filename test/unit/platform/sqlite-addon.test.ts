import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { join } from '../../../src/core/paths.ts';
import { loadAddon, loadSqliteBinding, waysOf } from '../../../src/platform/sqlite-addon.ts';

const manifest = createRequire(import.meta.url).resolve('better-sqlite3/package.json');
const addon = readFileSync(join(dirname(manifest), `prebuilds/linux-${process.arch}.node`));
const root = mkdtempSync(join(tmpdir(), 'kinship-addon-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const refused = (name: string) => ({
  name,
  load: () => {
    throw new Error('failed to map segment');
  },
});

function answerOf(binding: object): unknown {
  const database = new Database(':memory:', { nativeBinding: binding as unknown as string });
  const row = database.prepare('SELECT 42 AS answer').get();
  database.close();
  return row;
}

test('from a checkout there is nothing to load', () => {
  expect(loadSqliteBinding()).toBeUndefined();
});

test('the ways: memory, state, run, temporary, those that there are', () => {
  const names = (env: Record<string, string>) => waysOf(env).map((way) => way.name);
  expect(names({ STATE_DIRECTORY: '/var/lib/kinship:/var/lib/other', RUNTIME_DIRECTORY: '/run/kinship' })).toEqual([
    'memory file',
    '/var/lib/kinship',
    '/run/kinship',
    tmpdir(),
  ]);
  expect(names({ STATE_DIRECTORY: '' })).toEqual(['memory file', tmpdir()]);
});

test('every way gives a SQLite that works, and leaves nothing behind', () => {
  const [memory, state] = waysOf({ STATE_DIRECTORY: root });
  for (const way of [memory, state]) {
    expect(answerOf(loadAddon(addon, {}, way === undefined ? [] : [way]))).toEqual({ answer: 42 });
  }
  expect(readdirSync(root)).toEqual([]);
});

test('a way that is refused is followed by the next', () => {
  const next = waysOf({ STATE_DIRECTORY: root })[1];
  expect(answerOf(loadAddon(addon, {}, [refused('memory file'), ...(next === undefined ? [] : [next])]))).toEqual({ answer: 42 });
});

test('where no way works the error names each of them, and what to do', () => {
  expect(() => loadAddon(addon, {}, [refused('memory file'), refused('/run/kinship')])).toThrow(
    /executable.*\n {2}memory file: failed to map segment\n {2}\/run\/kinship: failed to map segment$/s,
  );
});

test('bytes that are no addon are refused', () => {
  expect(() => loadAddon(Buffer.from('not ELF'), {}, waysOf({ STATE_DIRECTORY: root }).slice(1))).toThrow(/invalid ELF header|file too short/);
});
