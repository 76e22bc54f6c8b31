/** What `kinship status` and `kinship checkpoints list` show while no agent runs. */
import { expect, test } from 'vitest';
import { type StoredFile, storedFiles, storedFlows, storedText } from '../../../src/cli/positions/stored-status.ts';
import { type CheckpointRow, NO_ENDS, type Waiting } from '../../../src/core/checkpoint-row.ts';
import { FileFault } from '../../../src/core/errors.ts';
import type { FileSystem } from '../../../src/core/ports.ts';

const WALL_MS = 1_790_000_000_000;

const file: StoredFile = {
  flow: 'web',
  path: '/var/log/nginx/access.log',
  generation: 1,
  state: 'active',
  positionBytes: 10,
  sizeBytes: 20,
  lagBytes: 10,
  lagSeconds: 65,
  there: true,
  storedSecondsAgo: 60,
};

test('more files than a call takes arguments are shown, with what waits longest', () => {
  const files = Array.from({ length: 200_000 }, (_, index) => ({ ...file, generation: index + 1, lagSeconds: index === 7 ? 3600 : 65 }));
  const lines = storedText(files, 'all').trimEnd().split('\n');
  expect(lines).toHaveLength(files.length + 3);
  expect(lines.at(-1)).toBe('  stored 1 min ago; what waits longest waits for 1 h');
});

test('the status of an agent that does not run shows the files that are most behind, then those that were read last', () => {
  const files = Array.from({ length: 30 }, (_, index) => ({ ...file, path: `/log/${index}`, lagBytes: index === 29 ? 10 : 0, lagSeconds: index === 29 ? 65 : 0, storedSecondsAgo: index }));
  const lines = storedText(files, 'most-behind').trimEnd().split('\n');
  const shown = lines.filter((line) => line.startsWith('  /')).map((line) => line.trim().split(' ')[0]);
  expect(shown).toEqual(['/log/29', ...Array.from({ length: 19 }, (_, index) => `/log/${index}`)]);
  expect(lines).toContain('  and 10 more: kinship checkpoints list shows all');
  expect(lines.at(-1)).toBe('  stored 0 s ago; what waits longest waits for 1 min 5 s');
});

test('flows have the keys that a running agent gives them, as far as the store tells', () => {
  const stored = [file, { ...file, generation: 2, lagBytes: 5, lagSeconds: 90 }, { ...file, generation: 3, state: 'finished' as const, lagBytes: 0, lagSeconds: 0 }, { ...file, flow: 'old', lagBytes: 0, lagSeconds: 0 }];
  const flows = storedFlows(stored, ['new', 'web']);
  expect(flows.map(({ files, ...totals }) => ({ ...totals, files: files.map(({ generation }) => generation) }))).toEqual([
    { id: 'new', filesTracked: 0, filesBehind: 0, lagBytes: null, lagSeconds: null, files: [] },
    { id: 'web', filesTracked: 2, filesBehind: 2, lagBytes: 15, lagSeconds: 90, files: [1, 2] },
    { id: 'old', filesTracked: 1, filesBehind: 0, lagBytes: 0, lagSeconds: 0, files: [1] },
  ]);
  expect(Object.keys(flows[1]?.files[0] ?? {}).toSorted()).toEqual(['generation', 'lagBytes', 'lagSeconds', 'path', 'positionBytes', 'sizeBytes', 'state']);
});

test('a name with a newline keeps its line of the table', () => {
  expect(storedText([{ ...file, path: '/log/a\n\u001b[2Jb' }], 'all').split('\n')[2]).toMatch(/^ {2}\/log\/a\\n\\u001b\[2Jb +1 +10 B +20 B +10 B active$/);
});

/** Nothing is on the disk any more. */
const gone = {
  stat: (path: string) => Promise.reject(new FileFault({ code: 'not-found', systemCode: 'ENOENT', path })),
} as Pick<FileSystem, 'stat'> as FileSystem;

function row(storage: CheckpointRow['storage'], { offset, sizeBytes, waits }: { offset: number; sizeBytes: number; waits: readonly Waiting[] }): CheckpointRow {
  const names = { flow: 'web', generation: 1, path: '/a.log', originalPath: '/a.log', device: '1', inode: '2' };
  const proof = { head: { lengthBytes: 0, digest: '' }, tailMarker: '', cuts: [], ends: NO_ENDS };
  const times = { modifiedMs: WALL_MS - 90_000, updatedWallMs: WALL_MS - 60_000 };
  return { ...names, ...proof, ...times, offset, sizeBytes, waits, state: 'rotated', storage };
}

const late = [{ end: 100_000, sinceWallMs: WALL_MS - 30_000 }];

test.each([
  { title: 'a file with nothing left is not late', stored: row('plain', { offset: 20, sizeBytes: 20, waits: [] }), lagSeconds: 0 },
  { title: 'a file is as late as its row says', stored: row('plain', { offset: 10, sizeBytes: 20, waits: late }), lagSeconds: 30 },
  { title: 'one whose row does not say is late since it was there', stored: row('plain', { offset: 10, sizeBytes: 20, waits: [] }), lagSeconds: 90 },
  { title: 'a compressed file of which more is delivered than it takes on the disk is late as long as anything waits', stored: row('gzip', { offset: 90_000, sizeBytes: 20, waits: late }), lagSeconds: 30 },
  { title: 'a compressed file of which everything was delivered is not late, however little that is', stored: row('gzip', { offset: 10, sizeBytes: 20, waits: [] }), lagSeconds: 0 },
])('$title', async ({ stored, lagSeconds }) => {
  const [shown] = await storedFiles({ rows: [stored], looks: [] }, { files: gone, wallMs: WALL_MS });
  expect(shown?.lagSeconds).toBe(lagSeconds);
});
