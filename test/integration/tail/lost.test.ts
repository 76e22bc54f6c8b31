/** What cannot be delivered because it is nowhere any more is counted in bytes, never dropped in silence. */
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { TailHarness, type HarnessOptions } from '../../support/tail-harness.ts';

let harness: TailHarness | undefined;

function begin(options: HarnessOptions): TailHarness {
  harness = new TailHarness(options);
  return harness;
}

afterEach(async () => {
  await harness?.end();
  harness = undefined;
});

const lines = (...names: string[]) => names.map((name) => `${name} ${'x'.repeat(40)}\n`);
const text = (...names: string[]) => lines(...names).join('');

test('a truncated file whose rest is nowhere is counted as lost, in bytes', { timeout: 40_000 }, async () => {
  const tail = begin({ pattern: 'app.log' });
  const log = tail.path('app.log');
  writeFileSync(log, text('a1', 'a2'));
  tail.start();
  await tail.untilRecords(lines('a1', 'a2'));
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
