/**
 * The values of one metric in one interval, as CloudWatch takes them. Count, sum, smallest and largest are exact. The values
 * with their counts are exact while there are at most 150 different ones. Then they are grouped, so that each is off by 5 % at most
 * unless the largest is a million times the smallest (percentiles stay meaningful). Source: MetricDatum, API reference (Values: 150
 * a datum).
 *
 * Invariant: memory is bounded by 150 pairs, whatever is observed.
 */
import { limits } from '../core/limits.ts';

/** Ratio of neighbouring groups: the first that brings the values under the limit is used from then on. */
const growths = [1.02, 1.05, 1.1, 1.2, 1.5, 2, 4] as const;

export class Distribution {
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  #counts = new Map<number, number>();
  /** Index into `growths`; undefined while values are exact. */
  #coarseness: number | undefined;

  /** Takes one value; what is no number ≥ 0 counts as 0. */
  add(given: number): void {
    const value = given > 0 ? Math.min(given, Number.MAX_SAFE_INTEGER) : 0;
    this.count += 1;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    this.#put(value, 1);
  }

  get isExact(): boolean {
    return this.#coarseness === undefined;
  }

  /** Values and how often each came; grouped ones stay within [min, max]. */
  entries(): readonly (readonly [value: number, count: number])[] {
    return [...this.#counts].map(([value, count]) => [Math.min(this.max, Math.max(this.min, value)), count]);
  }

  /** Takes over everything that `other` has seen. */
  merge(other: Distribution): void {
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    if ((other.#coarseness ?? -1) > (this.#coarseness ?? -1)) this.#coarsen(other.#coarseness ?? 0);
    for (const [value, count] of other.#counts) this.#put(value, count);
  }

  #put(value: number, count: number): void {
    const key = this.#coarseness === undefined ? value : group(value, growths[this.#coarseness] ?? 4);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    while (this.#counts.size > limits.cloudWatchValuesCountMax) {
      this.#coarsen(this.#coarseness === undefined ? 0 : this.#coarseness + 1);
    }
  }

  #coarsen(coarseness: number): void {
    const finer = this.#counts;
    this.#coarseness = coarseness;
    this.#counts = new Map();
    const growth = growths[Math.min(coarseness, growths.length - 1)] ?? 4;
    for (const [value, count] of finer) {
      const key = group(value, growth);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    }
  }
}

/** The middle of the group [growthⁿ, growthⁿ⁺¹) that `value` belongs to; below 1 everything is one group. */
function group(value: number, growth: number): number {
  if (value < 1) return value <= 0 ? 0 : 0.5;
  const exponent = Math.floor(Math.log(value) / Math.log(growth) + 1e-9);
  return growth ** (exponent + 0.5);
}
