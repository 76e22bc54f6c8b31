/** What stands in files (sparse heads, cut characters, groups of lines), and the names and links that lead to them. */
import { appendFileSync, closeSync, copyFileSync, ftruncateSync, mkdirSync, openSync, renameSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { begin, lines, text } from '../../support/tail-tests.ts';

describe('bytes', () => {
  test('the hole that a writer without O_APPEND leaves after copytruncate is skipped and counted', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    const writer = openSync(log, 'w');
    writeSync(writer, text('a1', 'a2'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2'));
    ftruncateSync(writer, 0);
    writeSync(writer, text('b1'));
    await tail.untilRecords(lines('a1', 'a2', 'b1'));
    closeSync(writer);
    expect(tail.records).toEqual(lines('a1', 'a2', 'b1'));
    expect(tail.dropped.get('skipped')).toBe(text('a1', 'a2').length);
  });

  test('lines and characters that lie across the edges of reads come whole, CRLF and all', async () => {
    // A read takes 101 bytes here: lines of up to 100 bytes are cut by the edges of reads.
    const tail = begin({ pattern: 'app.log', lineBytesMax: 100 });
    const expected = Array.from({ length: 300 }, (_, index) => `${index} ${'€ä😀'.repeat(index % 9)}${index % 2 === 0 ? '\r\n' : '\n'}`);
    writeFileSync(tail.path('app.log'), expected.join(''));
    tail.start();
    await tail.untilRecords(expected);
    expect(tail.records).toEqual(expected);
  });

  test('a line written in pieces, a character torn between them, is one record', async () => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    const bytes = Buffer.from('whole €\n');
    writeFileSync(log, text('a1'));
    tail.start();
    await tail.untilRecords(lines('a1'));
    for (const byte of bytes) appendFileSync(log, Buffer.of(byte));
    await tail.untilRecords([...lines('a1'), 'whole €\n']);
    expect(tail.records).toEqual([...lines('a1'), 'whole €\n']);
  });
});

describe('groups of lines', () => {
  const options = { pattern: 'app.log', multiLineStartPattern: '^\\d', multiLineTimeoutMillis: 300 };

  test('a stack trace written line by line is one record', async () => {
    const tail = begin(options);
    const log = tail.path('app.log');
    writeFileSync(log, '1 error\n');
    tail.start();
    for (let index = 0; index < 20; index += 1) {
      appendFileSync(log, `  at frame ${index}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    appendFileSync(log, '2 next\n');
    const trace = `1 error\n${Array.from({ length: 20 }, (_, index) => `  at frame ${index}\n`).join('')}`;
    await tail.untilRecords([trace, '2 next\n']);
    expect(tail.records).toEqual([trace, '2 next\n']);
  });

  test('a group that its time-out completed, then a line, then a crash: the same records as without', async () => {
    const tail = begin(options);
    const log = tail.path('app.log');
    writeFileSync(log, '1 a\n  b\n');
    tail.start();
    await tail.untilRecords(['1 a\n  b\n']);
    tail.commit();
    appendFileSync(log, '  c\n');
    await tail.untilRecords(['1 a\n  b\n', '  c\n']);
    await tail.crash();
    tail.start();
    appendFileSync(log, '2 d\n');
    await tail.untilRecords(['1 a\n  b\n', '  c\n', '  c\n', '2 d\n']);
    expect(tail.records).toEqual(['1 a\n  b\n', '  c\n', '  c\n', '2 d\n']);
  });

  test('a group behind a hole is read from the copy when the log is cut and goes on behind a longer hole', async () => {
    const tail = begin({ ...options, pattern: 'app.log*', multiLineTimeoutMillis: 60_000 });
    const log = tail.path('app.log');
    const hole = (length: number) => Buffer.alloc(length).toString('latin1');
    writeFileSync(log, `${hole(2000)}1 a\n`);
    tail.start();
    while (tail.dropped.get('skipped') !== 2000) await tail.nextLook();
    copyFileSync(log, `${log}.1`);
    await tail.nextLook();
    writeFileSync(log, `${hole(3000)}2 b\n3 c\n4 d\n`);
    await tail.untilRecords(['1 a\n', '2 b\n', '3 c\n']);
    expect(tail.records.toSorted()).toEqual(['1 a\n', '2 b\n', '3 c\n']);
  });

  test('a line behind a hole that was seen but not read is read from the copy when the log is cut and goes on behind a longer hole', async () => {
    const tail = begin({ pattern: 'app.log*' });
    const log = tail.path('app.log');
    const hole = (length: number) => Buffer.alloc(length).toString('latin1');
    writeFileSync(log, `${hole(2000)}a1`);
    tail.start();
    while (tail.dropped.get('skipped') !== 2000) await tail.nextLook();
    appendFileSync(log, ' rest');
    await tail.nextLook();
    appendFileSync(log, '\n');
    copyFileSync(log, `${log}.1`);
    writeFileSync(log, `${hole(3000)}b1\n`);
    await tail.untilRecords(['a1 rest\n', 'b1\n']);
    expect(tail.records.toSorted()).toEqual(['a1 rest\n', 'b1\n']);
    expect(tail.dropped.get('lost')).toBeUndefined();
  });

  test('the end of a record behind a hole is forgotten when the log is cut and goes on behind a longer hole', async () => {
    const tail = begin({ ...options, pattern: 'app.log*' });
    const log = tail.path('app.log');
    const hole = (length: number) => Buffer.alloc(length).toString('latin1');
    tail.hold();
    writeFileSync(log, `${hole(2000)}1 a\n`);
    tail.start();
    await tail.untilRecords(['1 a\n']);
    expect(tail.rows.map((row) => [row.offset, row.cuts])).toEqual([[2000, [2004]]]);
    await tail.crash();
    copyFileSync(log, `${log}.1`);
    writeFileSync(log, `${hole(3000)}2 b\n3 c\n`);
    tail.start();
    await tail.untilRecords(['1 a\n', '1 a\n', '2 b\n', '3 c\n']);
    expect(tail.records.toSorted()).toEqual(['1 a\n', '1 a\n', '2 b\n', '3 c\n']);
  });
});

describe('names', () => {
  test('a link that leads nowhere is passed over until it leads somewhere', async () => {
    const tail = begin({ pattern: '*.log' });
    symlinkSync(tail.path('later'), tail.path('current.log'));
    writeFileSync(tail.path('app.log'), text('a1'));
    tail.start();
    await tail.untilRecords(lines('a1'));
    writeFileSync(tail.path('later'), text('b1'));
    await tail.untilRecords(lines('a1', 'b1'));
    expect(tail.records).toEqual(lines('a1', 'b1'));
    expect(tail.events.filter((event) => event.name === 'fileUnreadable')).toEqual([]);
  });

  test('a directory that is a link to itself is walked once', async () => {
    const tail = begin({ pattern: '**/*.log' });
    mkdirSync(tail.path('sub'));
    symlinkSync(tail.directory, tail.path('sub/loop'));
    writeFileSync(tail.path('sub/app.log'), text('a1'));
    tail.start();
    await tail.untilRecords(lines('a1'));
    writeFileSync(tail.path('sub/next.log'), text('b1'));
    await tail.untilRecords(lines('a1', 'b1'));
    expect(tail.records).toEqual(lines('a1', 'b1'));
  });

  test('names that are not UTF-8 are read, followed through a rotation, and continued after a restart', async () => {
    const tail = begin({ pattern: '*.log*' });
    const name = (end: string) => Buffer.concat([Buffer.from(`${tail.directory}/caf`), Buffer.of(0xe9), Buffer.from(end)]);
    writeFileSync(name('.log'), text('a1'));
    tail.start();
    await tail.untilRecords(lines('a1'));
    renameSync(name('.log'), name('.log.1'));
    writeFileSync(name('.log'), text('b1'));
    await tail.untilRecords(lines('a1', 'b1'));
    await tail.stop();
    appendFileSync(name('.log'), text('b2'));
    tail.start();
    await tail.untilRecords(lines('a1', 'b1', 'b2'));
    expect(tail.records).toEqual(lines('a1', 'b1', 'b2'));
  });

  test('a file that two patterns match is read once, one that leaves and comes back goes on where it was', async () => {
    const tail = begin({ pattern: ['*.log', 'app*'] });
    writeFileSync(tail.path('app.log'), text('a1'));
    tail.start();
    await tail.untilRecords(lines('a1'));
    renameSync(tail.path('app.log'), tail.path('elsewhere'));
    writeFileSync(tail.path('other.log'), text('o1'));
    await tail.untilRecords(lines('a1', 'o1'));
    renameSync(tail.path('elsewhere'), tail.path('app.log'));
    appendFileSync(tail.path('app.log'), text('a2'));
    await tail.untilRecords(lines('a1', 'o1', 'a2'));
    expect(tail.records).toEqual(lines('a1', 'o1', 'a2'));
    unlinkSync(tail.path('app.log'));
  });
});
