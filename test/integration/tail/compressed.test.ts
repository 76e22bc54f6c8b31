/** Compressed files on a real disk: still being written, cut off, made from delivered logs, with inode numbers used again. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import type { TailHarness } from '../../support/tail-harness.ts';
import { begin, following, lines, text } from '../../support/tail-tests.ts';

/** Makes a file and resolves when it was read: by then, every file that was there before was judged. */
async function looked(tail: TailHarness, path: string): Promise<void> {
  const name = `look${tail.records.length}`;
  writeFileSync(path, text(name));
  await tail.until(() => tail.records.includes(lines(name)[0] ?? ''));
}

const withoutLooks = (tail: TailHarness) => tail.records.filter((record) => !record.startsWith('look')).toSorted();

describe('a compressed file', () => {
  test.each([
    ['gzip', '.gz', (content: string) => gzipSync(content)],
    ['zstd', '.zst', (content: string) => zstdCompressSync(content)],
  ])('that is still being written (%s) is waited for, and read once', async (_format, suffix, compress) => {
    const tail = begin({ pattern: 'in*' });
    const content = text(...Array.from({ length: 500 }, (_, index) => `g${index} ${Math.sin(index)}`));
    const whole = compress(content);
    const path = tail.path(`in${suffix}`);
    tail.start();
    writeFileSync(path, whole.subarray(0, whole.length / 2));
    await looked(tail, tail.path('in-1'));
    appendFileSync(path, whole.subarray(whole.length / 2));
    await tail.until(() => withoutLooks(tail).length >= 500);
    await looked(tail, tail.path('in-2'));
    expect(withoutLooks(tail).join('')).toBe(content.split(/(?<=\n)/).toSorted().join(''));
  });

  test.each(['in.gz', 'app.log.2.gz', '@40000000692.s'])('that was seen while it was empty (%s) is read as what it is, and nothing counts as cut or lost', async (name) => {
    const { tail, log } = await following({ pattern: '*' }, 'a1');
    const names = Array.from({ length: 300 }, (_, index) => `b${Math.sin(index)}`);
    writeFileSync(tail.path(name), '');
    await tail.nextLook();
    await tail.nextLook();
    appendFileSync(tail.path(name), gzipSync(text(...names)));
    await tail.until(() => withoutLooks(tail).length > names.length);
    await looked(tail, `${log}-look`);
    expect(withoutLooks(tail)).toEqual(lines('a1', ...names).toSorted());
    expect(tail.events.map((event) => event.name)).not.toContain('fileTruncated');
    expect(tail.events.map((event) => event.name)).not.toContain('bytesLost');
  });

  test.each(['deleted', 'renamed out of the pattern'])('that was seen while it was empty, and is %s before it is read, is read from the open handle', async (fate) => {
    const { tail } = await following({ pattern: '*' }, 'a1');
    writeFileSync(tail.path('in.gz'), '');
    await tail.nextLook();
    await tail.nextLook();
    appendFileSync(tail.path('in.gz'), gzipSync(text('b1', 'b2')));
    if (fate === 'deleted') unlinkSync(tail.path('in.gz'));
    else renameSync(tail.path('in.gz'), tail.path('.hidden'));
    await tail.untilRecords(lines('a1', 'b1', 'b2'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'b1', 'b2'));
  });

  test('that was seen while it was empty, got a format that is not read, and was deleted, is counted as lost', async () => {
    const { tail } = await following({ pattern: '*' }, 'a1');
    writeFileSync(tail.path('in.bz2'), '');
    await tail.nextLook();
    await tail.nextLook();
    appendFileSync(tail.path('in.bz2'), Buffer.concat([Buffer.from('425a683931415926535924a1', 'hex'), Buffer.from('\nno line\n')]));
    unlinkSync(tail.path('in.bz2'));
    await tail.until(() => tail.events.some(({ name }) => name === 'bytesLost'));
    expect(tail.records).toEqual(lines('a1'));
  });

  test('that was seen while it was empty, and written to while the tail was away, is decompressed', async () => {
    const { tail, log } = await following({ pattern: '*' }, 'a1');
    writeFileSync(tail.path('in.gz'), '');
    await tail.nextLook();
    await tail.nextLook();
    await tail.stop();
    appendFileSync(tail.path('in.gz'), gzipSync(text('b1', 'b2')));
    tail.start();
    await tail.until(() => withoutLooks(tail).length >= 3);
    await looked(tail, `${log}-look1`);
    await tail.stop();
    tail.start();
    await looked(tail, `${log}-look2`);
    expect(withoutLooks(tail)).toEqual(lines('a1', 'b1', 'b2'));
  });

  test('of which half is read does not hold back a new file whose name looks like a copy of it', async () => {
    const tail = begin({ pattern: 'in*' });
    const content = text(...Array.from({ length: 500 }, (_, index) => `g${index} ${Math.sin(index)}`));
    const whole = gzipSync(content);
    writeFileSync(tail.path('in.gz'), whole.subarray(0, whole.length / 2));
    tail.start();
    await tail.until(() => tail.records.length > 0);
    await looked(tail, tail.path('in-1'));
    appendFileSync(tail.path('in.gz'), whole.subarray(whole.length / 2));
    await tail.until(() => withoutLooks(tail).length >= 500);
    expect(withoutLooks(tail).join('')).toBe(content.split(/(?<=\n)/).toSorted().join(''));
  });

  test('of a delivered log is not sent, neither at once nor after a restart', async () => {
    const { tail, log } = await following({ pattern: 'app.log*' }, 'a1', 'a2');
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
    unlinkSync(log);
    writeFileSync(log, text('b1'));
    await tail.untilRecords(lines('a1', 'a2', 'b1'));
    await looked(tail, `${log}-look1`);
    await tail.stop();
    tail.start();
    await looked(tail, `${log}-look2`);
    expect(withoutLooks(tail)).toEqual(lines('a1', 'a2', 'b1'));
  });

  test('made before the last line of its log was written is not sent, neither at once nor after a restart', async () => {
    const { tail, log } = await following({ pattern: 'app.log*' }, 'a1', 'a2');
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
    const { mtimeMs } = statSync(log);
    await looked(tail, `${log}-look1`);
    appendFileSync(log, text('a3'));
    await tail.until(() => tail.records.includes(text('a3')));
    // As gzip(1) does last, the compressed file gets the time of its original.
    utimesSync(`${log}.1.gz`, mtimeMs / 1000, mtimeMs / 1000);
    unlinkSync(log);
    await looked(tail, `${log}-look2`);
    await tail.stop();
    tail.start();
    await looked(tail, `${log}-look3`);
    await looked(tail, `${log}-look4`);
    expect(withoutLooks(tail)).toEqual(lines('a1', 'a2', 'a3'));
  });

  test('that is there for longer than its log is remembered is not sent again', async () => {
    // The clock runs so fast that everything stored counts as long ago.
    const { tail, log } = await following({ pattern: 'app.log*', clockSpeed: 200 }, 'a1', 'a2');
    const { ino } = statSync(log);
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
    unlinkSync(log);
    do {
      await tail.nextLook();
      tail.commit();
    } while (tail.rows.some((row) => row.inode === String(ino)));
    await tail.stop();
    tail.start();
    await looked(tail, `${log}-look`);
    expect(withoutLooks(tail)).toEqual(lines('a1', 'a2'));
  });

  test('of a file that began like another one, and was deleted before it could be told apart, is sent once', async () => {
    const { tail, log } = await following({ pattern: 'app*' }, 'a1');
    // So far the file repeats the log: the tail holds it open until it can tell whether it is a copy.
    writeFileSync(`${log}.1`, text('a1'));
    await looked(tail, tail.path('app-1'));
    appendFileSync(`${log}.1`, text('a2'));
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(`${log}.1`)));
    unlinkSync(`${log}.1`);
    await tail.until(() => withoutLooks(tail).length >= 3);
    await looked(tail, tail.path('app-2'));
    expect(withoutLooks(tail)).toEqual(lines('a1', 'a1', 'a2'));
  });

  test('made before the last line of its log was written, and found after a restart, is not sent', async () => {
    const { tail, log } = await following({ pattern: 'app.log*' }, 'a1', 'a2');
    const compressed = gzipSync(readFileSync(log));
    const { atime, mtime } = statSync(log);
    appendFileSync(log, text('a3'));
    await tail.until(() => tail.records.includes(text('a3')));
    await tail.stop();
    writeFileSync(`${log}.1.gz`, compressed);
    // As gzip(1) does. The time tells the compressed form from the next file of the log, which may begin alike.
    utimesSync(`${log}.1.gz`, atime, mtime);
    unlinkSync(log);
    tail.start();
    await looked(tail, `${log}-look1`);
    await looked(tail, `${log}-look2`);
    expect(withoutLooks(tail)).toEqual(lines('a1', 'a2', 'a3'));
  });

  test('made while the tail is away, in two members, of a file that was read half: its second half is read', async () => {
    const { tail, log } = await following({ pattern: 'app.log*' }, 'a1', 'a2');
    await tail.stop();
    writeFileSync(`${log}.1.gz`, Buffer.concat([gzipSync(readFileSync(log)), gzipSync(text('a3', 'a4'))]));
    unlinkSync(log);
    writeFileSync(log, text('b1'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'a3', 'a4', 'b1'));
    await looked(tail, `${log}-look`);
    expect(withoutLooks(tail)).toEqual(lines('a1', 'a2', 'a3', 'a4', 'b1'));
  });
});

describe('an inode that is handed to the next file at once', () => {
  /** Makes `path` with `content`, with the inode number `wanted` if the file system gives that number away again soon. */
  function remake(path: string, content: string, wanted: number): void {
    const others: string[] = [];
    writeFileSync(path, content);
    while (statSync(path).ino !== wanted && others.length < 20) {
      others.push(`${path}.other-inode-${others.length}`);
      renameSync(path, others.at(-1) ?? '');
      writeFileSync(path, content);
    }
    for (const other of others) unlinkSync(other);
  }

  test.each([
    ['shorter than what was read', ['b1']],
    ['longer than what was read', ['b1', 'b2', 'b3', 'b4']],
    ['beginning with the very same lines', ['a1', 'a2', 'b3']],
  ])('rename, compress, unlink, create while the tail is away, the new file %s', async (_title, next) => {
    const { tail, log } = await following({ pattern: 'app.log' }, 'a1', 'a2');
    await tail.stop();
    appendFileSync(log, text('a3'));
    const { ino } = statSync(log);
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
    unlinkSync(log);
    remake(log, text(...next), ino);
    tail.start();
    await tail.until(() => lines('a3', next.at(-1) ?? '').every((line) => tail.records.includes(line)));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', ...next).toSorted());
  });
});

test.each([
  { place: 'beside it', far: '' },
  { place: 'far away', far: 'old/logs/' },
])('a deleted file stays open while a file that may be its compressed form, $place, cannot be read: only the deleted file has the last lines', async ({ far }) => {
  const tail = begin({ pattern: ['app.log', 'look*'], rotatedPattern: 'old/logs/*', clockSpeed: 10 });
  mkdirSync(tail.path('old/logs'), { recursive: true });
  const log = tail.path('app.log');
  const names = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'];
  writeFileSync(log, text(...names));
  tail.start();
  await tail.untilRecords(lines(...names));
  let refusals = 0;
  tail.onOpen = (path) => {
    if (!path.endsWith('.gz')) return;
    refusals += 1;
    throw new FileFault({ code: 'other', systemCode: 'EIO', path });
  };
  renameSync(log, `${log}.1`);
  writeFileSync(log, text('b1'));
  writeFileSync(tail.path(`${far}app.log.1.gz`), gzipSync(text('a1', 'a2')));
  unlinkSync(`${log}.1`);
  // A quiet file without a name is held for five seconds, and the tail looks at most five times a second.
  for (let look = 0; look < 30; look += 1) await tail.nextLook();
  expect(refusals).toBeGreaterThan(0);
  tail.onOpen = () => undefined;
  await looked(tail, tail.path('look1'));
  await looked(tail, tail.path('look2'));
  expect(withoutLooks(tail)).toEqual(lines(...names, 'b1').toSorted());
});

test('a file and its compressed form that stand where other files were before a restart: the form is judged after the file', async () => {
  const tail = begin({ pattern: 'app.log*' });
  const log = tail.path('app.log');
  // The rows of both names are of other, plain files. Judged in the order of rows, the .gz would come before the file it is made from.
  writeFileSync(`${log}.1`, text('a1', 'a2', 'a3'));
  tail.start();
  await tail.untilRecords(lines('a1', 'a2', 'a3'));
  writeFileSync(`${log}.1.gz`, text('b1', 'b2', 'b3'));
  await tail.untilRecords(lines('a1', 'a2', 'a3', 'b1', 'b2', 'b3'));
  await tail.stop();
  // Both are written in place, as if new files had got the inode numbers.
  writeFileSync(`${log}.1`, text('c1', 'c2'));
  writeFileSync(`${log}.1.gz`, gzipSync(text('c1', 'c2')));
  tail.start();
  await looked(tail, `${log}-look1`);
  await looked(tail, `${log}-look2`);
  expect(withoutLooks(tail)).toEqual(lines('a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'c1', 'c2'));
});

describe('a file in a compression format that is not read', () => {
  test.each([
    ['bzip2', '425a683931415926535924a1'],
    ['xz', 'fd377a585a000004e6d6b446'],
    ['lz4', '04224d186040820d00000071'],
    ['zip', '504b03040a0000000000d5b2'],
    ['compress', '1f9d9068cab061f30664da38'],
  ])('(%s) is reported as unreadable, and none of its bytes is sent as a line', async (format, hex) => {
    const tail = begin({ pattern: 'app.log*' });
    writeFileSync(tail.path('app.log.2.z'), Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from('\nno line\n')]));
    writeFileSync(tail.path('app.log'), text('a1'));
    tail.start();
    await tail.untilRecords(lines('a1'));
    await tail.nextLook();
    expect(tail.records).toEqual(lines('a1'));
    expect(tail.events.filter(({ name }) => name === 'fileUnreadable')).toMatchObject([{ fields: { path: tail.path('app.log.2.z'), reason: `compressed with ${format}` } }]);
  });

  test('is reported also if it was first seen while it was empty', async () => {
    const { tail } = await following({ pattern: 'app.log*' }, 'a1');
    writeFileSync(tail.path('app.log.2.bz2'), '');
    await tail.nextLook();
    await tail.nextLook();
    appendFileSync(tail.path('app.log.2.bz2'), Buffer.concat([Buffer.from('425a683931415926535924a1', 'hex'), Buffer.from('\nno line\n')]));
    await tail.until(() => tail.events.some(({ name }) => name === 'fileUnreadable'));
    await tail.nextLook();
    expect(tail.records).toEqual(lines('a1'));
  });

  test('is not confused with text that begins alike: the text is sent', async () => {
    const tail = begin({ pattern: 'app.log' });
    writeFileSync(tail.path('app.log'), 'BZh9 is no magic\nPK neither\n');
    tail.start();
    await tail.untilRecords(['BZh9 is no magic\n', 'PK neither\n']);
  });
});
