/**
 * Paces hints: the first about a path goes on at once, further ones within 20 ms as one at their end. A writer of ten
 * thousand lines a second makes as many notices of the kernel; the reader takes all that is there at every look anyway.
 *
 * Invariant: after the last hint about a path at least one is delivered, 20 ms later at most.
 */
import type { Clock, Timer } from '../core/ports.ts';

const windowMs = 20;

export class HintPacer {
  readonly #clock: Clock;
  readonly #deliver: (path: string) => void;
  /** Delivered in this window. */
  #recent = new Set<string>();
  /** Came again in this window. */
  #pending = new Set<string>();
  #window: Timer | undefined;

  constructor(clock: Clock, deliver: (path: string) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  hint(path: string): void {
    if (this.#recent.has(path)) {
      this.#pending.add(path);
      return;
    }
    this.#recent.add(path);
    this.#deliver(path);
    if (this.#window === undefined) this.#startWindow();
  }

  /** Delivers nothing any more. */
  close(): void {
    this.#window?.cancel();
  }

  #startWindow(): void {
    this.#window = this.#clock.setTimer(windowMs, () => {
      this.#window = undefined;
      this.#recent = this.#pending;
      this.#pending = new Set();
      if (this.#recent.size > 0) this.#startWindow();
      for (const path of this.#recent) this.#deliver(path);
    });
  }
}
