/** How late a file is while `stat` fails on it. */
import { appendFileSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NO_END } from '../../../src/core/checkpoint-row.ts';
import { FileFault } from '../../../src/core/errors.ts';
import { following, lines, text } from '../../support/tail-tests.ts';

test('bytes that come to a rotated file while stat fails on it count from the last look at it, also after a restart', async () => {
  const { tail, log } = await following({ pattern: 'app.log' }, 'a1');
  // When the second look begins, the first one has ended.
  await tail.nextLook();
  await tail.nextLook();
  const lookedWallMs = Date.now();
  tail.onStatOpen = (path) => {
    throw new FileFault({ code: 'other', systemCode: 'EIO', path });
  };
  renameSync(log, tail.path('app.log.1'));
  await tail.until(() => tail.events.some(({ name }) => name === 'fileUnreadable'));
  for (let look = 0; look < 4; look += 1) await tail.nextLook();
  tail.commit();
  const waits = () => tail.rows.flatMap((row) => row.waits);
  expect(waits().map(({ end }) => end)).toEqual([NO_END]);
  expect(waits()[0]?.sinceWallMs).toBeLessThanOrEqual(lookedWallMs);
  tail.onStatOpen = () => undefined;
  appendFileSync(tail.path('app.log.1'), text('a2'));
  await tail.untilRecords(lines('a1', 'a2'));
  tail.commit();
  expect(waits()).toEqual([]);
});
