/** The flow's settings decide what is read of old, deleted and far-away files. */
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import type { TailHarness } from '../../support/tail-harness.ts';
import { begin, following, lines, nextTick, text } from '../../support/tail-tests.ts';

test('ignoreOlderSeconds: an old file is left out until it is written to, then only what is new is read', async () => {
  const tail = begin({ pattern: '*.log', ignoreOlderMs: 3_600_000 });
  writeFileSync(tail.path('old.log'), text('o1'));
  utimesSync(tail.path('old.log'), 1000, 1000);
  writeFileSync(tail.path('young.log'), text('y1'));
  tail.start();
  await tail.untilRecords(lines('y1'));
  appendFileSync(tail.path('old.log'), text('o2'));
  await tail.untilRecords(lines('y1', 'o2'));
  expect(tail.records.toSorted()).toEqual(lines('o2', 'y1'));
});

describe('initialPosition END_OF_FILE, and a file that cannot be opened at the first look', () => {
  async function unreadableAtFirst(name: string, content: string | Buffer): Promise<TailHarness> {
    const tail = begin({ pattern: '*', initialPosition: 'END_OF_FILE' });
    const log = tail.path(name);
    writeFileSync(log, content);
    tail.onOpen = (path) => {
      if (path === log) throw new FileFault({ code: 'denied', systemCode: 'EACCES', path });
    };
    tail.start();
    await tail.until(() => tail.events.some(({ name: event }) => event === 'fileUnreadable'));
    return tail;
  }

  test('the bytes that it had then are left out, later ones are read', async () => {
    const tail = await unreadableAtFirst('app.log', `${text('old')}begun`);
    appendFileSync(tail.path('app.log'), `, ended\n${text('new')}`);
    writeFileSync(tail.path('later.log'), text('later'));
    await tail.untilRecords(lines('later'));
    tail.onOpen = () => undefined;
    await tail.untilRecords([...lines('later'), 'begun, ended\n', ...lines('new')]);
    expect(tail.records).toHaveLength(3);
  });

  test('a compressed file is left out as a whole', async () => {
    const tail = await unreadableAtFirst('app.log.gz', gzipSync(text(...Array.from({ length: 100 }, () => 'old'))));
    tail.onOpen = () => undefined;
    await tail.until(() => tail.events.some(({ name }) => name === 'fileFound'));
    writeFileSync(tail.path('later.log'), text('later'));
    await tail.untilRecords(lines('later'));
    expect(tail.records).toEqual(lines('later'));
  });

  test('a file that was cut since is read from its start', async () => {
    const tail = await unreadableAtFirst('app.log', text('old', 'older'));
    truncateSync(tail.path('app.log'));
    await tail.nextLook();
    await tail.nextLook();
    appendFileSync(tail.path('app.log'), text('new'));
    tail.onOpen = () => undefined;
    await tail.untilRecords(lines('new'));
    expect(tail.records).toEqual(lines('new'));
  });
});

test('deletedFiles.keepSecondsMax: a deleted file is let go of although it is still written to, and that is announced', async () => {
  const { tail, log } = await following({ pattern: '*.log', deletedKeepMsMax: 0 }, 'a1');
  unlinkSync(log);
  await tail.until(() => tail.events.some(({ name }) => name === 'deletedFileReleased'));
  const released = tail.events.find(({ name }) => name === 'deletedFileReleased');
  expect(released?.fields).toMatchObject({ path: log, bytes: text('a1').length, unreadBytes: 0 });
});

test('deletedFiles: bytes that are given up unread are counted as lost, to the byte, and announced', async () => {
  const tail = begin({ pattern: '*.log', deletedKeepMsMax: 0, clockSpeed: 100 });
  const log = tail.path('app.log');
  const line = `${'x'.repeat(1023)}\n`;
  const sizeBytes = 20_000 * line.length;
  writeFileSync(log, line.repeat(20_000));
  tail.hold();
  tail.start();
  // The tail reads as much as the byte budget allows. Nothing of it is accepted.
  await tail.until(() => tail.records.length > 7000);
  unlinkSync(log);
  await tail.until(() => tail.events.some(({ name }) => name === 'deletedFileReleased'));
  const readBytes = tail.records.length * line.length;
  const released = tail.events.find(({ name }) => name === 'deletedFileReleased');
  expect(released?.fields).toMatchObject({ path: log, bytes: sizeBytes, unreadBytes: sizeBytes - readBytes });
  tail.release();
  await tail.until(() => tail.events.some(({ name }) => name === 'bytesLost'));
  expect(tail.events.find(({ name }) => name === 'bytesLost')?.fields).toMatchObject({ path: log, bytes: sizeBytes - readBytes });
  expect(tail.dropped.get('lost')).toBe(sizeBytes - readBytes);
  expect(tail.records).toHaveLength(readBytes / line.length);
});

test('the row of a delivered file that is gone is kept for its time and then removed; rows of files that are there stay', async () => {
  const tail = begin({ pattern: '*.log', clockSpeed: 100 });
  writeFileSync(tail.path('gone.log'), text('g1'));
  writeFileSync(tail.path('here.log'), text('h1'));
  tail.start();
  await tail.untilRecords(lines('g1', 'h1'));
  unlinkSync(tail.path('gone.log'));
  const rowOf = (name: string) => tail.rows.find((row) => row.path === tail.path(name));
  const looksUntil = async (condition: () => boolean) => {
    do {
      await tail.nextLook();
      tail.commit();
    } while (!condition());
  };
  await looksUntil(() => rowOf('gone.log')?.state === 'finished');
  await looksUntil(() => rowOf('gone.log') === undefined);
  expect(rowOf('here.log')).toMatchObject({ state: 'active', offset: text('h1').length });
});

test('rotatedPattern: the rest of a file moved far away while the tail was down is found there', async () => {
  const tail = begin({ pattern: 'logs/app.log', rotatedPattern: 'archive/*/*' });
  mkdirSync(tail.path('logs'));
  mkdirSync(tail.path('archive/2026'), { recursive: true });
  const log = tail.path('logs/app.log');
  writeFileSync(log, text('a1'));
  tail.start();
  await tail.untilRecords(lines('a1'));
  await tail.stop();
  appendFileSync(log, text('a2'));
  renameSync(log, tail.path('archive/2026/whatever'));
  writeFileSync(log, text('b1'));
  tail.start();
  await tail.untilRecords(lines('a1', 'a2', 'b1'));
  expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'b1'));
});

test('rotatedPattern: a copy made far away before the file was cut is continued', async () => {
  const tail = begin({ pattern: 'logs/app.log', rotatedPattern: 'archive/*' });
  mkdirSync(tail.path('logs'));
  mkdirSync(tail.path('archive'));
  const log = tail.path('logs/app.log');
  writeFileSync(log, text('a1'));
  tail.start();
  await tail.untilRecords(lines('a1'));
  await tail.stop();
  appendFileSync(log, text('a2'));
  copyFileSync(log, tail.path('archive/copy'));
  truncateSync(log);
  appendFileSync(log, text('b1'));
  tail.start();
  await tail.untilRecords(lines('a1', 'a2', 'b1'));
  expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'b1'));
});

test('rotatedPattern: a delivered file that was moved to a directory nearby and compressed there is not sent again at any start', async () => {
  const tail = begin({ pattern: 'logs/app.log', rotatedPattern: 'old/app.log*', clockSpeed: 20 });
  for (const directory of ['logs', 'old']) mkdirSync(tail.path(directory));
  const log = tail.path('logs/app.log');
  const names: string[] = [];
  tail.start();
  // As logrotate(8) does with olddir, compress and delaycompress.
  for (const name of ['a', 'b', 'c', 'd']) {
    writeFileSync(log, text(name, `${name}2`));
    names.push(name, `${name}2`);
    await tail.untilRecords(lines(...names));
    for (let number = names.length / 2 - 1; number >= 1; number -= 1) {
      const [from, to] = [number, number + 1].map((count) => tail.path(`old/app.log.${count}`));
      if (number > 1) {
        renameSync(`${from}.gz`, `${to}.gz`);
        continue;
      }
      const { atime, mtime } = statSync(String(from));
      writeFileSync(`${to}.gz`, gzipSync(readFileSync(String(from))));
      utimesSync(`${to}.gz`, atime, mtime);
      unlinkSync(String(from));
    }
    renameSync(log, tail.path('old/app.log.1'));
  }
  const finished = () => tail.rows.filter(({ state }) => state === 'finished').length;
  do {
    await tail.nextLook();
    tail.commit();
  } while (finished() < 3);
  for (let start = 0; start < 2; start += 1) {
    await tail.stop();
    tail.start();
    for (let look = 0; look < 60; look += 1) await tail.nextLook();
    expect(tail.records).toEqual(lines(...names));
  }
});

describe('rotatedPattern, where logs of several directories have the same name', () => {
  const BANNER = ['banner one', 'banner two', 'banner three'];
  const beginTwo = () => {
    const tail = begin({ pattern: ['a/app.log', 'b/app.log'], rotatedPattern: 'old/*/app.log*', clockSpeed: 40 });
    for (const directory of ['a', 'b', 'old', 'old/a', 'old/b']) mkdirSync(tail.path(directory));
    return tail;
  };
  const compressed = (path: string, content: string) => writeFileSync(`${path}.gz`, gzipSync(content));

  test.each([
    { form: 'compressed', rest: ['b1'], write: compressed },
    { form: 'compressed', rest: [], write: compressed },
    { form: 'plain', rest: ['b1'], write: writeFileSync },
  ])('a file of one log that begins with all that a log of the same name had is read ($form, $rest)', async ({ rest, write }) => {
    const tail = beginTwo();
    writeFileSync(tail.path('a/app.log'), text(...BANNER));
    writeFileSync(tail.path('b/app.log'), text('b0'));
    tail.start();
    await tail.untilRecords(lines(...BANNER, 'b0'));
    renameSync(tail.path('a/app.log'), tail.path('old/a/app.log.1'));
    writeFileSync(tail.path('a/app.log'), text('a2'));
    await tail.untilRecords(lines(...BANNER, 'b0', 'a2'));
    do {
      await tail.nextLook();
      tail.commit();
    } while (!tail.rows.some(({ state }) => state === 'finished'));
    // A file of b comes and goes without being seen under its own name.
    renameSync(tail.path('a/app.log'), tail.path('old/a/app.log.2'));
    writeFileSync(tail.path('a/app.log'), text('a3'));
    await tail.nextLook();
    await tail.nextLook();
    nextTick();
    renameSync(tail.path('b/app.log'), tail.path('old/b/app.log.2'));
    write(tail.path('old/b/app.log.1'), text(...BANNER, ...rest));
    writeFileSync(tail.path('b/app.log'), text('b2'));
    await tail.untilRecords(lines(...BANNER, 'b0', 'a2', 'a3', 'b2', ...BANNER, ...rest));
    expect(tail.records.toSorted()).toEqual(lines(...BANNER, ...BANNER, 'b0', 'a2', 'a3', 'b2', ...rest).toSorted());
  });

  test('a log that is gone does not go on in the file of another one', async () => {
    const tail = beginTwo();
    writeFileSync(tail.path('a/app.log'), text(...BANNER));
    writeFileSync(tail.path('b/app.log'), text('b0'));
    tail.start();
    await tail.untilRecords(lines(...BANNER, 'b0'));
    await tail.stop();
    nextTick();
    unlinkSync(tail.path('a/app.log'));
    renameSync(tail.path('b/app.log'), tail.path('old/b/app.log.2'));
    compressed(tail.path('old/b/app.log.1'), text(...BANNER, 'b1'));
    writeFileSync(tail.path('a/app.log'), text('a3'));
    writeFileSync(tail.path('b/app.log'), text('b2'));
    tail.start();
    await tail.untilRecords(lines(...BANNER, 'b0', 'a3', 'b2', ...BANNER, 'b1'));
    expect(tail.records.toSorted()).toEqual(lines(...BANNER, ...BANNER, 'b0', 'a3', 'b2', 'b1').toSorted());
  });
});

test.each([
  { form: 'moved away', suffix: '' },
  { form: 'moved away and compressed', suffix: '.gz' },
])('the continuation of a log that was $form is reported once, if there is a rest, and not at later starts', async ({ suffix }) => {
  const tail = begin({ pattern: 'logs/app.log', rotatedPattern: 'archive/*' });
  for (const directory of ['logs', 'archive']) mkdirSync(tail.path(directory));
  const log = tail.path('logs/app.log');
  const continued = () => tail.events.filter(({ name }) => name === 'fileContinued').map(({ fields }) => fields);
  const moveAway = (name: string) => {
    const moved = tail.path(`archive/${name}`);
    renameSync(log, moved);
    if (suffix === '') return;
    writeFileSync(`${moved}${suffix}`, gzipSync(readFileSync(moved)));
    unlinkSync(moved);
  };
  const sent: string[] = [];
  const nextLog = async (name: string) => {
    writeFileSync(log, text(name));
    sent.push(name);
    tail.start();
    await tail.untilRecords(lines(...sent));
    // The tail reads a file that it found elsewhere to its end.
    await tail.nextLook();
    await tail.stop();
  };
  await nextLog('delivered');
  moveAway('delivered');
  await nextLog('unfinished');
  expect(continued()).toEqual([]);
  appendFileSync(log, text('rest'));
  sent.push('rest');
  moveAway('unfinished');
  await nextLog('next');
  const once = [{ flow: expect.any(String), path: tail.path(`archive/unfinished${suffix}`), from: log, position: text('unfinished').length }];
  expect(continued()).toEqual(once);
  await nextLog('last');
  expect(continued()).toEqual(once);
  expect(tail.records.toSorted()).toEqual(lines(...sent).toSorted());
});

test('a file of size 0 with other content at each look, like those of /proc, is not reported as truncated', async () => {
  const tail = begin({ pattern: '*.log' });
  symlinkSync('/proc/uptime', tail.path('uptime.log'));
  writeFileSync(tail.path('cut.log'), text('a1'));
  const truncated = () => tail.events.filter(({ name }) => name === 'fileTruncated').map(({ fields }) => fields['path']);
  tail.start();
  await tail.untilRecords(lines('a1'));
  for (let look = 0; look < 3; look += 1) await tail.nextLook();
  writeFileSync(tail.path('cut.log'), '');
  await tail.until(() => truncated().includes(tail.path('cut.log')));
  expect(truncated()).toEqual([tail.path('cut.log')]);
});
