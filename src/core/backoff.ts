/**
 * Exponential back-off with full jitter: each wait is uniform between 0 and min(max, base × 2^attempts), so that many
 * agents do not come back at the same moment. Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 */
import type { Random } from './ports.ts';

export interface BackoffRange {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Wait before attempt number `attempts` + 1, where `attempts` ≥ 1 have failed; at least 1 ms. */
export function backoffMs(attempts: number, range: BackoffRange, random: Random): number {
  const ceilingMs = Math.min(range.maxMs, range.baseMs * 2 ** Math.min(attempts - 1, 30));
  return 1 + Math.floor(random.next() * ceilingMs);
}
