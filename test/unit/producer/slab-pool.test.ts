import { expect, test } from 'vitest';
import { SlabPool } from '../../../src/producer/records/slab-pool.ts';

test.each([
  [0, 4096],
  [4096, 4096],
  [4097, 5120],
  [5121, 6144],
  [7169, 8192],
  [51_214, 57_344],
  [65_536, 65_536],
  [65_537, 81_920],
  [1_048_576, 1_048_576],
])('%i bytes get a slab of %i', (bytes, slabBytes) => {
  expect(new SlabPool(0).take(bytes).length).toBe(slabBytes);
});

test('a slab that came back is the next one taken', () => {
  const pool = new SlabPool(10_000);
  const slab = pool.take(5000);
  pool.give(slab);
  expect(pool.take(5100)).toBe(slab);
  expect(pool.take(5100)).not.toBe(slab);
});

test('it keeps no more than its bound', () => {
  const pool = new SlabPool(8192);
  const slabs = [pool.take(4096), pool.take(4096), pool.take(4096)];
  for (const slab of slabs) pool.give(slab);
  const again = [pool.take(4096), pool.take(4096), pool.take(4096)];
  expect(again.filter((slab) => slabs.includes(slab))).toHaveLength(2);
  expect(pool.takenBytes).toBe(3 * 4096);
});

test('with a lower bound it lets go of what it keeps beyond that, the largest slabs first', () => {
  const pool = new SlabPool(1_000_000);
  const slabs = [4096, 65_536, 4096, 8192].map((bytes) => pool.take(bytes));
  for (const slab of slabs) pool.give(slab);
  pool.resize(16_384);
  const again = [4096, 65_536, 4096, 8192].map((bytes) => pool.take(bytes));
  expect(again.map((slab) => slabs.includes(slab))).toEqual([true, false, true, true]);
  for (const slab of again) pool.give(slab);
  pool.resize(0);
  expect(again).not.toContain(pool.take(4096));
});

test('a slab that was not taken cannot be given back', () => {
  expect(() => new SlabPool(0).give(Buffer.alloc(4096))).toThrow('bug:');
});
