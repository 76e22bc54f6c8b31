import { expect, it } from 'vitest';
import { BodyPool } from '../../../src/aws/wire/body-pool.ts';

const MIB = 1024 * 1024;

it('reuses a body that is large enough, for one taker at a time', () => {
  const pool = new BodyPool(3);
  const body = pool.take(5 * MIB);
  pool.give(body);
  expect(pool.take(4 * MIB)).toBe(body);
  expect(pool.take(4 * MIB)).not.toBe(body);
});

it('keeps the largest few and lets the others go', () => {
  const pool = new BodyPool(2);
  const bodies = [MIB, 8 * MIB, 2 * MIB].map((bytes) => pool.take(bytes));
  for (const body of bodies) pool.give(body);
  expect(pool.keptBytes).toBe(10 * MIB);
});

it('takes the smallest body that fits', () => {
  const pool = new BodyPool(2);
  const [large, small] = [pool.take(8 * MIB), pool.take(100_000)];
  pool.give(large);
  pool.give(small);
  expect(pool.take(90_000)).toBe(small);
});
