/** Real files in UTF-16, and with byte order marks, under a tail. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { begin } from '../../support/tail-tests.ts';

const big = (text: string) => Buffer.from(text, 'utf16le').swap16();

test('UTF-16 by its mark: written in halves of characters, rotated, and continued after a crash', async () => {
  const tail = begin({ pattern: 'app.log*', encoding: 'utf-16' });
  const log = tail.path('app.log');
  writeFileSync(log, big('\ufeffeins €\nzw'));
  tail.start();
  await tail.untilRecords(['eins €\n']);
  const rest = big('ei 😀\ndrei\n');
  appendFileSync(log, rest.subarray(0, 7));
  appendFileSync(log, rest.subarray(7));
  await tail.untilRecords(['eins €\n', 'zwei 😀\n', 'drei\n']);
  await tail.stop();
  appendFileSync(log, big('vier\n'));
  renameSync(log, `${log}.1`);
  writeFileSync(log, Buffer.from('\ufefffünf\n', 'utf16le'));
  tail.start();
  await tail.until(() => tail.records.length >= 5);
  expect(tail.records.toSorted()).toEqual(['eins €\n', 'zwei 😀\n', 'drei\n', 'vier\n', 'fünf\n'].toSorted());
  expect([...tail.dropped]).toEqual([]);
});

test('a UTF-16 line far longer than a read is cut at its limit, the rest is counted, and reading goes on', async () => {
  const tail = begin({ pattern: 'app.log', encoding: 'utf-16le', lineBytesMax: 1000 });
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  writeFileSync(tail.path('app.log'), utf16(`${'x'.repeat(10_000)}\nshort\n${'€'.repeat(5000)}\nend\n`));
  tail.start();
  const expected = [`${'x'.repeat(999)}\n`, 'short\n', `${'€'.repeat(333)}\n`, 'end\n'];
  await tail.untilRecords(expected);
  expect(tail.records).toEqual(expected);
  expect(tail.dropped.get('oversize')).toBe(2 * (10_001 - 999 + 5001 - 333));
});

test('the present content of a UTF-16 file is passed over up to its last newline, not up to a byte that looks like one', async () => {
  const tail = begin({ pattern: 'app.log', encoding: 'utf-16', initialPosition: 'END_OF_FILE' });
  const log = tail.path('app.log');
  writeFileSync(log, big('\ufeffold\n\u010a\u0a00 par'));
  tail.start();
  await tail.until(() => tail.events.some((event) => event.name === 'fileFound'));
  appendFileSync(log, big('tial\nnew\n'));
  const expected = ['\u010a\u0a00 partial\n', 'new\n'];
  await tail.untilRecords(expected);
  expect(tail.records).toEqual(expected);
});

test('a mark of UTF-8 is no part of the first line of any generation, unless it is kept', async () => {
  const tail = begin({ pattern: 'app.log' });
  const log = tail.path('app.log');
  writeFileSync(log, '\ufeffone\ntwo\n');
  tail.start();
  await tail.untilRecords(['one\n', 'two\n']);
  renameSync(log, `${log}.1`);
  writeFileSync(log, '\ufeffthree\n');
  await tail.untilRecords(['one\n', 'two\n', 'three\n']);
  expect(tail.records).toEqual(['one\n', 'two\n', 'three\n']);
});
