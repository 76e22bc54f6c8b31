/** It is noticed when the wall clock is set back, and times known by that clock are then taken for older. */
import { expect, test } from 'vitest';
import { PastEnds } from '../../../../src/tail/content/past-ends.ts';
import { SetBacks } from '../../../../src/tail/reading/set-backs.ts';

const WALL_MS = 1_700_000_000_000;

/** A file that is known to have been longer than a byte at WALL_MS. */
function known(): { readEnds: PastEnds; dirty: boolean } {
  const readEnds = new PastEnds();
  readEnds.note(2, Buffer.from('ab'), WALL_MS);
  return { readEnds, dirty: false };
}

test.each([
  { title: 'goes on', looks: [0, 1000, 2000], outgrownMs: 0 },
  { title: 'is set forward', looks: [0, 1000, 3_600_000], outgrownMs: 0 },
  { title: 'is set back by less than passes between two looks', looks: [0, 1000, 1200], outgrownMs: 0 },
  { title: 'is set back', looks: [0, 1000, -5000], outgrownMs: -6000 },
  { title: 'is set back and forward again', looks: [0, -5000, 3_600_000], outgrownMs: -6000 },
  { title: 'is set back to after that', looks: [10_000, 8000], outgrownMs: 0 },
])('a clock that $title', ({ looks, outgrownMs }) => {
  const file = known();
  const setBacks = new SetBacks({ lookedWallMs: undefined, known: () => [file] });
  for (const [second, ms] of looks.entries()) setBacks.notice({ nowMs: second * 1000, wallMs: WALL_MS + ms });
  expect(file.readEnds.outgrownWallMs(1) - WALL_MS).toBe(outgrownMs);
  expect(file.dirty).toBe(outgrownMs < 0);
});

test('a clock that shows less than when a predecessor looked last was set back, nobody knows how far', () => {
  const file = known();
  new SetBacks({ lookedWallMs: WALL_MS, known: () => [file] }).notice({ nowMs: 5, wallMs: WALL_MS + 1 });
  expect(file.readEnds.outgrownWallMs(1)).toBe(WALL_MS);
  new SetBacks({ lookedWallMs: WALL_MS, known: () => [file] }).notice({ nowMs: 5, wallMs: WALL_MS - 1 });
  expect(file.readEnds.outgrownWallMs(1)).toBe(0);
});
