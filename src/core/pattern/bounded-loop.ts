/**
 * Works through the records of a batch with a user's regular expressions, within a bound of time.
 *
 * Guarantees: a batch takes at most about four times the bound, whatever a pattern does. Only the record that holds the batch
 * up is given up; the others go on. The batch after one that was held up gets a quarter of the time, so that a flow with a slow
 * record in every batch does not hold up all other flows.
 */
import { TimeLimit } from './time-limit.ts';

/** `patternTimeoutMillis`, where it is not set. */
export const patternTimeoutMsDefault = 1000;
/** A record alone, and the rest of a batch that was held up once, gets this share of the batch's time. */
const RETRY_SHARE = 0.25;
/** A batch takes at most so many times its bound before the rest of it is given up. */
const BATCH_BOUNDS_MAX = 4;

/** `slow`: the record alone took longer than `afterMs`. `late`: the records before it left no time for it. */
export type GivenUp = { readonly kind: 'slow'; readonly afterMs: number } | { readonly kind: 'late' };

/**
 * The work on one batch. It may be ended at any call or turn of a loop, and is then called again to go on. So for each record
 * `next` must change last, and no call may stand between that change and the record's other lasting effects.
 */
export interface BoundedTask {
  /** Index of the first record that is not done. */
  readonly next: () => number;
  /** Works on the records from `next` to `end`. */
  readonly doTo: (end: number) => void;
  /** Ends the records from `next` to `end` without patterns. */
  readonly giveUp: (end: number, reason: GivenUp) => void;
}

export class BoundedLoop {
  readonly #limit = new TimeLimit();
  readonly #timeoutMs: number;
  #attemptMs: number;
  #heldUp = false;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#attemptMs = timeoutMs * RETRY_SHARE;
  }

  /** Does `task` for records 0 to `count`. */
  run(count: number, task: BoundedTask): void {
    let timeoutMs = this.#heldUp ? this.#timeoutMs * RETRY_SHARE : this.#timeoutMs;
    let leftMs = timeoutMs * BATCH_BOUNDS_MAX;
    const attemptMs = timeoutMs * RETRY_SHARE;
    this.#attemptMs = attemptMs;
    this.#heldUp = false;
    while (task.next() < count) {
      if (this.#limit.run(() => task.doTo(count), timeoutMs)) return;
      this.#heldUp = true;
      leftMs -= timeoutMs;
      timeoutMs = attemptMs;
      // The work may have finished just as its time ended. `next` tells how far it came.
      const slow = task.next();
      if (slow === count) return;
      if (leftMs > 0) {
        this.attempt(() => task.doTo(slow + 1));
        if (task.next() > slow) continue;
        leftMs -= attemptMs;
      }
      task.giveUp(slow + 1, { kind: 'slow', afterMs: attemptMs });
      if (leftMs <= 0) task.giveUp(count, { kind: 'late' });
    }
  }

  /** Does `work` within the time that one record of this batch may take. False: the work was ended. */
  attempt(work: () => void): boolean {
    return this.#limit.run(work, this.#attemptMs);
  }
}
