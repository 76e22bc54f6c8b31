/** The files of a flow in `kinship status`. */
import { expect, test } from 'vitest';
import { fileLines } from '../../../src/cli/positions/file-lines.ts';
import type { FileStatus } from '../../../src/core/status.ts';

function fileAt(path: string, changes: Partial<FileStatus> = {}): FileStatus {
  const sizes = { sizeBytes: 5000, positionBytes: 5000, pendingBytes: 0, startBytes: 0, readBytes: 5000, lagBytes: 0, lagSeconds: 0 };
  return { path, generation: 1, state: 'active', ...sizes, outcomes: { delivered: { bytes: 5000, records: 50 } }, open: true, ...changes };
}

/** Many files, of which the later ones are further behind. */
function manyFiles(count: number): readonly FileStatus[] {
  return Array.from({ length: count }, (_, index) => fileAt(`/log/${String(index).padStart(2, '0')}`, { lagBytes: index }));
}

const isAccount = (line: string) => line.includes('bytes read');

test('the twenty files that are most behind are shown, and it is said how many more there are', () => {
  const lines = fileLines(manyFiles(25));
  expect(lines[1]).toContain('/log/24');
  expect(lines.join('\n')).not.toContain('/log/04');
  expect(lines.at(-1)).toBe('  and 5 more: kinship status --json shows all');
});

const everything = {
  readBytes: 5_000_000,
  outcomes: {
    delivered: { bytes: 3_000_000, records: 30_000 },
    filtered: { bytes: 600_000, records: 6000 },
    unparsable: { bytes: 500_000, records: 5000 },
    oversize: { bytes: 400_000, records: 4 },
    rejected: { bytes: 100_000, records: 1 },
    skipped: { bytes: 300_000, records: 3 },
    lost: { bytes: 7_000_000, records: 0 },
  },
  pendingBytes: 100_000,
  lagBytes: 2_100_000,
};

test.each([
  ['all that was read is delivered', {}, '5,000 bytes read = 5,000 delivered'],
  ['read from a position on', { startBytes: 1000, readBytes: 4000, outcomes: { delivered: { bytes: 4000, records: 1 } } }, '4,000 bytes read from 1,000 on = 4,000 delivered'],
  ['on the way, and behind by that', { pendingBytes: 100, outcomes: { delivered: { bytes: 4900, records: 1 } }, lagBytes: 100 }, '5,000 bytes read = 4,900 delivered + 100 on the way; 100 behind'],
  ['nothing of it was read yet', { readBytes: 0, outcomes: {}, lagBytes: 5000 }, '0 bytes read; 5,000 behind'],
  [
    'every reason there is',
    everything,
    '5,000,000 bytes read = 3,000,000 delivered + 600,000 filtered + 500,000 unparsable + 400,000 oversize + 100,000 rejected + 300,000 skipped + 100,000 on the way; 7,000,000 lost; 2,100,000 behind',
  ],
] as const)('what became of every byte of a file adds up: %s', (_title, changes, expected) => {
  const account = fileLines([fileAt('/log', changes)]).slice(2);
  expect(account.map((line) => line.trim()).join(' ')).toBe(expected);
  for (const line of account) expect(line).toMatch(/^ {4}.{1,76}$/);
});

test('a file of which nothing was read, and nothing is to be read, has no account', () => {
  expect(fileLines([fileAt('/log', { readBytes: 0, outcomes: {} })]).filter(isAccount)).toEqual([]);
});

test('of many files, those that lost most have an account, then those that are most behind', () => {
  const files = manyFiles(20).map((file, index) => (index === 3 ? { ...file, outcomes: { ...file.outcomes, lost: { bytes: 9, records: 0 } } } : file));
  const lines = fileLines(files);
  const accounted = lines.filter((_, index) => isAccount(lines[index + 1] ?? '')).map((line) => line.trim().split(' ')[0]);
  expect(accounted).toEqual(['/log/19', '/log/18', '/log/17', '/log/16', '/log/03']);
});

test('lines that the config filters or skips do not put a file before others', () => {
  const filtered = fileAt('/b', { outcomes: { filtered: { bytes: 5000, records: 1 } } });
  const unparsable = fileAt('/c', { outcomes: { unparsable: { bytes: 1, records: 1 }, delivered: { bytes: 4999, records: 1 } } });
  const order = fileLines([filtered, unparsable, fileAt('/a')]).filter((line) => line.startsWith('  /')).map((line) => line.trim().split(' ')[0]);
  expect(order).toEqual(['/c', '/a', '/b']);
});
