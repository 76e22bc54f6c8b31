/** Which files are superseded by one whose name is the same with a later date. */
import { expect, test } from 'vitest';
import { DatedNames } from '../../../../src/tail/listing/dated-names.ts';
import type { FoundFile } from '../../../../src/tail/listing/discovery.ts';

function file(path: string, modifiedMs = 0): FoundFile {
  return { path, stat: { kind: 'file', device: '1', inode: path, sizeBytes: 1, modifiedMs, linkCount: 1 } };
}

test.each([
  ['/log/app-2026-11-21.log', '/log/app-2026-11-22.log', true],
  ['/log/app-20261121.log', '/log/app-20261122.log', true],
  ['/log/app.log.2026_11_21', '/log/app.log.2026_12_01', true],
  ['/log/2026.11.21', '/log/2027.01.01', true],
  ['/log/app.2026112109.log', '/log/app.2026112110.log', true],
  ['/log/app-2026-11-21T0930.log', '/log/app-2026-11-21T1000.log', true],
  ['/log/v20250101-2026-11-21.log', '/log/v20250101-2026-11-22.log', true],
  // An earlier date, the same date, another log, another directory.
  ['/log/app-2026-11-22.log', '/log/app-2026-11-21.log', false],
  ['/log/app-2026-11-21.log', '/log/app-2026-11-21.log', false],
  ['/log/app-2026-11-21.log', '/log/web-2026-11-22.log', false],
  ['/log/app-2026-11-21.log', '/log/app-2026-11-22.err', false],
  ['/log/app-2026-11-21.log', '/logs/app-2026-11-22.log', false],
  ['/log/app-2026-11-21.log', '/log/app-2026-11-22.log.gz', false],
  // Numbers are no dates: each file may have a writer of its own.
  ['/log/app-1.log', '/log/app-2.log', false],
  ['/log/app-2026-11-21.1.log', '/log/app-2026-11-21.2.log', false],
  ['/log/app-2026-11-21-17.log', '/log/app-2026-11-21-18.log', false],
  ['/log/app-2026-11-21.1.log', '/log/app-2026-11-22.2.log', false],
  ['/log/app-1763712000.log', '/log/app-1763798400.log', false],
  // No dates.
  ['/log/app-2026-13-21.log', '/log/app-2026-14-21.log', false],
  ['/log/app-2026-11-00.log', '/log/app-2026-11-32.log', false],
  ['/log/app-120261121.log', '/log/app-120261122.log', false],
])('%s is superseded by %s: %s', (path, other, superseded) => {
  const files = [file(path), file(other)];
  for (const order of [files, files.toReversed()]) {
    const dated = new DatedNames(order);
    expect(dated.supersede(file(path))).toBe(superseded);
    if (superseded) expect([dated.any, dated.supersede(file(other))]).toEqual([true, false]);
  }
});

test('a file that was written to after the later one is not superseded', () => {
  const dated = new DatedNames([file('/app-20261121.log', 9), file('/app-20261122.log', 8), file('/app-20261120.log', 7)]);
  expect(dated.supersede(file('/app-20261121.log', 9))).toBe(false);
  expect(dated.supersede(file('/app-20261120.log', 7))).toBe(true);
});

test('if no name has a date, or every log has one file, no file needs to be checked', () => {
  expect(new DatedNames([file('/a.log'), file('/b.log'), file('/c-20261121.log'), file('/d-20261122.log')]).any).toBe(false);
});
