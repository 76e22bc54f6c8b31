/** The store of a running agent, on a real disk: who may write to it, and what becomes of a file that is deleted or replaced. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isStoreInUse, openSqliteStore } from '../../../src/checkpoint/open-store.ts';
import { type CheckpointRow, NO_ENDS } from '../../../src/core/checkpoint-row.ts';
import { EMPTY_HEAD } from '../../../src/tail/content/file-identity.ts';

let directory = '';
const path = () => join(directory, 'checkpoints.db');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-open-store-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function rowAt(offset: number): CheckpointRow {
  return {
    flow: 'web', generation: 1, path: '/a.log', originalPath: '/a.log', device: '1', inode: '1', birthMs: undefined, head: EMPTY_HEAD,
    tailMarker: '', offset, cuts: [], waits: [], ends: NO_ENDS, sizeBytes: 9, modifiedMs: 0, state: 'active', storage: 'plain', updatedWallMs: 0,
  };
}

const open = (options: { readonly?: boolean } = {}) => openSqliteStore({ path: path(), wallMs: () => Date.UTC(2026, 0, 2), ...options });

function committed(offset: number) {
  const { store } = open();
  store.commit({ upserts: [rowAt(offset)], removals: [], directoriesSeen: [], looks: [] });
  return store;
}

/** The offsets that the next process finds after this one died without closing anything. */
function offsetsFound(): readonly number[] {
  const { store } = open({ readonly: true });
  const offsets = store.load().map(({ offset }) => offset);
  store.close();
  return offsets;
}

test('one process writes to the store, all others only read it', () => {
  const store = committed(3);
  expect(open).toThrow(expect.objectContaining({ code: 'busy', message: `another kinship uses the checkpointFile ${path()}` }));
  expect(offsetsFound()).toEqual([3]);
  store.close();
  const { store: next } = open();
  expect(next.load()).toEqual([rowAt(3)]);
  next.close();
});

test('any process can ask whether the store is in use, and asking keeps nobody out', () => {
  expect(isStoreInUse({ path: path() })).toBe(false);
  const { store } = open();
  expect(isStoreInUse({ path: path() })).toBe(true);
  expect(open).toThrow(expect.objectContaining({ code: 'busy' }));
  store.close();
  expect(isStoreInUse({ path: path() })).toBe(false);
  open().store.close();
});

test('if the store is deleted while it is in use, all positions are written there again', () => {
  const store = committed(3);
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  expect(store.secure()).toEqual({ path: path(), setAside: undefined });
  expect(offsetsFound()).toEqual([3]);
  expect(open).toThrow(expect.objectContaining({ code: 'busy' }));
  store.commit({ upserts: [rowAt(5)], removals: [], directoriesSeen: [], looks: [] });
  expect(store.secure()).toBeUndefined();
  expect(offsetsFound()).toEqual([5]);
  store.close();
  expect(readdirSync(directory).toSorted()).toEqual(['checkpoints.db', 'checkpoints.db.lock']);
});

test('if another file is put in the place of the store while it is in use, that file is set aside', () => {
  const backup = join(directory, 'backup.db');
  committed(3).close();
  copyFileSync(path(), backup);
  const store = committed(5);
  rmSync(path());
  copyFileSync(backup, path());
  const restored = store.secure();
  expect(restored).toEqual({ path: path(), setAside: expect.stringMatching(/checkpoints\.db\.unusable-2026-01-02T/) });
  expect(existsSync(restored?.setAside ?? '')).toBe(true);
  expect(offsetsFound()).toEqual([5]);
  store.close();
});

test('if the directory of the store is deleted while it is in use, the directory is made again, too', () => {
  const own = join(directory, 'state');
  const inside = join(own, 'checkpoints.db');
  const { store } = openSqliteStore({ path: inside, wallMs: () => 0 });
  store.commit({ upserts: [rowAt(3)], removals: [], directoriesSeen: [], looks: [] });
  rmSync(own, { recursive: true });
  expect(store.secure()).toEqual({ path: inside, setAside: undefined });
  expect(openSqliteStore({ path: inside, wallMs: () => 0, readonly: true }).store.load()).toEqual([rowAt(3)]);
  store.close();
});

test('if only the journal of the store is deleted, all positions are written again', () => {
  const store = committed(3);
  rmSync(`${path()}-wal`);
  expect(store.secure()).toEqual({ path: path(), setAside: undefined });
  expect(store.secure()).toBeUndefined();
  expect(offsetsFound()).toEqual([3]);
  store.close();
});

test('the file in the place of the store is set aside as it was, without the journal of the open store', () => {
  committed(1).close();
  const backup = join(directory, 'backup.db');
  renameSync(path(), backup);
  const store = committed(5);
  renameSync(backup, path());
  const { setAside = '' } = store.secure() ?? {};
  const { store: aside } = openSqliteStore({ path: setAside, wallMs: () => 0, readonly: true });
  expect(aside.load().map(({ offset }) => offset)).toEqual([1]);
  aside.close();
  expect(offsetsFound()).toEqual([5]);
  store.close();
});

test('while the store cannot be written again, commits fail', () => {
  const store = committed(3);
  for (const name of readdirSync(directory)) rmSync(join(directory, name));
  mkdirSync(`${path()}.restored`);
  writeFileSync(`${path()}.restored/file`, '');
  expect(() => store.secure()).toThrow(expect.objectContaining({ name: 'StoreFault' }));
  rmSync(`${path()}.restored`, { recursive: true });
  expect(store.secure()).toEqual({ path: path(), setAside: undefined });
  expect(offsetsFound()).toEqual([3]);
  store.close();
});

/** Opens the store in a process of its own under a limit (prlimit(1)). Returns what the process says; undefined: Node did not start. */
function openedUnder(limit: string): Record<string, unknown> | undefined {
  const module = new URL('../../../src/checkpoint/open-store.ts', import.meta.url).href;
  const code = `
    import { openSqliteStore } from '${module}';
    const told = () => {
      try {
        openSqliteStore({ path: '${path()}', wallMs: () => 0 }).store.close();
        return { code: 'opened' };
      } catch ({ name, code, message, hint }) {
        return { name, code, message, hint };
      }
    };
    process.stdout.write(JSON.stringify(told()));
  `;
  const { status, stdout } = spawnSync('prlimit', [limit, process.execPath, '--input-type=module', '-e', code], { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

test.each([0, 100, 4096, 8192, 20_000])('a first start without disk space (%i B) leaves nothing that looks like a loss of positions', (bytes) => {
  expect(openedUnder(`--fsize=${bytes}`)).toMatchObject({ name: 'StoreFault' });
  expect(readdirSync(directory)).toEqual(['checkpoints.db.lock']);
  const { store, ...found } = open();
  expect(found).toEqual({ wasEmpty: false });
  store.close();
});

test('a start without disk space leaves an existing file as it was', () => {
  writeFileSync(path(), '');
  expect(openedUnder('--fsize=0')).toMatchObject({ name: 'StoreFault' });
  expect(open().wasEmpty).toBe(true);
});

test('if file descriptors are used up, the error says so, recommends no rights, and nothing is left behind', () => {
  let refusals = 0;
  // From a limit that is too low for Node itself up to one that is enough for the store.
  for (let files = 18; ; files += 1) {
    const told = openedUnder(`--nofile=${files}`);
    if (told?.code === 'opened') break;
    expect(readdirSync(directory).filter((name) => name !== 'checkpoints.db.lock')).toEqual([]);
    if (told === undefined) continue;
    refusals += 1;
    expect(told).toEqual({
      name: 'StoreFault',
      code: 'too-many-open',
      message: `${path()}: too many open files`,
      hint: 'raise LimitNOFILE of the service; elsewhere, ulimit -n',
    });
  }
  expect(refusals).toBeGreaterThan(0);
});

test('a start with an empty file, as a power cut leaves it, is not taken for the first one', () => {
  writeFileSync(path(), '');
  const { store, ...found } = open();
  expect(found).toEqual({ wasEmpty: true });
  store.close();
  expect(open().wasEmpty).toBe(false);
});

test.each([
  { title: 'before the file is there', make: () => undefined },
  { title: 'when it is empty', make: () => writeFileSync(path(), '') },
  {
    title: 'when it has no tables',
    make: () => {
      const { store } = openSqliteStore({ path: `${path()}.made`, wallMs: () => 0 });
      copyFileSync(`${path()}.made`, path());
      store.close();
      for (const part of ['', '.lock']) rmSync(`${path()}.made${part}`);
    },
  },
])('a first start that is killed $title leaves nothing that looks like a loss of positions', ({ make }) => {
  writeFileSync(`${path()}.kinship-first-start`, '');
  make();
  const { store, ...found } = open();
  expect(found).toEqual({ wasEmpty: false });
  expect(readdirSync(directory).toSorted()).toEqual(['', '-shm', '-wal', '.lock'].map((part) => `checkpoints.db${part}`));
  store.commit({ upserts: [rowAt(3)], removals: [], directoriesSeen: [], looks: [] });
  store.close();
  expect(offsetsFound()).toEqual([3]);
});

test('if the first start is killed as soon as its file is there, the next start counts as the first', () => {
  const module = new URL('../../../src/checkpoint/open-store.ts', import.meta.url).href;
  const code = `
    import { existsSync } from 'node:fs';
    import { openSqliteStore } from '${module}';
    openSqliteStore({
      path: '${path()}',
      wallMs: () => 0,
      // Asked for whenever a file is opened.
      get nativeBinding() {
        if (existsSync('${path()}')) process.kill(process.pid, 'SIGKILL');
        return undefined;
      },
    });
  `;
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', code]).signal).toBe('SIGKILL');
  expect(existsSync(path())).toBe(true);
  const { store, ...found } = open();
  expect(found).toEqual({ wasEmpty: false });
  store.close();
});

test('a journal whose store is gone is not used for the new store', () => {
  const store = committed(3);
  copyFileSync(`${path()}-wal`, `${path()}-kept`);
  store.close();
  rmSync(path());
  renameSync(`${path()}-kept`, `${path()}-wal`);
  const { store: next } = open();
  expect(next.load()).toEqual([]);
  next.close();
});

test.each([
  { title: 'an empty file', code: 'corrupt', make: () => writeFileSync(path(), '') },
  { title: 'no store', code: 'foreign', make: () => writeFileSync(path(), 'this is no database\n'.repeat(100)) },
  {
    title: 'a damaged one',
    code: 'corrupt',
    make: () => {
      committed(3).close();
      const bytes = readFileSync(path());
      bytes.fill(0xa5, 4096);
      writeFileSync(path(), bytes);
    },
  },
])('a command that is no agent is refused $title, which stays as it is', ({ code, make }) => {
  make();
  const before = readFileSync(path());
  expect(() => openSqliteStore({ path: path(), wallMs: () => 0, keepsUnusable: true })).toThrow(
    expect.objectContaining({ code, hint: expect.stringContaining('when it starts') }),
  );
  expect(readFileSync(path()).equals(before)).toBe(true);
  expect(readdirSync(directory).filter((name) => name.includes('unusable'))).toEqual([]);
});

test('a file that lost its journal, and all its content with it, is set aside', () => {
  const store = committed(3);
  const lost = join(directory, 'lost.db');
  copyFileSync(path(), lost);
  store.close();
  const { store: next, setAside } = openSqliteStore({ path: lost, wallMs: () => 0 });
  expect(setAside?.reason).toBe(`${lost} holds no positions any more`);
  next.close();
});

test('a question to the store while it is not open is a fault, not a bug', () => {
  const store = committed(3);
  store.close();
  expect(() => store.load()).toThrow(expect.objectContaining({ name: 'StoreFault' }));
});

test.each([
  { what: 'a directory', make: (at: string) => mkdirSync(at), below: '' },
  { what: 'a path below a file', make: (at: string) => writeFileSync(at, ''), below: '/checkpoints.db' },
])('$what is no place for the store', ({ make, below }) => {
  const at = join(directory, 'there');
  make(at);
  const opened = () => openSqliteStore({ path: at + below, wallMs: () => 0 });
  expect(opened).toThrow(expect.objectContaining({ code: 'misplaced', hint: expect.stringContaining('choose another checkpointFile') }));
});

// Node's own mkdir would never return there: with it, this test would hang, not fail.
test('if no file can be made at a place, the error comes at once', () => {
  const opened = (at: string) => () => openSqliteStore({ path: at, wallMs: () => 0 });
  expect(opened('/proc/no-such-place/checkpoints.db')).toThrow(
    expect.objectContaining({ code: 'misplaced', hint: expect.stringMatching(/nothing can be made there: choose another checkpointFile$/) }),
  );
  expect(opened('/proc/checkpoints.db')).toThrow(expect.objectContaining({ code: 'denied', hint: expect.stringMatching(/\/proc, or choose another checkpointFile$/) }));
});

test('missing directories above the store are made, for its user alone', () => {
  const at = join(directory, 'a/b/checkpoints.db');
  openSqliteStore({ path: at, wallMs: () => 0 }).store.close();
  expect([join(directory, 'a'), join(directory, 'a/b')].map((made) => statSync(made).mode & 0o777)).toEqual([0o700, 0o700]);
});
