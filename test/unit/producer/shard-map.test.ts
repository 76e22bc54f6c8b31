import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ShardDescription } from '../../../src/core/ports.ts';
import { decimalOf, hashKeyOf, hashKeyOfNumber, highestHashKey, lowestHashKey } from '../../../src/producer/shards/hash-key.ts';
import { evenRangeOf, ignoredShardMap, shardMapOf, virtualShardMap, withinEvenRange } from '../../../src/producer/shards/shard-map.ts';
import { evenRanges } from '../../support/kinesis-server/hash-key.ts';

const top = (1n << 128n) - 1n;
const shard = (shardId: string, startHashKey: bigint, endHashKey: bigint, closed = false): ShardDescription => ({
  shardId,
  startHashKey,
  endHashKey,
  closed,
});
const anyHashKey = fc.bigInt(0n, top);

test.each([
  ['a1', 184158920620549621614949002656541595554n],
  ['b2', 334942797296394607094534275137144372637n],
  ['a', 16955237001963240173058271559858726497n],
])('the hash key of %s is its MD5 as a number', (key, value) => {
  expect(decimalOf(hashKeyOf(key))).toBe(String(value));
  expect(hashKeyOfNumber(value)).toBe(hashKeyOf(key));
});

test('hash keys compare as their numbers do', () => {
  fc.assert(
    fc.property(anyHashKey, anyHashKey, (left, right) => {
      expect(hashKeyOfNumber(left) < hashKeyOfNumber(right)).toBe(left < right);
    }),
  );
});

test('the shard of a hash key is the one whose range holds it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.array(anyHashKey, { maxLength: 20 }), (count, values) => {
      const ranges = evenRanges(count);
      const map = shardMapOf(ranges.map(({ start, end }, index) => shard(`s${index}`, start, end)).toReversed());
      for (const value of [...values, ...ranges.flatMap(({ start, end }) => [start, end])]) {
        const index = ranges.findIndex(({ start, end }) => value >= start && value <= end);
        expect(map?.shardOf(hashKeyOfNumber(value)).shardId).toBe(`s${index}`);
      }
    }),
    { numRuns: 30 },
  );
});

test.each<[string, ShardDescription[], boolean]>([
  ['one shard', [shard('a', 0n, top)], true],
  ['closed parents are left out', [shard('p', 0n, top, true), shard('a', 0n, 9n), shard('b', 10n, top)], true],
  ['a gap', [shard('a', 0n, 9n), shard('b', 11n, top)], false],
  ['an overlap', [shard('a', 0n, 9n), shard('b', 9n, top)], false],
  ['a parent still open beside its children', [shard('p', 0n, top), shard('a', 0n, 9n), shard('b', 10n, top)], false],
  ['nothing at the end', [shard('a', 0n, top - 1n)], false],
  ['nothing at all', [], false],
])('a listing with %s makes a map: %s', (_title, shards, usable) => {
  expect(shardMapOf(shards) !== undefined).toBe(usable);
});

test('maps are equal when their shards and ranges are', () => {
  const one = shardMapOf([shard('a', 0n, 9n), shard('b', 10n, top)]);
  const twin = shardMapOf([shard('b', 10n, top), shard('a', 0n, 9n)]);
  const moved = shardMapOf([shard('a', 0n, 10n), shard('b', 11n, top)]);
  const renamed = shardMapOf([shard('a', 0n, 9n), shard('c', 10n, top)]);
  if (one === undefined || twin === undefined || moved === undefined || renamed === undefined) throw new Error('usable maps');
  expect([twin, moved, renamed, virtualShardMap()].map((map) => one.equals(map))).toEqual([true, false, false, false]);
});

test('the virtual map covers every hash key without gap or overlap', () => {
  const { shards } = virtualShardMap();
  expect([shards[0]?.start, shards.at(-1)?.end]).toEqual([lowestHashKey, highestHashKey]);
  for (const [index, { start }] of shards.entries()) {
    const before = shards[index - 1];
    if (before !== undefined) expect(BigInt(`0x${start}`)).toBe(BigInt(`0x${before.end}`) + 1n);
  }
});

test('the part of a shard in an even range holds exactly the hash keys of both', () => {
  fc.assert(
    fc.property(anyHashKey, anyHashKey, anyHashKey, (a, b, value) => {
      const [start, end] = a < b ? [a, b] : [b, a];
      const inside = start + (value % (end - start + 1n));
      const hashKey = hashKeyOfNumber(inside);
      const part = withinEvenRange({ shardId: 's', start: hashKeyOfNumber(start), end: hashKeyOfNumber(end) }, evenRangeOf(hashKey));
      expect(hashKey >= part.start && hashKey <= part.end).toBe(true);
      expect(evenRangeOf(part.start)).toBe(evenRangeOf(hashKey));
      expect(evenRangeOf(part.end)).toBe(evenRangeOf(hashKey));
      expect(part.start >= hashKeyOfNumber(start) && part.end <= hashKeyOfNumber(end)).toBe(true);
    }),
  );
});

test('where keys are ignored there is one range', () => {
  expect(ignoredShardMap().shardOf(hashKeyOf('x')).shardId).toBe(ignoredShardMap().shardOf(hashKeyOf('y')).shardId);
});
