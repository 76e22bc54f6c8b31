/** Generations that no look ever saw under a matching name, on real files: they are found by their names and times, and read once. */
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TailHarness } from '../../support/tail-harness.ts';
import { begin, lines, nextTick, text } from '../../support/tail-tests.ts';

/** Replaces `path` by its compressed form, which keeps the modification time, as gzip(1) does. */
function compress(path: string): void {
  // Not as a `Date`: that may be rounded up to a later time.
  const seconds = Math.floor(statSync(path).mtimeMs) / 1000;
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  utimesSync(`${path}.gz`, seconds, seconds);
  unlinkSync(path);
}

/** Counts up, for modification times that are each later than the one before: the file system's own may be equal within a tick. */
let tick = 0;
function write(path: string, ...names: string[]): void {
  appendFileSync(path, text(...names));
  tick += 1;
  const time = Date.now() / 1000 + tick;
  utimesSync(path, time, time);
}

/** Resolves when every file that is there now was looked at and judged twice. */
async function looked(tail: TailHarness): Promise<void> {
  await tail.nextLook();
  await tail.nextLook();
  await tail.nextLook();
}

describe('rotated twice between two looks, the rotated names not in the pattern', () => {
  test('the generation in the middle is read, before the one that came after it', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    write(log, 'a1');
    tail.start();
    await tail.untilRecords(lines('a1'));
    renameSync(log, `${log}.1`);
    write(log, 'b1', 'b2');
    renameSync(`${log}.1`, `${log}.2`);
    renameSync(log, `${log}.1`);
    write(log, 'c1');
    await tail.untilRecords(lines('a1', 'b1', 'b2', 'c1'));
    await looked(tail);
    expect(tail.records).toEqual(lines('a1', 'b1', 'b2', 'c1'));
  });

  test('copied and truncated twice: both copies are continued or read', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    write(log, 'a1');
    tail.start();
    await tail.untilRecords(lines('a1'));
    write(log, 'a2');
    copyFileSync(log, `${log}.2`);
    truncateSync(log);
    write(log, 'b1');
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    write(log, 'c1');
    write(`${log}.1`);
    await tail.untilRecords(lines('a1', 'a2', 'b1', 'c1'));
    await looked(tail);
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'b1', 'c1').toSorted());
  });
});

describe('a log that was made and rotated between two looks, of which nothing was known', () => {
  test('all of it is read, oldest first, and not again after a restart', async () => {
    const tail = begin({ pattern: 'app.log' });
    tail.start();
    await tail.nextLook();
    const log = tail.path('app.log');
    write(`${log}.2`, 'a1');
    write(`${log}.1`, 'b1', 'b2');
    write(log, 'c1');
    await tail.untilRecords(lines('a1', 'b1', 'b2', 'c1'));
    await tail.stop();
    tail.start();
    await looked(tail);
    expect(tail.records.toSorted()).toEqual(lines('a1', 'b1', 'b2', 'c1'));
    expect(tail.records.filter((record) => !record.startsWith('c'))).toEqual(lines('a1', 'b1', 'b2'));
  });

  test('rotated files that were there before the log are left alone, by the time at which they were made', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    write(`${log}.2`, 'old');
    tail.start();
    await tail.nextLook();
    renameSync(`${log}.2`, `${log}.3`);
    compress(`${log}.3`);
    nextTick();
    write(`${log}.1`, 'b1');
    write(log, 'c1');
    await tail.untilRecords(lines('b1', 'c1'));
    await looked(tail);
    expect(tail.records).toEqual(lines('b1', 'c1'));
  });

  test('nothing but a rotated file is left of it', async () => {
    const tail = begin({ pattern: '*.log' });
    write(tail.path('old.log.1'), 'old');
    tail.start();
    await tail.nextLook();
    nextTick();
    renameSync(tail.path('old.log.1'), tail.path('old.log.2'));
    write(tail.path('app.log.1'), 'a1');
    for (const other of ['app.txt.1', 'notes-2.log.new', 'data.log.d']) write(tail.path(other), other);
    await tail.untilRecords(lines('a1'));
    await looked(tail);
    expect(tail.records).toEqual(lines('a1'));
  });
});

describe('rotated several times while the tail is away, the rotated names not in the pattern', () => {
  async function readAndStop(tail: TailHarness, ...names: string[]): Promise<string> {
    const log = tail.path('app.log');
    write(log, ...names);
    tail.start();
    await tail.untilRecords(lines(...names));
    await tail.stop();
    return log;
  }

  test('renamed: every generation is read once, oldest first, and not again after a restart', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = await readAndStop(tail, 'a1');
    write(log, 'a2');
    renameSync(log, `${log}.3`);
    write(`${log}.2`, 'b1');
    write(`${log}.1`, 'c1');
    write(log, 'd1');
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'b1', 'c1', 'd1'));
    await tail.stop();
    tail.start();
    await looked(tail);
    expect(tail.records.filter((record) => !record.startsWith('a'))).toEqual(lines('b1', 'c1', 'd1'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'b1', 'c1', 'd1').toSorted());
  });

  test('compressed, by date, in a directory below: what was delivered is told from what was not', { timeout: 20_000 }, async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = await readAndStop(tail, 'a1');
    mkdirSync(tail.path('old'));
    write(log, 'a2');
    renameSync(log, tail.path('old/app.log-20261119'));
    compress(tail.path('old/app.log-20261119'));
    write(tail.path('old/app.log-20261120'), 'b1');
    compress(tail.path('old/app.log-20261120'));
    write(tail.path('old/app.log-20261121'), 'c1');
    write(log, 'd1');
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'b1', 'c1', 'd1'));
    await looked(tail);
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'b1', 'c1', 'd1').toSorted());
  });

  test('compressed, and the agent dies again before it is sure of them: they are read by the one after', { timeout: 20_000 }, async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = await readAndStop(tail, 'a1');
    renameSync(log, `${log}.2`);
    write(`${log}.1`, 'b1');
    compress(`${log}.1`);
    write(log, 'c1');
    tail.start();
    await tail.untilRecords(lines('a1', 'c1'));
    renameSync(log, `${log}.0`);
    write(log, 'd1');
    await tail.untilRecords(lines('a1', 'c1', 'd1'));
    tail.commit();
    await tail.crash();
    tail.start();
    await tail.untilRecords(lines('a1', 'c1', 'd1', 'b1'));
    await looked(tail);
    expect(tail.records).toEqual(lines('a1', 'c1', 'd1', 'b1'));
  });

  test('backups that were there before the tail, and logs of others, are left alone', async () => {
    const tail = begin({ pattern: 'app.log' });
    write(tail.path('app.log.1'), 'old1');
    write(tail.path('app.log.2'), 'old2');
    compress(tail.path('app.log.2'));
    const log = await readAndStop(tail, 'a1');
    renameSync(`${log}.2.gz`, `${log}.4.gz`);
    renameSync(`${log}.1`, `${log}.3`);
    compress(`${log}.3`);
    renameSync(log, `${log}.2`);
    write(`${log}.1`, 'b1');
    write(log, 'c1');
    for (const other of ['app2.log', 'app2.log.1', 'app-2.log', 'app.log-worker2', 'app.logger.1']) write(tail.path(other), other);
    mkdirSync(tail.path('below'));
    write(tail.path('below/app.log'), 'below');
    write(tail.path('below/app.log.1'), 'below1');
    tail.start();
    await tail.untilRecords(lines('a1', 'b1', 'c1'));
    await looked(tail);
    expect(tail.records.toSorted()).toEqual(lines('a1', 'b1', 'c1').toSorted());
  });
});

describe('a log that was made and rotated while the tail was away, of which nothing was known', () => {
  /** A tail that has looked into its directory, where `names` were, and is away. */
  async function awayFrom(pattern: string, ...names: string[]): Promise<TailHarness> {
    const tail = begin({ pattern });
    for (const name of names) writeFileSync(tail.path(name), text(name));
    tail.start();
    await tail.nextLook();
    await tail.stop();
    nextTick();
    return tail;
  }

  test('every generation is read once, oldest first, and not again after a restart', async () => {
    const tail = await awayFrom('*.log');
    const log = tail.path('app.log');
    write(`${log}.2`, 'a1');
    write(`${log}-20261121`, 'b1');
    write(tail.path('app-20261122.log.1'), 'c1');
    write(log, 'd1');
    tail.start();
    await tail.untilRecords(lines('a1', 'b1', 'c1', 'd1'));
    await tail.stop();
    tail.start();
    await looked(tail);
    expect(tail.records).toEqual(lines('a1', 'b1', 'c1', 'd1'));
  });

  test('compressed, in a directory below', { timeout: 20_000 }, async () => {
    const tail = await awayFrom('*.log');
    mkdirSync(tail.path('old'));
    write(tail.path('old/app.log.2'), 'a1');
    compress(tail.path('old/app.log.2'));
    write(tail.path('old/app.log.1'), 'b1');
    write(tail.path('app.log'), 'c1');
    tail.start();
    await tail.untilRecords(lines('b1', 'c1', 'a1'));
    await looked(tail);
    expect(tail.records).toEqual(lines('b1', 'c1', 'a1'));
  });

  test('compressed, and the agent dies again before it is sure of that: it is read by the one after', { timeout: 20_000 }, async () => {
    const tail = await awayFrom('*.log');
    const log = tail.path('app.log');
    write(`${log}.1`, 'a1');
    compress(`${log}.1`);
    write(log, 'b1');
    tail.start();
    await tail.untilRecords(lines('b1'));
    await looked(tail);
    tail.commit();
    await tail.crash();
    tail.start();
    await tail.untilRecords(lines('b1', 'a1'));
    expect(tail.records).toEqual(lines('b1', 'a1'));
  });

  test('what was there before is not read, whatever it is called or stored as by now', { timeout: 20_000 }, async () => {
    const tail = await awayFrom('*.log', 'app.log.1', 'app.log.2', 'job.log.1');
    compress(tail.path('app.log.2'));
    renameSync(tail.path('app.log.1'), tail.path('app.log.3'));
    compress(tail.path('app.log.3'));
    compress(tail.path('job.log.1'));
    write(tail.path('app.log.5'), 'a1');
    compress(tail.path('app.log.5'));
    write(tail.path('app.log.1'), 'b1');
    write(tail.path('app.log'), 'c1');
    tail.start();
    // The compressed file is read last, once it has not changed for a while: by then, the others would have been read, too.
    await tail.untilRecords(lines('b1', 'c1', 'a1'));
    await looked(tail);
    expect(tail.records).toEqual(lines('b1', 'c1', 'a1'));
  });

  test('nothing but rotated files is left of it: they are read, what was never a log is not', { timeout: 20_000 }, async () => {
    const tail = await awayFrom('*.log', 'old.log.1');
    write(tail.path('app.log.2'), 'a1');
    write(tail.path('app.log.1'), 'b1');
    writeFileSync(tail.path('job.log'), text('j1'));
    compress(tail.path('job.log'));
    // A download: it was compressed elsewhere, so its time is not that of a log.
    writeFileSync(tail.path('archive.log.gz'), gzipSync(text('archive')));
    write(tail.path('archive.log.gz'));
    tail.start();
    await tail.untilRecords(lines('a1', 'b1', 'j1'));
    await looked(tail);
    await tail.stop();
    tail.start();
    await looked(tail);
    expect(tail.records).toEqual(lines('a1', 'b1', 'j1'));
  });

  test('in a directory that is new as well', async () => {
    const tail = await awayFrom('*/*.log', 'file');
    mkdirSync(tail.path('app'));
    write(tail.path('app/app.log.1'), 'a1');
    write(tail.path('app/app.log'), 'b1');
    mkdirSync(tail.path('job'));
    write(tail.path('job/job.log.1'), 'j1');
    tail.start();
    await tail.untilRecords(lines('a1', 'b1', 'j1'));
    await looked(tail);
    expect(tail.records.toSorted()).toEqual(lines('a1', 'b1', 'j1'));
  });
});

test('the compressed form of a known generation, made before its last line was written, is told from one that was not seen', { timeout: 20_000 }, async () => {
  const tail = begin({ pattern: 'app.log' });
  const log = tail.path('app.log');
  write(log, 'a1');
  tail.start();
  await tail.untilRecords(lines('a1'));
  renameSync(log, `${log}.1`);
  write(`${log}.1`, 'a2', 'a3');
  write(log, 'b1');
  await tail.untilRecords(lines('a1', 'a2', 'a3', 'b1'));
  // By now the tail has let go of the file, before it trusts that the compressed form is final.
  await tail.nextLook();
  await tail.nextLook();
  const { atime, mtime } = statSync(`${log}.1`);
  writeFileSync(`${log}.1.gz`, gzipSync(text('a1', 'a2')));
  utimesSync(`${log}.1.gz`, atime, mtime);
  unlinkSync(`${log}.1`);
  write(`${log}.2`, 'c1');
  compress(`${log}.2`);
  await tail.untilRecords(lines('a1', 'a2', 'a3', 'b1', 'c1'));
  expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'b1', 'c1'));
});

describe('rotated several times while the tail is away, to names that only rotatedPattern tells (svlogd)', () => {
  test('every generation is read once, and nothing of before the first start', async () => {
    const tail = begin({ pattern: 'current', rotatedPattern: '@*' });
    const log = tail.path('current');
    const rotate = (stamp: string) => renameSync(log, tail.path(`@40000000692${stamp}.s`));
    write(tail.path('@400000006920.s'), 'old');
    write(log, 'a1');
    tail.start();
    await tail.untilRecords(lines('a1'));
    await tail.stop();
    nextTick();
    for (const name of ['b1', 'c1', 'd1']) {
      rotate(name);
      write(log, name);
    }
    tail.start();
    await tail.untilRecords(lines('a1', 'b1', 'c1', 'd1'));
    await looked(tail);
    await tail.stop();
    tail.start();
    await looked(tail);
    expect(tail.records.toSorted()).toEqual(lines('a1', 'b1', 'c1', 'd1'));
  });

  test('a file that may be a log of its own (app-1.log) is left alone where rotatedPattern does not name it', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    write(log, 'a1');
    tail.start();
    await tail.untilRecords(lines('a1'));
    await tail.stop();
    nextTick();
    renameSync(log, `${log}.1`);
    write(tail.path('app-1.log'), 'x');
    write(log, 'b1');
    tail.start();
    await tail.untilRecords(lines('a1', 'b1'));
    await looked(tail);
    expect(tail.records).toEqual(lines('a1', 'b1'));
  });

  test('a rotated file that either of two logs in the directory may have left is left alone', async () => {
    const tail = begin({ pattern: '*.log', rotatedPattern: '@*' });
    for (const name of ['a', 'b']) write(tail.path(`${name}.log`), name);
    tail.start();
    await tail.untilRecords(lines('a', 'b'));
    nextTick();
    write(tail.path('@new'), 'x');
    for (const name of ['a', 'b']) {
      unlinkSync(tail.path(`${name}.log`));
      write(tail.path(`${name}.log`), `${name}2`);
    }
    await tail.untilRecords(lines('a', 'b', 'a2', 'b2'));
    await looked(tail);
    expect(tail.records.toSorted()).toEqual(lines('a', 'a2', 'b', 'b2'));
  });
});
