/** Real files that are deleted or moved once they are delivered, and files that must stay. */
import { appendFileSync, existsSync, linkSync, mkdirSync, mkdtempDisposableSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import type { TailHarness } from '../../support/tail-harness.ts';
import { begin, lines, text } from '../../support/tail-tests.ts';

const OTHER_FILE_SYSTEM = '/dev/shm';
const hasOtherDevice = existsSync(OTHER_FILE_SYSTEM) && statSync(OTHER_FILE_SYSTEM).dev !== statSync(tmpdir()).dev;
const GRACE = { graceMs: 100 };
const has = (tail: TailHarness, name: string) => tail.events.some((event) => event.name === name);

/** Writes app.log, lets it be read, rotates it and begins a new one. */
async function rotateOnce(tail: TailHarness): Promise<string> {
  const log = tail.path('app.log');
  writeFileSync(log, text('a'));
  tail.start();
  await tail.untilRecords([text('a')]);
  renameSync(log, `${log}.1`);
  writeFileSync(log, text('b'));
  await tail.untilRecords([text('a'), text('b')]);
  return log;
}

/** Stores positions until `condition` holds, as the committer does. */
async function committing(tail: TailHarness, condition: () => boolean): Promise<void> {
  while (!condition()) {
    tail.commit();
    await tail.nextLook();
  }
}

describe('delete', () => {
  test('a rotated file is deleted once it is delivered and its position is stored; the file that is written to stays', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: GRACE });
    const log = await rotateOnce(tail);
    await committing(tail, () => has(tail, 'deliveredFileDeleted'));
    expect(readdirSync(tail.directory)).toEqual(['app.log']);
    appendFileSync(log, text('c'));
    await tail.untilRecords(lines('a', 'b', 'c'));
    expect(tail.records).toEqual(lines('a', 'b', 'c'));
    expect([...tail.dropped]).toEqual([]);
  });

  test('a file that a rotation puts under the name at the last moment is not deleted', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: GRACE });
    const log = await rotateOnce(tail);
    tail.onRename = (from) => {
      tail.onRename = () => undefined;
      expect(from).toBe(`${log}.1`);
      appendFileSync(log, text('late'));
      renameSync(`${log}.1`, `${log}.2`);
      renameSync(log, `${log}.1`);
      writeFileSync(log, text('c'));
    };
    await committing(tail, () => tail.records.length >= 4);
    expect(tail.records.toSorted()).toEqual([text('a'), text('b'), text('late'), text('c')].toSorted());
    expect(readdirSync(tail.directory)).toContain('app.log');
    expect([...tail.dropped]).toEqual([]);
  });

  test('a file with a date in its name is deleted when there is one with a later date; the latest one stays, and so do logs with other numbers', async () => {
    const tail = begin({ pattern: 'app*.log', afterDelivery: GRACE });
    const names = ['app-2026-11-19.log', 'app-2026-11-20.log', 'app-2026-11-21.log'];
    tail.start();
    await tail.nextLook();
    for (const name of [...names, 'app-1.log', 'app-2.log']) writeFileSync(tail.path(name), text(name));
    await committing(tail, () => tail.events.filter(({ name }) => name === 'deliveredFileDeleted').length === 2);
    expect(readdirSync(tail.directory).toSorted()).toEqual(['app-1.log', 'app-2.log', 'app-2026-11-21.log']);
    expect(tail.records.toSorted()).toEqual([...names, 'app-1.log', 'app-2.log'].map((name) => text(name)).toSorted());
    appendFileSync(tail.path('app-2026-11-21.log'), text('more'));
    writeFileSync(tail.path('app-2026-11-22.log'), text('next'));
    await committing(tail, () => readdirSync(tail.directory).length === 3);
    expect(tail.records.slice(5).toSorted()).toEqual([text('more'), text('next')]);
  });

  test('a file of an earlier date stays if nothing of it was sent because it was there before the agent, also after a restart', async () => {
    const tail = begin({ pattern: 'app-*.log', afterDelivery: GRACE, initialPosition: 'END_OF_FILE' });
    for (const day of [19, 20]) writeFileSync(tail.path(`app-2026-11-${day}.log`), text('old'));
    tail.start();
    await tail.nextLook();
    await tail.nextLook();
    appendFileSync(tail.path('app-2026-11-20.log'), text('a'));
    await tail.untilRecords([text('a')]);
    await tail.stop();
    writeFileSync(tail.path('app-2026-11-21.log'), text('b'));
    tail.start();
    await committing(tail, () => has(tail, 'deliveredFileDeleted'));
    let looks = 0;
    await committing(tail, () => (looks += 1) > 4);
    expect(readdirSync(tail.directory).toSorted()).toEqual(['app-2026-11-19.log', 'app-2026-11-21.log']);
    expect(tail.records).toEqual([text('a'), text('b')]);
  });

  test('a file of an earlier date stays while its last line is unterminated or it is written to', async () => {
    const tail = begin({ pattern: 'app-*.log', afterDelivery: GRACE });
    tail.start();
    await tail.nextLook();
    writeFileSync(tail.path('app-2026-11-19.log'), `${text('a')}half a li`);
    writeFileSync(tail.path('app-2026-11-21.log'), text('b'));
    await tail.untilRecords([text('a'), text('b')]);
    writeFileSync(tail.path('app-2026-11-20.log'), text('c'));
    let looks = 0;
    await committing(tail, () => (looks += 1) > 4);
    expect(readdirSync(tail.directory)).toHaveLength(3);
  });

  test('a compressed file is deleted once it is delivered', async () => {
    const tail = begin({ pattern: '*.gz', afterDelivery: GRACE });
    writeFileSync(tail.path('old.gz'), gzipSync(text('a')));
    tail.start();
    await committing(tail, () => has(tail, 'deliveredFileDeleted'));
    expect(tail.records).toEqual([text('a')]);
    expect(readdirSync(tail.directory)).toEqual([]);
  }, 20_000);

  test('a file stays until its position is stored', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: GRACE });
    const log = await rotateOnce(tail);
    for (let look = 0; look < 4; look += 1) await tail.nextLook();
    expect(existsSync(`${log}.1`)).toBe(true);
  });

  test('a file stays while a byte of it is on its way', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: GRACE });
    tail.hold();
    const log = await rotateOnce(tail);
    let looks = 0;
    await committing(tail, () => (looks += 1) > 4);
    expect(existsSync(`${log}.1`)).toBe(true);
    tail.release();
    await committing(tail, () => has(tail, 'deliveredFileDeleted'));
  });

  test('a file stays if it has a second name, is reached through a link, or ends in an unterminated line', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: GRACE });
    const log = await rotateOnce(tail);
    linkSync(`${log}.1`, tail.path('kept'));
    let looks = 0;
    await committing(tail, () => (looks += 1) > 4);
    renameSync(tail.path('kept'), tail.path('elsewhere'));
    renameSync(log, `${log}.2`);
    appendFileSync(`${log}.2`, 'half a li');
    writeFileSync(log, text('c'));
    await committing(tail, () => (looks += 1) > 8);
    expect(readdirSync(tail.directory).toSorted()).toEqual(['app.log', 'app.log.1', 'app.log.2', 'elsewhere']);
    renameSync(`${log}.1`, tail.path('target'));
    symlinkSync(tail.path('target'), `${log}.1`);
    await committing(tail, () => (looks += 1) > 12);
    expect(existsSync(`${log}.1`)).toBe(true);
  });
});

describe('move', () => {
  test('a file that a rotation puts under the name at the last moment is not moved', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: { ...GRACE, moveTo: 'shipped' } });
    const shipped = tail.path('shipped');
    mkdirSync(shipped);
    const log = await rotateOnce(tail);
    const renamed: string[] = [];
    tail.onRename = (from) => {
      if (renamed.length === 0) {
        appendFileSync(log, text('late'));
        renameSync(`${log}.1`, `${log}.2`);
        renameSync(log, `${log}.1`);
        writeFileSync(log, text('c'));
      }
      renamed.push(from);
    };
    await committing(tail, () => tail.records.length >= 4 && readdirSync(shipped).length === 2);
    expect(tail.records.toSorted()).toEqual([text('a'), text('b'), text('late'), text('c')].toSorted());
    expect(readdirSync(shipped).toSorted()).toEqual(['app.log.1', 'app.log.2']);
    // Two for the first move and its way back, and two for each file that was moved in the end.
    expect(renamed).toHaveLength(6);
    expect(renamed.filter((from) => from.startsWith(shipped))).toEqual([]);
  });

  test('a file that an ended process left under its temporary name is moved under its own name', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: { ...GRACE, moveTo: 'shipped' } });
    mkdirSync(tail.path('shipped'));
    const log = await rotateOnce(tail);
    await tail.stop();
    renameSync(`${log}.1`, `${log}.1.kinship-${statSync(`${log}.1`).ino}`);
    tail.start();
    await committing(tail, () => has(tail, 'deliveredFileMoved'));
    expect(readFileSync(tail.path('shipped/app.log.1'), 'utf8')).toBe(text('a'));
    expect(readdirSync(tail.directory).toSorted()).toEqual(['app.log', 'shipped']);
    expect(tail.records).toEqual([text('a'), text('b')]);
  });

  test('a rotated file is moved to the directory, and never replaces a file there', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: { ...GRACE, moveTo: 'shipped' } });
    const shipped = tail.path('shipped');
    mkdirSync(shipped);
    writeFileSync(`${shipped}/app.log.1`, 'of yesterday');
    await rotateOnce(tail);
    await committing(tail, () => has(tail, 'deliveredFileMoved'));
    expect(readFileSync(`${shipped}/app.log.1`, 'utf8')).toBe('of yesterday');
    const moved = readdirSync(shipped).find((name) => name !== 'app.log.1') ?? '';
    expect(moved).toMatch(/^app\.log\.1-\d+$/);
    expect(readFileSync(`${shipped}/${moved}`, 'utf8')).toBe(text('a'));
    expect(readdirSync(tail.directory).toSorted()).toEqual(['app.log', 'shipped']);
  });

  test('a file is moved also if it says that it is on another device than its directory, as on an overlay file system', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: { ...GRACE, moveTo: 'shipped' }, fileDevice: '77' });
    mkdirSync(tail.path('shipped'));
    await rotateOnce(tail);
    await committing(tail, () => has(tail, 'deliveredFileMoved') || has(tail, 'afterDeliveryFailed'));
    expect(readdirSync(tail.path('shipped'))).toEqual(['app.log.1']);
  });

  test.skipIf(!hasOtherDevice)('moving to another file system is refused before anything is renamed, and the error says what to do', async () => {
    using other = mkdtempDisposableSync(`${OTHER_FILE_SYSTEM}/kinship-shipped-`);
    const tail = begin({ pattern: 'app.log*', afterDelivery: { ...GRACE, moveTo: other.path } });
    const renamed: string[] = [];
    tail.onRename = (from) => void renamed.push(from);
    const log = await rotateOnce(tail);
    await committing(tail, () => has(tail, 'afterDeliveryFailed'));
    const failed = tail.events.find((event) => event.name === 'afterDeliveryFailed');
    expect(failed?.fields).toMatchObject({ path: `${log}.1`, reason: 'EXDEV', hint: 'moveTo must be on the file system of the logs' });
    expect(renamed).toEqual([]);
    expect(readFileSync(`${log}.1`, 'utf8')).toBe(text('a'));
  });

  test('where the service may not write, the error says how to allow it', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: { ...GRACE, moveTo: 'shipped' } });
    mkdirSync(tail.path('shipped'));
    tail.onRename = (path) => {
      throw new FileFault({ code: 'other', systemCode: 'EROFS', path });
    };
    await rotateOnce(tail);
    await committing(tail, () => has(tail, 'afterDeliveryFailed'));
    const failed = tail.events.find((event) => event.name === 'afterDeliveryFailed');
    expect(failed?.fields).toMatchObject({ reason: 'EROFS', hint: expect.stringContaining(`ReadWritePaths=${tail.directory} ${tail.path('shipped')}`) });
  });

  test('where moving fails, the error says what to do, the file stays, and the agent tries again', async () => {
    const tail = begin({ pattern: 'app.log*', afterDelivery: { ...GRACE, moveTo: 'shipped' } });
    const log = await rotateOnce(tail);
    await committing(tail, () => has(tail, 'afterDeliveryFailed'));
    const failed = tail.events.find((event) => event.name === 'afterDeliveryFailed');
    expect(failed?.fields).toMatchObject({ path: `${log}.1`, reason: 'ENOENT', hint: expect.stringContaining('make the directory') });
    expect(readFileSync(`${log}.1`, 'utf8')).toBe(text('a'));
    mkdirSync(tail.path('shipped'));
    await committing(tail, () => has(tail, 'deliveredFileMoved'));
    expect(readFileSync(tail.path('shipped/app.log.1'), 'utf8')).toBe(text('a'));
  });
});
