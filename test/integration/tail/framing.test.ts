/** The same bytes form a record before and after a crash, whatever was written meanwhile. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { begin } from '../../support/tail-tests.ts';

const joined = { pattern: '*.log*', multiLineStartPattern: '^\\d', multiLineTimeoutMillis: 100 };

describe('a group that its time-out completed', () => {
  test('is the same record after a crash before its position was stored, though lines followed it', async () => {
    const tail = begin(joined);
    const log = tail.path('app.log');
    writeFileSync(log, '1 a\n  b\n');
    tail.start();
    await tail.untilRecords(['1 a\n  b\n']);
    await tail.crash();
    appendFileSync(log, '  c\n2 d\n');
    tail.start();
    await tail.untilRecords(['1 a\n  b\n', '1 a\n  b\n', '  c\n', '2 d\n']);
    expect(tail.records).toEqual(['1 a\n  b\n', '1 a\n  b\n', '  c\n', '2 d\n']);
  });

  test('and another group after it: after a crash both come again as they were', async () => {
    const tail = begin(joined);
    const log = tail.path('app.log');
    tail.hold();
    writeFileSync(log, '1 a\n');
    tail.start();
    await tail.untilRecords(['1 a\n']);
    appendFileSync(log, '  b\n');
    await tail.untilRecords(['1 a\n', '  b\n']);
    await tail.crash();
    appendFileSync(log, '  c\n2 d\n');
    tail.start();
    await tail.untilRecords(['1 a\n', '  b\n', '1 a\n', '  b\n', '  c\n', '2 d\n']);
    expect(tail.records.slice(2)).toEqual(['1 a\n', '  b\n', '  c\n', '2 d\n']);
  });

  test('ends where it ended, also when its file is renamed before the restart', async () => {
    const tail = begin(joined);
    const log = tail.path('app.log');
    writeFileSync(log, '1 a\n  b\n');
    tail.start();
    await tail.untilRecords(['1 a\n  b\n']);
    await tail.crash();
    appendFileSync(log, '  c\n');
    renameSync(log, tail.path('app.log.1'));
    writeFileSync(log, '3 e\n  f\n  g\n4 h\n');
    tail.start();
    await tail.untilRecords(['1 a\n  b\n', '1 a\n  b\n', '  c\n', '3 e\n  f\n  g\n', '4 h\n']);
    expect(tail.records.slice(1).toSorted()).toEqual(['  c\n', '1 a\n  b\n', '3 e\n  f\n  g\n', '4 h\n']);
  });

  test('is not sent before its end is stored', async () => {
    const tail = begin(joined);
    const log = tail.path('app.log');
    const failed = tail.failCommits(2);
    writeFileSync(log, '1 a\n  b\n');
    tail.start();
    await failed;
    appendFileSync(log, '  c\n');
    await tail.untilRecords(['1 a\n  b\n', '  c\n']);
    expect(tail.records).toEqual(['1 a\n  b\n', '  c\n']);
  });
});

describe('the last line of a file that has ended', () => {
  test('and what is written to it all the same are two records, also after a crash', { timeout: 20_000 }, async () => {
    const tail = begin({ pattern: '*.log*' });
    const log = tail.path('app.log');
    writeFileSync(log, 'one\ntw');
    tail.start();
    await tail.untilRecords(['one\n']);
    tail.hold();
    renameSync(log, tail.path('app.log.1'));
    await tail.untilRecords(['one\n', 'tw']);
    appendFileSync(tail.path('app.log.1'), 'o\nthree\n');
    await tail.untilRecords(['one\n', 'tw', 'o\n', 'three\n']);
    await tail.crash();
    tail.start();
    await tail.untilRecords(['one\n', 'tw', 'o\n', 'three\n', 'tw', 'o\n', 'three\n']);
    expect(tail.records.slice(4)).toEqual(['tw', 'o\n', 'three\n']);
    expect(tail.dropped.get('oversize')).toBeUndefined();
  });
});
