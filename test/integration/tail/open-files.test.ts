/** How many files are held open. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { begin, lines, text } from '../../support/tail-tests.ts';
import { until } from '../../support/whole-agent/until.ts';

const names = Array.from({ length: 60 }, (_, index) => `f${index}`);

test('of files with nothing to read, no more are opened than may be open', async () => {
  const tail = begin({ pattern: '*.log', initialPosition: 'END_OF_FILE', openFilesMax: 16 });
  for (const name of names) writeFileSync(tail.path(`${name}.log`), text(name));
  let peak = 0;
  tail.onOpen = () => {
    peak = Math.max(peak, tail.openCount + 1);
  };
  tail.start();
  await tail.until(() => tail.events.filter(({ name }) => name === 'fileFound').length === names.length);
  appendFileSync(tail.path('f59.log'), text('new'));
  await tail.untilRecords(lines('new'));
  expect(peak).toBe(16);
});

test('files that are open beyond the limit are closed when they are delivered, without a look at all files', async () => {
  const tail = begin({ pattern: '*.log', openFilesMax: 16, reconcileMs: 3_600_000, clockSpeed: 10 });
  for (const name of names) writeFileSync(tail.path(`${name}.log`), text(name));
  tail.start();
  await tail.untilRecords(lines(...names));
  await until('all but as many as may be open are closed', () => tail.openCount <= 16);
  for (const name of names) appendFileSync(tail.path(`${name}.log`), text(`more of ${name}`));
  await tail.untilRecords(lines(...names, ...names.map((one) => `more of ${one}`)));
});
