/** Bytes that cannot be delivered because no file holds them any more are counted, never dropped in silence. */
import { appendFileSync, copyFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FileFault } from '../../../src/core/errors.ts';
import type { TailHarness } from '../../support/tail-harness.ts';
import { begin, following, lines, text } from '../../support/tail-tests.ts';

test('a truncated file whose rest is nowhere is counted as lost, in bytes', { timeout: 40_000 }, async () => {
  const { tail, log } = await following({ pattern: 'app.log' }, 'a1', 'a2');
  const rest = 'not yet a whole line';
  appendFileSync(log, rest);
  // The second look begins after the first one has seen it.
  await tail.nextLook();
  await tail.nextLook();
  truncateSync(log);
  appendFileSync(log, text('b1'));
  await tail.untilRecords(lines('a1', 'a2', 'b1'));
  await tail.until(() => tail.events.some((event) => event.name === 'bytesLost'));
  expect(tail.records).toEqual(lines('a1', 'a2', 'b1'));
  expect(tail.dropped).toEqual(new Map([['lost', rest.length]]));
  expect(tail.events.filter((event) => event.name === 'bytesLost').map((event) => event.fields['bytes'])).toEqual([rest.length]);
});

/** More looks than the tail makes before it gives up a generation that it cannot find. */
const LOOKS_TO_GIVE_UP = 120;

async function looksAtNothingElse(tail: TailHarness): Promise<void> {
  for (let look = 0; look < LOOKS_TO_GIVE_UP; look += 1) await tail.nextLook();
}

test.each([
  { title: 'too many files are open', code: 'too-many-open', systemCode: 'EMFILE', told: 'openFilesExhausted' },
  { title: 'the agent may not read it', code: 'denied', systemCode: 'EACCES', told: 'fileUnreadable' },
] as const)('a file that was renamed while the agent was away is not given up while $title: it goes on where it was', async ({ code, systemCode, told }) => {
  const { tail, log } = await following({ pattern: 'app.log', clockSpeed: 100 }, 'a1');
  await tail.stop();
  appendFileSync(log, text('a2'));
  renameSync(log, tail.path('app.log.1'));
  tail.onOpen = (path) => {
    throw new FileFault({ code, systemCode, path });
  };
  tail.start();
  await looksAtNothingElse(tail);
  await tail.until(() => tail.events.some(({ name }) => name === told));
  expect(tail.events.map(({ name }) => name)).not.toContain('bytesLost');
  tail.onOpen = () => undefined;
  await tail.untilRecords(lines('a1', 'a2'));
  expect(tail.records).toEqual(lines('a1', 'a2'));
  expect(tail.dropped).toEqual(new Map());
});

test('the rest of a file that was cut is not given up while its copy cannot be opened because too many files are', async () => {
  const tail = begin({ pattern: 'app.log', clockSpeed: 100 });
  const log = tail.path('app.log');
  const copy = tail.path('app.log.1');
  writeFileSync(log, text('a1', 'a2'));
  tail.start();
  await tail.untilRecords(lines('a1', 'a2'));
  const [whole = ''] = lines('a3');
  appendFileSync(log, whole.slice(0, 10));
  // The second look begins after the first one has seen it.
  await tail.nextLook();
  await tail.nextLook();
  tail.onOpen = (path) => {
    if (path === copy) throw new FileFault({ code: 'too-many-open', systemCode: 'EMFILE', path });
  };
  await tail.stop();
  appendFileSync(log, whole.slice(10));
  copyFileSync(log, copy);
  truncateSync(log);
  appendFileSync(log, text('b1'));
  tail.start();
  await tail.untilRecords(lines('a1', 'a2', 'b1'));
  await looksAtNothingElse(tail);
  tail.onOpen = () => undefined;
  await tail.untilRecords(lines('a1', 'a2', 'b1', 'a3'));
  expect(tail.records).toEqual(lines('a1', 'a2', 'b1', 'a3'));
  expect(tail.dropped).toEqual(new Map());
});
