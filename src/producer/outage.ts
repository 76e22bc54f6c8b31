/**
 * Whether a stream answers at all. While its calls fail as a whole, one call at a time tries again, ever more rarely,
 * instead of every record on its own; the first answer ends that.
 */
import { backoffMs } from '../core/backoff.ts';
import type { BackoffRange } from '../core/backoff.ts';
import type { ServiceFault } from '../core/errors.ts';
import type { Random } from '../core/ports.ts';

/** While a person has to act first: permission, missing stream, key. */
const blockedRange: BackoffRange = { baseMs: 2000, maxMs: 60_000 };

export class Outage {
  readonly #range: BackoffRange;
  readonly #random: Random;
  #failures = 0;
  #failedMs = 0;
  #resumeMs = 0;
  #fault: ServiceFault | undefined;

  constructor(range: BackoffRange, random: Random) {
    this.#range = range;
    this.#random = random;
  }

  /** Why calls fail; `undefined` while they do not. */
  get fault(): ServiceFault | undefined {
    return this.#fault;
  }

  /** Calls that failed one after another. */
  get failures(): number {
    return this.#failures;
  }

  /** Until when nothing is sent. */
  get resumeMs(): number {
    return this.#failures === 0 ? 0 : this.#resumeMs;
  }

  /** A call begun at `sentMs` failed as a whole. Calls under way together count once. */
  failed(fault: ServiceFault, sentMs: number, nowMs: number): void {
    this.#fault = fault;
    if (this.#failures > 0 && sentMs < this.#failedMs) return;
    this.#failures += 1;
    this.#failedMs = nowMs;
    const range = fault.kind === 'blocked' ? blockedRange : this.#range;
    this.#resumeMs = nowMs + backoffMs(this.#failures, range, this.#random);
  }

  answered(): void {
    this.#failures = 0;
    this.#fault = undefined;
  }
}
