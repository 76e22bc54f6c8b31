/**
 * How many requests of one stream are worth having under way. More than the way to the service can carry only wait, here
 * or in the connections' buffers, and each holds its bytes twice. So the number grows as long as answers take no longer
 * for it, and shrinks when they do (TCP Vegas: Brakmo and Peterson, 1995, with requests for segments).
 *
 * Invariant: `requestsMin` ≤ `limit` ≤ the connections of the client.
 */
const requestsMin = 2;
/** Requests that may be waiting on the way: fewer, and one more is tried; more, and one is taken back. */
const WAITING_LOW = 1;
const WAITING_HIGH = 2;
/** The shortest answer of this period and of the one before is what the way takes when nothing waits. */
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
