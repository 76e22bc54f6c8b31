/** Generations that no look ever saw under a name of the pattern, on real files: found by their names and times, read once. */
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, statSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TailHarness } from '../../support/tail-harness.ts';
import { begin, lines, text } from '../../support/tail-tests.ts';

/** Replaces `path` by its compressed form, as gzip(1) does: with its modification time. */
function compress(path: string): void {
  const { atime, mtime } = statSync(path);
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  utimesSync(`${path}.gz`, atime, mtime);
  unlinkSync(path);
}

/** A modification time that is later than all before it: file systems count in ticks. */
let tick = 0;
function write(path: string, ...names: string[]): void {
  appendFileSync(path, text(...names));
  tick += 1;
  const time = Date.now() / 1000 + tick;
  utimesSync(path, time, time);
}

/** Resolves when what was there at the time was looked at and judged, twice. */
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

  test('rotated files that were there before the log are left alone', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    write(`${log}.2`, 'old');
    tail.start();
    await tail.nextLook();
    write(`${log}.1`, 'of an unknown age');
    write(log, 'c1');
    await tail.untilRecords(lines('c1'));
    await looked(tail);
    expect(tail.records).toEqual(lines('c1'));
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
  // So that the tail lets go of the file before it trusts that its compressed form is final.
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
