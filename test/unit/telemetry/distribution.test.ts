import { array, assert, double, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { Distribution } from '../../../src/telemetry/distribution.ts';

function distributionOf(values: Iterable<number>): Distribution {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
}

test('up to 150 different values are kept exactly, with their counts', () => {
  const distribution = distributionOf([...Array.from({ length: 150 }, (_, value) => value), 7, 7]);
  expect(distribution.isExact).toBe(true);
  expect(distribution.entries()).toHaveLength(150);
  expect(distribution.entries().find(([value]) => value === 7)).toEqual([7, 3]);
  expect(distribution).toMatchObject({ count: 152, min: 0, max: 149, sum: 150 * 149 / 2 + 14 });
});

test.each([
  ['no number', Number.NaN],
  ['a negative number', -1],
])('%s counts as 0', (_name, value) => {
  expect(distributionOf([value])).toMatchObject({ count: 1, sum: 0, min: 0, max: 0 });
});

test('whatever is observed, there are at most 150 groups, none is lost, and totals are exact', () => {
  const values = array(integer({ min: 0, max: 10 ** 12 }), { maxLength: 2000 });
  assert(
    property(values, (given) => {
      const distribution = distributionOf(given);
      const entries = distribution.entries();
      expect(entries.length).toBeLessThanOrEqual(150);
      expect(entries.reduce((total, [, count]) => total + count, 0)).toBe(given.length);
      expect(distribution.sum).toBe(given.reduce((total, value) => total + value, 0));
      for (const [value] of entries) {
        expect(value).toBeGreaterThanOrEqual(distribution.min);
        expect(value).toBeLessThanOrEqual(distribution.max);
      }
    }),
    { numRuns: 50 },
  );
});

test('even values from end to end of what a number can be end in bounded groups', () => {
  assert(
    property(array(double({ min: 0, noNaN: true }), { minLength: 500, maxLength: 1000 }), (given) => {
      expect(distributionOf(given).entries().length).toBeLessThanOrEqual(150);
    }),
    { numRuns: 20 },
  );
});

test('percentiles stay within a few percent over a thousand latencies', () => {
  const values = Array.from({ length: 1000 }, (_, index) => 5 + index);
  const entries = [...distributionOf(values).entries()].sort((a, b) => a[0] - b[0]);
  const atPercentile = (percent: number) => {
    let seen = 0;
    return entries.find(([, count]) => (seen += count) >= (values.length * percent) / 100)?.[0] ?? 0;
  };
  for (const percent of [50, 90, 99]) {
    const exact = values[(values.length * percent) / 100 - 1] ?? 0;
    expect(Math.abs(atPercentile(percent) - exact) / exact).toBeLessThan(0.05);
  }
});

test('merging is as if one had seen everything', () => {
  const [low, high] = [distributionOf([1, 2, 2]), distributionOf(Array.from({ length: 500 }, (_, value) => value))];
  low.merge(high);
  expect(low).toMatchObject({ count: 503, min: 0, max: 499, sum: 5 + (500 * 499) / 2 });
  expect(low.isExact).toBe(false);
  expect(low.entries().reduce((total, [, count]) => total + count, 0)).toBe(503);
});
