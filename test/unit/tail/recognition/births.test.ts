/** Since when the new bytes of a file may have been there. */
import { expect, test } from 'vitest';
import { NO_END } from '../../../../src/core/checkpoint-row.ts';
import type { Generation } from '../../../../src/tail/generation/generation.ts';
import { changedRows, rowOf } from '../../../../src/tail/generation/rows.ts';
import { Looks } from '../../../../src/tail/listing/looks.ts';
import { Births } from '../../../../src/tail/recognition/births.ts';
import { isStill } from '../../../../src/tail/generation/still-proof.ts';
import { memoryContent, memoryFile, memoryGeneration } from '../../../support/memory-files.ts';
import { birthOptions, noDecompression } from '../../../support/tail-options.ts';
import { MemoryDirectory } from '../../../support/memory-directory.ts';

/** Wall time at monotonic time 0. */
const WALL_MS = 1_790_000_000_000;
const NOW_MS = 20_000;

const cases = [
  { title: 'a file that was not read before: since it was made', birthMs: 3000, wasRead: false, lookedMs: 10_000, sightMs: undefined, sinceMs: 3000 },
  { title: 'a file whose birth nobody tells: since the look before', birthMs: undefined, wasRead: false, lookedMs: 10_000, sightMs: undefined, sinceMs: 10_000 },
  { title: 'a file that was read before: since the look before', birthMs: 3000, wasRead: true, lookedMs: 10_000, sightMs: undefined, sinceMs: 10_000 },
  { title: 'a file that was read before and made after that look: since it was made', birthMs: 12_000, wasRead: true, lookedMs: 10_000, sightMs: undefined, sinceMs: 12_000 },
  { title: 'a file that was looked at itself after that: since then', birthMs: 3000, wasRead: true, lookedMs: 10_000, sightMs: 14_000, sinceMs: 14_000 },
  { title: 'a copy of a file that was looked at: since then', birthMs: 17_000, wasRead: false, lookedMs: 10_000, sightMs: 14_000, sinceMs: 14_000 },
  { title: 'a file that no one looked at: since it was written to', birthMs: undefined, wasRead: false, lookedMs: undefined, sightMs: undefined, sinceMs: 18_000 },
  { title: 'a file with a time that is older than its making: since that time', birthMs: 19_000, wasRead: false, lookedMs: 10_000, sightMs: undefined, sinceMs: 18_000 },
] as const;

test.each(cases)('$title', ({ birthMs, wasRead, lookedMs, sightMs, sinceMs }) => {
  const births = new Births(birthOptions({ wallMs: () => WALL_MS + NOW_MS, looks: new Looks(lookedMs, 5000) }), () => false);
  const made = birthMs === undefined ? undefined : WALL_MS + birthMs;
  const stat = { kind: 'file', device: '1', inode: '2', sizeBytes: 9, modifiedMs: WALL_MS + 18_000, linkCount: 1, birthMs: made } as const;
  expect(births.newSinceMs({ path: '/log', stat }, { nowMs: NOW_MS, wasRead, sightMs })).toBe(sinceMs);
});

test('the time since when a file cannot be looked at is remembered by every process until one can look at it, and no longer', async () => {
  const changed = new Set<Generation>();
  const now = { nowMs: NOW_MS, wallMs: WALL_MS + NOW_MS };
  const births = new Births(birthOptions({ wallMs: () => now.wallMs, looks: new Looks(10_000, 5000), changed }), () => false);
  const hidden = await memoryGeneration('a line\n');
  hidden.hide(3000);
  const remembered = births.remember(rowOf(hidden, now), undefined, NOW_MS);
  expect(rowOf(remembered, now).waits).toEqual([{ end: NO_END, sinceWallMs: WALL_MS + 3000 }]);
  expect(remembered.dirty).toBe(false);
  remembered.seeFile(remembered.lastStat, now);
  expect(changedRows(changed, { includes: () => true }, now).map(({ waits }) => waits)).toEqual([[]]);
});

test.each([
  { title: 'a longer hole is another one, though both begin alike', holeBytes: 5000, still: false },
  { title: 'the same hole, and more lines, is the same', holeBytes: 2000, still: true },
])('a file that was found with nothing but a hole at its beginning: one with $title', async ({ holeBytes, still }) => {
  const births = new Births(birthOptions(), () => false);
  const hole = '\0'.repeat(2000);
  const generation = await births.make(memoryContent('/app.log', `${hole}a line\n`), { offset: 0, state: 'active', nowMs: 0 });
  generation.handle = memoryFile(`${'\0'.repeat(holeBytes)}a line\nanother\n`);
  expect(await isStill(generation, { files: new MemoryDirectory(), decompression: noDecompression })).toBe(still);
});
