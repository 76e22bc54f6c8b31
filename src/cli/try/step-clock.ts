/**
 * A clock whose waits take no time: `step` jumps to the next timer. For running the producer over records that go
 * nowhere, without its pace and its deadlines. The wall clock is the real one, for what is written into records.
 */
import type { Clock, Timer } from '../../core/ports.ts';

interface Pending {
  readonly atMs: number;
  readonly run: () => void;
}

export class StepClock implements Clock {
  #nowMs = 0;
  readonly #pending = new Set<Pending>();
  readonly #wallMs: () => number;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallMs();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const timer = this.setTimer(delayMs, resolve);
      signal?.addEventListener(
        'abort',
        () => {
          timer.cancel();
          resolve();
        },
        { once: true },
      );
    });
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { atMs: this.#nowMs + Math.max(0, delayMs), run: callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Goes to the earliest timer and runs it, if there is one. */
  step(): void {
    let next: Pending | undefined;
    for (const pending of this.#pending) if (next === undefined || pending.atMs < next.atMs) next = pending;
    if (next === undefined) return;
    this.#pending.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.run();
  }
}
