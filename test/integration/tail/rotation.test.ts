/** Real files, rotated in every way in which logs are rotated, while the tail is running or away. */
import { appendFileSync, copyFileSync, linkSync, mkdirSync, readFileSync, renameSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { TailHarness } from '../../support/tail-harness.ts';
import { begin, following, lines, text } from '../../support/tail-tests.ts';

describe('while the tail runs', () => {
  test('rename and create: the renamed file is finished, late writers included, and the new one read from its start', async () => {
    const { tail, log } = await following({ pattern: 'app.log' }, 'a1', 'a2');
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, text('late1'));
    writeFileSync(log, text('b1'));
    await tail.untilRecords(lines('a1', 'a2', 'late1', 'b1'));
    appendFileSync(`${log}.1`, text('late2'));
    await tail.untilRecords(lines('a1', 'a2', 'late1', 'b1', 'late2'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'late1', 'b1', 'late2').toSorted());
  });

  test('copytruncate: the copy is not sent again, its rest is, and the truncated file is read from its start', async () => {
    const { tail, log } = await following({ pattern: 'app.log*' }, 'a1', 'a2');
    tail.hold();
    appendFileSync(log, text('a3'));
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, text('b1'));
    await tail.untilRecords(lines('a1', 'a2', 'a3', 'b1'));
    tail.release();
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'b1').toSorted());
  });

  test('copytruncate, refilled past the old size at once, the copy outside of the pattern', async () => {
    const { tail, log } = await following({ pattern: 'app.log' }, 'a1', 'a2');
    appendFileSync(log, text('a3'));
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, text('b1', 'b2', 'b3', 'b4', 'b5'));
    await tail.untilRecords(lines('a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'b4', 'b5'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'b4', 'b5').toSorted());
  });

  test('delete and create: what was open is finished and the new file read from its start, whatever its inode', async () => {
    const { tail, log } = await following({ pattern: '*.log' }, 'a1', 'a2');
    unlinkSync(log);
    writeFileSync(log, text('b1', 'b2', 'b3'));
    await tail.untilRecords(lines('a1', 'a2', 'b1', 'b2', 'b3'));
    expect(tail.records).toEqual(lines('a1', 'a2', 'b1', 'b2', 'b3'));
  });

  test('a symbolic link that is switched to another file', async () => {
    const tail = begin({ pattern: 'current.log' });
    writeFileSync(tail.path('one'), text('a1'));
    symlinkSync(tail.path('one'), tail.path('current.log'));
    tail.start();
    await tail.untilRecords(lines('a1'));
    writeFileSync(tail.path('two'), text('b1'));
    unlinkSync(tail.path('current.log'));
    symlinkSync(tail.path('two'), tail.path('current.log'));
    appendFileSync(tail.path('one'), text('a2'));
    await tail.untilRecords(lines('a1', 'b1', 'a2'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'b1', 'a2').toSorted());
  });

  test('rename, compress and unlink while nothing is accepted: the open file is read to its end, its .gz not again', async () => {
    const { tail, log } = await following({ pattern: 'app.log*' }, 'a1');
    tail.hold();
    appendFileSync(log, text('a2'));
    renameSync(log, `${log}.1`);
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(`${log}.1`)));
    unlinkSync(`${log}.1`);
    writeFileSync(log, text('b1'));
    await tail.untilRecords(lines('a1', 'a2', 'b1'));
    tail.release();
    appendFileSync(log, text('b2'));
    await tail.untilRecords(lines('a1', 'a2', 'b1', 'b2'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'b1', 'b2').toSorted());
  });

  test('two names of one inode are read once', async () => {
    const tail = begin({ pattern: ['*.log', '**/app.*'] });
    writeFileSync(tail.path('app.log'), text('a1'));
    linkSync(tail.path('app.log'), tail.path('same.log'));
    tail.start();
    await tail.untilRecords(lines('a1'));
    appendFileSync(tail.path('same.log'), text('a2'));
    await tail.untilRecords(lines('a1', 'a2'));
    expect(tail.records).toEqual(lines('a1', 'a2'));
  });

  test('files with equal heads and wholly equal files are told apart', async () => {
    const tail = begin({ pattern: '*.log' });
    writeFileSync(tail.path('one.log'), 'same\n');
    writeFileSync(tail.path('two.log'), 'same\n');
    tail.start();
    await tail.untilRecords(['same\n', 'same\n']);
    writeFileSync(tail.path('three.log'), 'same\n');
    await tail.untilRecords(['same\n', 'same\n', 'same\n']);
    expect(tail.records).toHaveLength(3);
  });

  test('a directory that is removed and made again', async () => {
    const tail = begin({ pattern: '*/app.log', initialPosition: 'END_OF_FILE' });
    mkdirSync(tail.path('old'));
    writeFileSync(tail.path('old/app.log'), text('skipped'));
    tail.start();
    await tail.until(() => tail.events.some((event) => event.name === 'fileFound'));
    appendFileSync(tail.path('old/app.log'), text('a1'));
    await tail.untilRecords(lines('a1'));
    unlinkSync(tail.path('old/app.log'));
    mkdirSync(tail.path('new'));
    writeFileSync(tail.path('new/app.log'), text('n1'));
    writeFileSync(tail.path('old/app.log'), text('b1'));
    await tail.untilRecords(lines('a1', 'n1', 'b1'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'b1', 'n1').toSorted());
  });

  test('a compressed file that the pattern names is read whole, once, unterminated last line included', async () => {
    const tail = begin({ pattern: '*' });
    writeFileSync(tail.path('a.gz'), Buffer.concat([gzipSync(text('g1')), gzipSync(`${text('g2')}end`)]));
    writeFileSync(tail.path('b.zst'), zstdCompressSync(text('z1')));
    tail.start();
    await tail.untilRecords([...lines('g1', 'g2', 'z1'), 'end']);
    expect(tail.records.toSorted()).toEqual([...lines('g1', 'g2', 'z1'), 'end'].toSorted());
  });
});

describe('while the tail is away', () => {
  async function readAndStop(tail: TailHarness, ...names: string[]): Promise<string> {
    const log = tail.path('app.log');
    writeFileSync(log, text(...names));
    tail.start();
    await tail.untilRecords(lines(...names));
    await tail.stop();
    return log;
  }

  test('renamed twice: every generation goes on where it was, under whatever name', async () => {
    const tail = begin({ pattern: 'app.log*' });
    const log = await readAndStop(tail, 'a1', 'a2');
    appendFileSync(log, text('a3'));
    renameSync(log, `${log}.1`);
    writeFileSync(log, text('b1'));
    renameSync(`${log}.1`, `${log}.2`);
    renameSync(log, `${log}.1`);
    writeFileSync(log, text('c1'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'a3', 'b1', 'c1'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'b1', 'c1').toSorted());
  });

  test('renamed out of the pattern', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = await readAndStop(tail, 'a1');
    appendFileSync(log, text('a2'));
    renameSync(log, tail.path('app.log-20261121'));
    writeFileSync(log, text('b1'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'b1'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'b1').toSorted());
  });

  test('rotated into a compressed file: it goes on inside of it', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = await readAndStop(tail, 'a1', 'a2');
    appendFileSync(log, text('a3'));
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
    unlinkSync(log);
    writeFileSync(log, text('b1'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'a3', 'b1'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'b1').toSorted());
  });

  test('copied and truncated, refilled past the old size', async () => {
    const tail = begin({ pattern: 'app.log*' });
    const log = await readAndStop(tail, 'a1', 'a2');
    appendFileSync(log, text('a3'));
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, text('b1', 'b2', 'b3', 'b4'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'b4'));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'b4').toSorted());
  });

  test('a line that is written right after a restart to a file with nothing new, and deleted with it, is read', async () => {
    const tail = begin({ pattern: '*.log' });
    const log = await readAndStop(tail, 'a1', 'a2');
    writeFileSync(tail.path('other.log'), text('b1'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'b1'));
    appendFileSync(log, text('a3'));
    unlinkSync(log);
    await tail.untilRecords(lines('a1', 'a2', 'b1', 'a3'));
    expect(tail.records).toEqual(lines('a1', 'a2', 'b1', 'a3'));
  });

  test('deleted, and another file given its inode: the new one is read from its start', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = await readAndStop(tail, 'a1', 'a2');
    unlinkSync(log);
    writeFileSync(log, text('b1', 'b2', 'b3'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2', 'b1', 'b2', 'b3'));
    expect(tail.records).toEqual(lines('a1', 'a2', 'b1', 'b2', 'b3'));
  });

  test('half a line at the stop is read as one line after it', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    writeFileSync(log, `${text('a1')}AB`);
    tail.start();
    await tail.untilRecords(lines('a1'));
    await tail.stop();
    appendFileSync(log, 'C\n');
    tail.start();
    await tail.untilRecords([...lines('a1'), 'ABC\n']);
    expect(tail.records).toEqual([...lines('a1'), 'ABC\n']);
  });
});
