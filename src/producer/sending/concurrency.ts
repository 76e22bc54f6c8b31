/**
 * How many requests of one stream are worth having under way. Requests beyond what the way to the service can carry only
 * wait, here or in the connections' buffers, and each holds its bytes twice. So the limit grows as long as this does not
 * make answers slower, and shrinks when it does (TCP Vegas: Brakmo and Peterson, 1995, with requests in place of segments).
 *
 * Invariant: `requestsMin` ≤ `limit` ≤ the connections of the client.
 */
const requestsMin = 2;
/** Requests estimated to wait on the way: below LOW, the limit grows by one; above HIGH, it shrinks by one. */
const WAITING_LOW = 1;
const WAITING_HIGH = 2;
/** The shortest answer time of this period and the one before is taken for the time without any waiting. */
const PERIOD_MS = 30_000;

export class Concurrency {
  readonly #requestsMax: number;
  #limit: number;
  #shortestMs = Number.POSITIVE_INFINITY;
  #shortestBeforeMs = Number.POSITIVE_INFINITY;
  #periodEndMs = 0;
  /** Answers to requests sent before this time know nothing of the present limit. */
  #changedMs = 0;

  constructor(requestsMax: number) {
    this.#requestsMax = requestsMax;
    this.#limit = Math.min(requestsMin, requestsMax);
  }

  get limit(): number {
    return this.#limit;
  }

  /** A request was answered; `full`: as many were under way as the limit allows. */
  answered(request: { readonly sentMs: number; readonly nowMs: number; readonly full: boolean }): void {
    const { sentMs, nowMs, full } = request;
    const elapsedMs = nowMs - sentMs;
    if (nowMs >= this.#periodEndMs) {
      this.#shortestBeforeMs = this.#shortestMs;
      this.#shortestMs = Number.POSITIVE_INFINITY;
      this.#periodEndMs = nowMs + PERIOD_MS;
    }
    this.#shortestMs = Math.min(this.#shortestMs, elapsedMs);
    if (!full || sentMs < this.#changedMs) return;
    const shortestMs = Math.min(this.#shortestMs, this.#shortestBeforeMs);
    const waiting = elapsedMs === 0 ? 0 : this.#limit * (1 - shortestMs / elapsedMs);
    if (waiting < WAITING_LOW) this.#change(Math.min(this.#requestsMax, this.#limit + 1), nowMs);
    else if (waiting > WAITING_HIGH) this.#change(Math.max(Math.min(requestsMin, this.#requestsMax), this.#limit - 1), nowMs);
  }

  #change(limit: number, nowMs: number): void {
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#changedMs = nowMs;
  }
}
