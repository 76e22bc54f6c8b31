/** Copies that do not end where reading ended: lines were written between the copy and the cut, or a crash forgot what was read. */
import { appendFileSync, copyFileSync, mkdirSync, renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import type { TailHarness } from '../../support/tail-harness.ts';
import { begin, following, lines, text } from '../../support/tail-tests.ts';

/** Makes a file and resolves when it was read: by then, every file that was there before was judged. */
async function looked(tail: TailHarness, name: string): Promise<void> {
  writeFileSync(tail.path(`app.log-${name}`), text(name));
  await tail.until(() => tail.records.includes(lines(name)[0] ?? ''));
}

/** copytruncate: `late` is written and read between the copy and the cut. `away`: the tail is not running when the log is cut. */
async function cutAfter(tail: TailHarness, { away = false, ...names }: { late: string; next: string; away?: boolean }): Promise<void> {
  const log = tail.path('app.log');
  copyFileSync(log, tail.path('being-copied'));
  appendFileSync(log, text(names.late));
  await tail.until(() => tail.records.includes(lines(names.late)[0] ?? ''));
  if (away) await tail.stop();
  renameSync(tail.path('being-copied'), `${log}.1`);
  truncateSync(log);
  appendFileSync(log, text(names.next));
  if (away) tail.start();
  await tail.until(() => tail.records.includes(lines(names.next)[0] ?? ''));
}

describe('refilled past the old size', () => {
  const sameLine = '#Fields: date time cs-method cs-uri-stem sc-status\n';
  const same4KiB = `${'#'.repeat(79)}\n`.repeat(52);

  /** Files with the same head. A line stands in both files, so it is counted how often it comes. */
  test.each([
    { title: 'the same first line', head: sameLine, state: 'running' },
    { title: 'the same first 4 KiB', head: same4KiB, state: 'running' },
    { title: 'the same first line', head: sameLine, state: 'away' },
    { title: 'the same first 4 KiB', head: same4KiB, state: 'away' },
  ])('with $title while the tail is $state: every line of both comes once', async ({ head, state }) => {
    const tail = begin({ pattern: 'app.log' });
    const log = tail.path('app.log');
    const headLines = head.split(/(?<=\n)/);
    writeFileSync(log, head + text('a1', 'a2'));
    tail.start();
    await tail.untilRecords([...headLines, ...lines('a1', 'a2')]);
    if (state === 'away') await tail.stop();
    appendFileSync(log, text('a3'));
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, head + text('b1', 'b2', 'b3', 'b4', 'b5'));
    if (state === 'away') tail.start();
    const expected = [...headLines, ...lines('a1', 'a2', 'a3'), ...headLines, ...lines('b1', 'b2', 'b3', 'b4', 'b5')];
    await tail.untilRecords(expected);
    expect(tail.records.toSorted()).toEqual(expected.toSorted());
  });
});

describe('lines that the copy lacks were already read', () => {
  test.each(['running', 'away'])('and the file is cut while the tail is %s: the copy is not sent again', async (state) => {
    const tail = begin({ pattern: 'app.log*' });
    writeFileSync(tail.path('app.log'), text('a1', 'a2'));
    tail.start();
    await tail.untilRecords(lines('a1', 'a2'));
    await cutAfter(tail, { late: 'a3', next: 'b1', away: state === 'away' });
    await looked(tail, 'z');
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'b1', 'z').toSorted());
  });

  test('and the file is cut once more while the tail is away: its rest is read from the new copy', async () => {
    const { tail, log } = await following({ pattern: ['app.log', 'app.log-*'] }, 'a1', 'a2');
    await cutAfter(tail, { late: 'a3', next: 'b1' });
    await tail.stop();
    appendFileSync(log, text('b2'));
    renameSync(`${log}.1`, `${log}.2`);
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, text('c1'));
    tail.start();
    await looked(tail, 'y');
    await looked(tail, 'z');
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'b1', 'b2', 'c1', 'y', 'z').toSorted());
  });
});

describe('a file that no commit knows, rotated out of the pattern while the tail is away', () => {
  test('is found next to its log and read', async () => {
    const { tail, log } = await following({ pattern: ['app.log', 'app.log-*'] }, 'a1');
    tail.commit();
    renameSync(log, `${log}.1`);
    writeFileSync(log, text('b1'));
    await tail.untilRecords(lines('a1', 'b1'));
    await tail.crash();
    appendFileSync(log, text('b2'));
    renameSync(`${log}.1`, `${log}.2`);
    renameSync(log, `${log}.1`);
    writeFileSync(log, text('c1'));
    tail.start();
    await looked(tail, 'y');
    await looked(tail, 'z');
    expect(new Set(tail.records)).toEqual(new Set(lines('a1', 'b1', 'b2', 'c1', 'y', 'z')));
  });
});

describe('a log and its copy that are first seen in the same look', () => {
  test.each(['can be read', 'cannot be opened at first'])('and the log %s: no line comes twice', async (state) => {
    const tail = begin({ pattern: '*/app.log*' });
    tail.start();
    await tail.nextLook();
    mkdirSync(tail.path('.new'));
    const log = tail.path('.new/app.log');
    writeFileSync(log, text('a1', 'a2'));
    copyFileSync(log, `${log}.1`);
    // The copy's time is long before the log's, as if the log had been written to later.
    utimesSync(`${log}.1`, 1, 1);
    appendFileSync(log, text('a3'));
    let refusals = state === 'can be read' ? 0 : 2;
    tail.onOpen = (path) => {
      if (!path.endsWith('/app.log') || refusals === 0) return;
      refusals -= 1;
      throw new FileFault({ code: 'other', systemCode: 'EIO', path });
    };
    renameSync(tail.path('.new'), tail.path('new'));
    await tail.until(() => tail.records.includes(lines('a3')[0] ?? ''));
    writeFileSync(tail.path('new/app.log-z'), text('z'));
    await tail.until(() => tail.records.includes(lines('z')[0] ?? ''));
    expect(tail.records.toSorted()).toEqual(lines('a1', 'a2', 'a3', 'z').toSorted());
  });
});
