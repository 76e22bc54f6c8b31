/** Names of rotated files, and the logs that these names belong to. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isStampedNameOf, logNamesOf } from '../../../../src/tail/content/file-identity.ts';

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

const stem = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,12}$/);
const extension = fc.constantFrom('', '.log', '.txt', '.json');
const stamp = fc.constantFrom('.1', '.12', '-20261121', '.2026-11-21T10', '_20261121-1795219200', '.old', '.bak', '');
const storage = fc.constantFrom('', '.gz', '.zst');

test('every log is found of which a file can be the rotated form by its name', () => {
  fc.assert(
    fc.property(stem, extension, stamp, storage, (name, end, when, stored) => {
      const log = name + end;
      for (const file of [log + when + stored, name + when + end + stored]) {
        if (isStampedNameOf(file, log)) expect(logNamesOf(file), file).toContain(log);
        for (const other of logNamesOf(file)) expect(isStampedNameOf(file, other), file).toBe(true);
      }
    }),
    { numRuns: 20_000 },
  );
});
