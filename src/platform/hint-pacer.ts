/**
 * Paces hints: the first about a path goes on at once, further ones within a window as one at its end. A writer of ten
 * thousand lines a second makes as many notices of the kernel; the reader takes all that is there at every look anyway.
 *
 * A window is 10 ms for one file, part of how long a line takes to leave; with many files written to at once it grows,
 * so that looking at them never takes more than a part of the processor (0.1 to 0.2 ms a look).
 * Invariant: after the last hint about a path at least one is delivered, 100 ms later at most; it tells how long it was held.
 */
import type { Clock, Timer } from '../core/ports.ts';

const WINDOW_MS = 10;
/** Added for each path that was delivered when the window began. */
const WINDOW_MS_PER_PATH = 0.25;
const WINDOW_MS_MAX = 100;

export class HintPacer {
  readonly #clock: Clock;
  readonly #deliver: (path: string, heldMs: number) => void;
  /** Delivered in this window, and since when each was held. */
  #recent = new Map<string, number>();
  /** Came again in this window, and when first. */
  #pending = new Map<string, number>();
  #window: Timer | undefined;

  constructor(clock: Clock, deliver: (path: string, heldMs: number) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  hint(path: string): void {
    if (this.#pending.has(path)) return;
    const nowMs = this.#clock.monotonicMs();
    if (this.#recent.has(path)) {
      this.#pending.set(path, nowMs);
      return;
    }
    this.#recent.set(path, nowMs);
    this.#deliver(path, 0);
    if (this.#window === undefined) this.#startWindow();
  }

  /** Delivers nothing any more. */
  close(): void {
    this.#window?.cancel();
  }

  #startWindow(): void {
    const windowMs = Math.min(WINDOW_MS_MAX, WINDOW_MS + WINDOW_MS_PER_PATH * (this.#recent.size - 1));
    this.#window = this.#clock.setTimer(windowMs, () => {
      this.#window = undefined;
      this.#recent = this.#pending;
      this.#pending = new Map();
      if (this.#recent.size > 0) this.#startWindow();
      const nowMs = this.#clock.monotonicMs();
      for (const [path, sinceMs] of this.#recent) this.#deliver(path, nowMs - sinceMs);
    });
  }
}
