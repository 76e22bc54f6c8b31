/**
 * When a flow looks at its files next, and how closely. It looks soon at what hints point at. Every reconcile period it looks at
 * everything that changed, because hints are lost. Where hints do not come at all, or some were lost for certain, it looks at everything.
 *
 * Invariant: hints bring a look forward, they never put one off. Hints come in bursts, and a look at many files is work: looks that
 * follow hints, and retries, take no more than about a tenth of the time.
 */
import type { LookScope } from './discovery.ts';

/** A hint is followed by a look after this long. */
const HINT_SETTLE_MS = 50;
const PAUSE_FACTOR = 10;
/** While nothing happens looks come more rarely: a new file without a hint is found within 10 s with the default period. */
const QUIET_FACTOR = 1.8;
/** What could not be read is tried again after this long. */
const RETRY_MS = 1000;

export class LookSchedule {
  readonly #reconcileMs: number;
  #reconcileAtMs = 0;
  #hintedAtMs = Infinity;
  #hinted = new Set<string>();
  /** Nothing can be relied on at the next look. */
  #everything = true;
  #hintsCome = true;
  #startMs = 0;
  #tookMs = 0;
  /** Before that no hint is followed. */
  #restedAtMs = -Infinity;

  constructor(reconcileMs: number) {
    this.#reconcileMs = reconcileMs;
  }

  /** Monotonic. */
  get dueMs(): number {
    return Math.min(this.#reconcileAtMs, this.#hintedAtMs);
  }

  /** When the last look began, monotonic. */
  get begunMs(): number {
    return this.#startMs;
  }

  /** Something at `path` may have changed; undefined: anything may. */
  hint(path: string | undefined, nowMs: number): void {
    if (path === undefined) this.#everything = true;
    else this.#hinted.add(path);
    this.#hintedAtMs = Math.min(this.#hintedAtMs, Math.max(nowMs + HINT_SETTLE_MS, this.#restedAtMs));
  }

  /** Something could not be read and will be readable without a hint. */
  retry(nowMs: number): void {
    this.#reconcileAtMs = Math.min(this.#reconcileAtMs, nowMs + Math.max(RETRY_MS, PAUSE_FACTOR * this.#tookMs));
  }

  /** From now on, hints do not come for some changes, or for all. */
  hintsFail(): void {
    this.#hintsCome = false;
  }

  begin(nowMs: number): LookScope {
    const everything = this.#everything || (!this.#hintsCome && nowMs >= this.#reconcileAtMs);
    const reconcile = everything || nowMs >= this.#reconcileAtMs;
    const paths = this.#hinted;
    this.#hinted = new Set();
    this.#hintedAtMs = Infinity;
    this.#everything = false;
    this.#startMs = nowMs;
    if (reconcile) this.#reconcileAtMs = nowMs + this.#reconcileMs;
    if (everything) return { kind: 'everything' };
    return { kind: reconcile ? 'reconcile' : 'hinted', paths };
  }

  /** `quiet`: the look found everything as it was, and nothing waits for the next. */
  end(nowMs: number, quiet: boolean): void {
    this.#tookMs = nowMs - this.#startMs;
    this.#restedAtMs = nowMs + PAUSE_FACTOR * this.#tookMs;
    // Hints that came during the look.
    if (this.#hintedAtMs !== Infinity) this.#hintedAtMs = Math.max(this.#hintedAtMs, this.#restedAtMs);
    const quietAtMs = this.#startMs + QUIET_FACTOR * this.#reconcileMs;
    if (quiet && this.#hintsCome && this.#reconcileAtMs === this.#startMs + this.#reconcileMs) this.#reconcileAtMs = quietAtMs;
  }
}
