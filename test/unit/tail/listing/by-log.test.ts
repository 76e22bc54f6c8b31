/** Logs found by the names of their rotated forms. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isStampedNameOf } from '../../../../src/tail/content/file-identity.ts';
import { canBeCopyOf } from '../../../../src/tail/generation/rotation.ts';
import { ByLog } from '../../../../src/tail/listing/by-log.ts';

const part = fc.constantFrom('a', 'b', 'app', '.', '-', '_', '1', '20261121', '.log', '.gz', '.old');
const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
const place = fc.constantFrom('/logs', '/logs/old', '/logs/old/er', '/');
const path = fc.tuple(place, name).map(([directory, file]) => (directory === '/' ? `/${file}` : `${directory}/${file}`));

test('a file has near it every log of which it can be a rotated form, and the log itself', () => {
  fc.assert(
    fc.property(fc.array(path, { maxLength: 20 }), path, (logs, file) => {
      const byLog = new ByLog<string>();
      for (const log of logs) byLog.add(log, log);
      const near = byLog.near(file);
      const base = (whole: string) => whole.slice(whole.lastIndexOf('/') + 1);
      const isSame = (log: string) => log.slice(0, -base(log).length) === file.slice(0, -base(file).length);
      for (const log of logs) {
        const related = log === file || canBeCopyOf(file, log) || (isSame(log) && isStampedNameOf(base(file), base(log)));
        if (related) expect(near, `${log} of ${file}`).toContain(log);
      }
    }),
    { numRuns: 2000 },
  );
});

test('of ten thousand logs, few are near a file', () => {
  const byLog = new ByLog<number>();
  for (let index = 0; index < 10_000; index += 1) byLog.add(`/logs/job-${index}.log`, index);
  expect([...byLog.near('/logs/job-77.log.1')]).toEqual([77]);
  expect([...byLog.near('/logs/olddir/job-78.log-20261121.gz')]).toEqual([78]);
});

test('a deleted log is not found, a log of the same name that was added is', () => {
  const byLog = new ByLog<number>();
  byLog.add('/app.log', 1);
  byLog.add('/app.log', 2);
  byLog.delete('/app.log', 1);
  expect([...byLog.near('/app.log.1')]).toEqual([2]);
  byLog.delete('/app.log', 2);
  expect([...byLog.near('/app.log.1')]).toEqual([]);
});
