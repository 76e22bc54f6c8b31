/** Names of rotated files, and of the logs that they are of. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isStampedNameOf, logNamesOf } from '../../../src/tail/file-identity.ts';

test.each([
  ['app.log.1', ['app.log']],
  ['app.log.12.gz', ['app.log.12', 'app.log']],
  ['app.log.gz', ['app.log']],
  ['app.log.old', ['app.log']],
  ['app.log-20261121', ['app.log']],
  ['app.log-20261121-1795219200.zst', ['app.log-20261121-1795219200', 'app.log-20261121', 'app.log']],
  ['app-20261121.log', ['app.log']],
  ['app.1.log', ['app.log']],
  ['web-app_20261121.log.1', ['web-app_20261121.log', 'web-app.log']],
  ['app-2.log', []],
  ['app.log', []],
  ['app.log-worker2', []],
  ['app', []],
  ['.hidden', []],
  ['.1', []],
])('%s can be nothing but a rotated form of %j', (name, logs) => {
  expect(logNamesOf(name)).toEqual(expect.arrayContaining(logs));
  expect(logNamesOf(name).filter((log) => /\.log(?!.*\.(?:gz|zst)$)/.test(log) && !logs.includes(log))).toEqual([]);
});

const part = fc.constantFrom('a', 'app', '.', '-', '_', '1', '2026-11-21', '20261121', '.log', '.txt', '.gz', '.old');
const name = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));

test('no log is left out, and none is told that is not one', () => {
  fc.assert(
    fc.property(name, name, (file, log) => {
      expect(logNamesOf(file).includes(log)).toBe(isStampedNameOf(file, log));
      for (const other of logNamesOf(file)) expect(isStampedNameOf(file, other)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});
