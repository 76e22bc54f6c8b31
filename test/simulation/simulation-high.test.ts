/** The second half of the fixed seeds, and some that no one has seen before. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { failuresAmong } from './clean-seeds.ts';

it('loses nothing, repeats nothing unexplained and becomes idle: seeds 1000 to 1999', { timeout: 240_000 }, async () => {
  expect(await failuresAmong(1000, 1000)).toEqual([]);
});

const commit = headCommit();

it.skipIf(commit === undefined)(`holds for seeds from the commit's hash (${commit})`, { timeout: 60_000 }, async () => {
  expect(await failuresAmong(Number.parseInt(commit ?? '0', 16), 20)).toEqual([]);
});

/** The first digits of the commit that is checked out; undefined outside of a repository. */
function headCommit(): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).slice(0, 7);
  } catch (failure) {
    if (failure instanceof Error) return undefined;
    throw failure;
  }
}
