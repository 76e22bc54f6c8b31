/** What a shard still takes: full at the start, refilled evenly, never over its capacity. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #filledMs: number;

  constructor(bucket: { capacity: number; perSecond: number; nowMs: number }) {
    this.#capacity = bucket.capacity;
    this.#perSecond = bucket.perSecond;
    this.#tokens = bucket.capacity;
    this.#filledMs = bucket.nowMs;
  }

  /** Whether `amount` is there at `nowMs`; takes nothing. */
  has(amount: number, nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= amount;
  }

  /** Takes `amount`; ask `has` before. */
  take(amount: number): void {
    this.#tokens -= amount;
  }

  #fill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#filledMs);
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs * this.#perSecond) / 1000);
    this.#filledMs = Math.max(this.#filledMs, nowMs);
  }
}
