import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import { join } from '../../../src/core/paths.ts';
import { NodeFileSystem } from '../../../src/platform/node-file-system.ts';

const files = new NodeFileSystem();
let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kinship-fs-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('reads where it is told to, short at the end, nothing after it', async () => {
  writeFileSync(join(root, 'a.log'), 'one\ntwo\n');
  const handle = await files.open(join(root, 'a.log'));
  const buffer = Buffer.alloc(8, '.');
  expect(await handle.read(buffer, { bufferOffset: 2, length: 6, position: 4 })).toBe(4);
  expect(buffer.toString()).toBe('..two\n..');
  expect(await handle.read(buffer, { bufferOffset: 0, length: 8, position: 8 })).toBe(0);
  await handle.close();
});

test('a file that is closed during a read is closed after the read: only then the next file can get its descriptor', async () => {
  const lengthBytes = 64 * 1024 * 1024;
  writeFileSync(join(root, 'a.log'), '');
  truncateSync(join(root, 'a.log'), lengthBytes);
  const handle = await files.open(join(root, 'a.log'));
  const order: string[] = [];
  const place = { bufferOffset: 0, length: lengthBytes, position: 0 };
  const reading = handle.read(Buffer.allocUnsafeSlow(lengthBytes), place).then((bytes) => order.push(`${bytes} bytes`));
  const closing = handle.close().then(() => order.push('closed'));
  await expect(handle.read(Buffer.alloc(4), { ...place, length: 4 })).rejects.toThrow('EBADF');
  await expect(handle.stat()).rejects.toThrow(FileFault);
  await Promise.all([reading, closing, handle.close()]);
  expect(order).toEqual([`${lengthBytes} bytes`, 'closed']);
});

test('an open file lives on when its name is gone', async () => {
  writeFileSync(join(root, 'a.log'), 'kept');
  const handle = await files.open(join(root, 'a.log'));
  unlinkSync(join(root, 'a.log'));
  expect(await handle.stat()).toMatchObject({ kind: 'file', sizeBytes: 4, linkCount: 0 });
  const buffer = Buffer.alloc(4);
  await handle.read(buffer, { bufferOffset: 0, length: 4, position: 0 });
  expect(buffer.toString()).toBe('kept');
  await handle.close();
});

test('stat follows links and names device and inode in decimal', async () => {
  writeFileSync(join(root, 'a.log'), 'x');
  symlinkSync('a.log', join(root, 'b.log'));
  const [target, link] = await Promise.all([files.stat(join(root, 'a.log')), files.stat(join(root, 'b.log'))]);
  expect(link).toEqual(target);
  expect(link.inode).toMatch(/^\d+$/);
  expect(link.device).toMatch(/^\d+$/);
});

test('the time of birth stays with the file, through writes, renames and links', async () => {
  const path = join(root, 'a.log');
  writeFileSync(path, 'x');
  const before = await files.stat(path);
  appendFileSync(path, 'y');
  renameSync(path, `${path}.1`);
  symlinkSync(`${path}.1`, path);
  expect((await files.stat(path)).birthMs).toBe(before.birthMs);
  expect(before.birthMs ?? Number.MAX_VALUE).toBeGreaterThan(0);
});

test('lists names of any bytes, and what each one is', async () => {
  mkdirSync(join(root, 'sub'));
  symlinkSync('sub', join(root, 'link'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.of(0xe9)]), 'latin-1');
  const entries = [...(await files.list(root))].sort((a, b) => a.name.localeCompare(b.name));
  expect(entries).toEqual([
    { name: 'caf\udce9', kind: 'file' },
    { name: 'link', kind: 'link' },
    { name: 'sub', kind: 'directory' },
  ]);
  expect((await files.stat(join(root, 'caf\udce9'))).sizeBytes).toBe(7);
});

test('a FIFO neither blocks the open nor passes for a file', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const handle = await files.open(join(root, 'pipe'));
  expect((await handle.stat()).kind).toBe('other');
  await handle.close();
});

test('renames and unlinks', async () => {
  writeFileSync(join(root, 'a'), 'x');
  await files.rename(join(root, 'a'), join(root, 'b'));
  await files.unlink(join(root, 'b'));
  expect(await files.list(root)).toEqual([]);
});

test.each([
  ['opening what is not there', 'not-found', 'ENOENT', () => files.open(join(root, 'none'))],
  ['listing a file', 'not-a-directory', 'ENOTDIR', () => files.list(join(root, 'file'))],
  ['stat below a file', 'not-a-directory', 'ENOTDIR', () => files.stat(join(root, 'file/x'))],
  ['unlinking what is not there', 'not-found', 'ENOENT', () => files.unlink(join(root, 'none'))],
  ['a name that the kernel cannot hold', 'other', 'ENAMETOOLONG', () => files.stat(join(root, 'x'.repeat(300)))],
  ['a NUL in a path', 'other', 'ERR_INVALID_ARG_VALUE', () => files.stat(`${root}/a\0b`)],
])('%s is a FileFault', async (_name, code, systemCode, attempt) => {
  writeFileSync(join(root, 'file'), '');
  const fault = await attempt().catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(FileFault);
  expect(fault).toMatchObject({ code, systemCode });
});

/** Resolves with the first hint that satisfies `wanted`; pokes until the watch has settled (no event says when). */
async function hinted(options: { watched: string; wanted: (path: string | undefined) => boolean; poke: () => void }) {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const watcher = files.watch([options.watched], {
    onHint: (path) => options.wanted(path) && resolve(path),
    onFault: reject,
    paceMs: 0,
  });
  const poking = setInterval(options.poke, 20);
  try {
    return await promise;
  } finally {
    clearInterval(poking);
    await watcher.close();
  }
}

test('the stamp of a directory changes with its entries, not with their content, and a file has none', async () => {
  writeFileSync(join(root, 'a.log'), 'x');
  const first = await files.stamp(root);
  appendFileSync(join(root, 'a.log'), 'y');
  expect(await files.stamp(root)).toEqual(first);
  let made = 0;
  let removed = 0;
  const changes = [
    () => writeFileSync(join(root, `${(made += 1)}.log`), ''),
    () => linkSync(join(root, 'a.log'), join(root, `${(made += 1)}.log`)),
    () => renameSync(join(root, `${made}.log`), join(root, `${(made += 1)}.log`)),
    () => unlinkSync(join(root, `${(removed += 1)}.log`)),
  ];
  for (let count = 0; count < 1000; count += 1) changes[0]?.();
  for (const change of changes) {
    const before = await files.stamp(root);
    // Within one tick of the file system's clock the stamp stays the same: change again until the tick is over.
    do change();
    while ((await files.stamp(root)).text === before.text);
  }
  // A directory can be given an old time, as tar and rsync do. Its stamp is a new one all the same.
  const last = await files.stamp(root);
  utimesSync(root, 0, 0);
  expect((await files.stamp(root)).changedMs).toBeGreaterThanOrEqual(last.changedMs);
  expect((await files.stamp(root)).text).not.toBe(first.text);
  expect(last.text).not.toBe(first.text);
  await expect(files.stamp(join(root, 'none'))).rejects.toMatchObject({ code: 'not-found' });
  writeFileSync(join(root, 'file'), '');
  await expect(files.stamp(join(root, 'file'))).rejects.toMatchObject({ code: 'not-a-directory' });
});

test('with as many files open as allowed, the next open fails like the system’s own, until a file is closed', async () => {
  writeFileSync(join(root, 'a.log'), 'x');
  const two = new NodeFileSystem(2);
  const open = () => two.open(join(root, 'a.log'));
  const [first, second] = [await open(), await open()];
  await expect(open()).rejects.toMatchObject({ code: 'too-many-open', systemCode: 'EMFILE' });
  await expect(two.open(join(root, 'none'))).rejects.toMatchObject({ code: 'too-many-open' });
  await first.close();
  await expect(two.open(join(root, 'none'))).rejects.toMatchObject({ code: 'not-found' });
  await Promise.all([second.close(), open().then((third) => third.close())]);
});

test('hints at a file that grew', async () => {
  const path = join(root, 'a.log');
  writeFileSync(path, '');
  const hint = await hinted({ watched: root, wanted: (at) => at === path, poke: () => appendFileSync(path, 'x') });
  expect(hint).toBe(path);
});

test('hints through a directory that is a symbolic link', async () => {
  mkdirSync(join(root, 'real'));
  symlinkSync('real', join(root, 'logs'));
  const path = join(root, 'logs/a.log');
  expect(await hinted({ watched: join(root, 'logs'), wanted: (at) => at === path, poke: () => appendFileSync(path, 'x') })).toBe(path);
});

test('hints at a directory that was not there when it was watched, and then at its files', async () => {
  const late = join(root, 'late');
  const poke = () => {
    mkdirSync(late, { recursive: true });
    appendFileSync(join(late, 'a.log'), 'x');
  };
  expect(await hinted({ watched: late, wanted: (at) => at === join(late, 'a.log'), poke })).toBe(join(late, 'a.log'));
});

test('hints go on when a directory is deleted and made again', async () => {
  const directory = join(root, 'logs');
  mkdirSync(directory);
  let pokes = 0;
  const poke = () => {
    pokes += 1;
    if (pokes === 5) rmSync(directory, { recursive: true });
    mkdirSync(directory, { recursive: true });
    appendFileSync(join(directory, pokes <= 5 ? 'old.log' : 'new.log'), 'x');
  };
  const wanted = (at: string | undefined) => at === join(directory, 'new.log');
  expect(await hinted({ watched: directory, wanted, poke })).toBe(join(directory, 'new.log'));
});

test('a directory added later is watched, a removed one is not', async () => {
  const [first, second] = [join(root, 'first'), join(root, 'second')];
  mkdirSync(first);
  mkdirSync(second);
  const hints: (string | undefined)[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const watcher = files.watch([first], {
    onHint: (path) => {
      hints.push(path);
      if (path === join(second, 'a.log')) resolve();
    },
    onFault: reject,
    paceMs: 0,
  });
  watcher.remove([first]);
  watcher.add([second]);
  const poking = setInterval(() => {
    appendFileSync(join(first, 'a.log'), 'x');
    appendFileSync(join(second, 'a.log'), 'x');
  }, 20);
  await promise;
  clearInterval(poking);
  await watcher.close();
  expect(hints).not.toContain(join(first, 'a.log'));
});

const queueCapacity = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
if (queueCapacity > 65_536) console.warn(`SKIPPED: a queue of ${queueCapacity} notices takes too long to fill`);

test.skipIf(queueCapacity > 65_536)('more changes than the kernel keeps notices of hint at everything', async () => {
  const [one, other] = [openSync(join(root, 'one.log'), 'a'), openSync(join(root, 'other.log'), 'a')];
  // The kernel keeps equal notices in a row as one, so two files take turns. This is one turn: nothing leaves the queue meanwhile.
  const poke = () => {
    for (let count = 0; count <= queueCapacity; count += 2) for (const file of [one, other]) writeSync(file, 'x');
  };
  expect(await hinted({ watched: root, wanted: (at) => at === undefined, poke })).toBe(undefined);
  for (const file of [one, other]) closeSync(file);
});

test('hints at files of a directory whose name is not UTF-8', async () => {
  const directory = join(root, 'caf\udce9');
  mkdirSync(Buffer.from(`${root}/caf\xe9`, 'latin1'));
  const path = join(directory, 'a.log');
  const poke = () => appendFileSync(Buffer.from(`${root}/caf\xe9/a.log`, 'latin1'), 'x');
  expect(await hinted({ watched: directory, wanted: (at) => at === path, poke })).toBe(path);
});

test('hints at a directory that took the place of one that was moved together with its parents, once it is added again', async () => {
  const directory = join(root, 'service/logs');
  mkdirSync(directory, { recursive: true });
  const hints: (string | undefined)[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const watcher = files.watch([directory], {
    onHint: (path) => {
      hints.push(path);
      if (path === join(directory, 'new.log')) resolve();
    },
    onFault: reject,
    paceMs: 0,
  });
  renameSync(join(root, 'service'), join(root, 'old'));
  mkdirSync(directory, { recursive: true });
  watcher.add([directory]);
  const poking = setInterval(() => appendFileSync(join(directory, 'new.log'), 'x'), 20);
  await promise;
  clearInterval(poking);
  await watcher.close();
  expect(hints).not.toContain(undefined);
});
