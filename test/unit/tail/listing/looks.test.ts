/** When a flow last looked at its files, and when that is stored. */
import { expect, test } from 'vitest';
import { GrowthTimes } from '../../../../src/tail/content/growth-times.ts';
import { Looks } from '../../../../src/tail/listing/looks.ts';

const WALL_MS = 1_790_000_000_000;
const at = (nowMs: number) => ({ nowMs, wallMs: WALL_MS + nowMs });

test('a look is stored together with other changes, and once a minute if there are none', () => {
  const looks = new Looks(undefined, 5000);
  expect(looks.take(at(0), true)).toBeUndefined();
  looks.ended(1000);
  expect(looks.take(at(1500), false)).toBe(WALL_MS + 1000);
  looks.ended(50_000);
  expect(looks.take(at(50_100), false)).toBeUndefined();
  expect(looks.take(at(50_200), true)).toBe(WALL_MS + 50_000);
  expect(looks.take(at(50_300), true)).toBeUndefined();
  looks.ended(109_999);
  expect(looks.take(at(110_000), false)).toBeUndefined();
  looks.ended(110_001);
  expect(looks.take(at(110_002), false)).toBe(WALL_MS + 110_001);
});

test('a look that was not stored is stored the next time', () => {
  const looks = new Looks(undefined, 5000);
  looks.ended(1000);
  looks.take(at(1000), true);
  looks.restore();
  expect(looks.take(at(2000), false)).toBe(WALL_MS + 1000);
});

test.each([
  { title: 'in time', cameMs: 30_000, unseenSinceMs: undefined },
  { title: 'held up', cameMs: 30_001, unseenSinceMs: 10_000 },
])('a file that came $title, and that a look finds new, may be there since $unseenSinceMs', ({ cameMs, unseenSinceMs }) => {
  const looks = new Looks(10_000, 5000);
  const growth = new GrowthTimes([], undefined);
  looks.came([{ growth }], cameMs);
  expect(growth.unseenSinceMs).toBe(unseenSinceMs);
});

test('a path that cannot be read, or is below one that cannot, was last seen before that', () => {
  const looks = new Looks(1000, 5000);
  looks.failed('/logs/private', 2000);
  looks.ended(3000);
  looks.failed('/logs/private', 4000);
  looks.failed('/logs/b.log', 5000);
  looks.ended(9000);
  expect(['/logs/private', '/logs/b.log', '/logs/a.log'].map((path) => looks.failingSinceMs(path))).toEqual([2000, 5000, undefined]);
  expect(['/logs/a.log', '/logs/b.log', '/logs/private/c.log', '/logs/private/d/e.log', '/logs/private-d.log'].map((path) => looks.sightMs(path))).toEqual([9000, 3000, 1000, 1000, 9000]);
  looks.readable('/logs/private');
  expect(looks.sightMs('/logs/private/c.log')).toBe(9000);
});
