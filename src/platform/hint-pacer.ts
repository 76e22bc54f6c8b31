/**
 * Paces hints: the first about a path goes on at once, further ones within a window as one at its end. A writer of ten
 * thousand lines a second makes as many notices of the kernel; the reader takes all that is there at every look anyway.
 *
 * A window is 10 ms for one file, part of how long a line takes to leave; with many files written to at once it grows,
 * so that looking at them never takes more than a part of the processor (0.1 to 0.2 ms a look).
 * Invariant: after the last hint about a path at least one is delivered, 100 ms later at most.
 */
import type { Clock, Timer } from '../core/ports.ts';

const WINDOW_MS = 10;
/** Added for each path that was delivered when the window began. */
const WINDOW_MS_PER_PATH = 0.25;
const WINDOW_MS_MAX = 100;

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
    const windowMs = Math.min(WINDOW_MS_MAX, WINDOW_MS + WINDOW_MS_PER_PATH * (this.#recent.size - 1));
    this.#window = this.#clock.setTimer(windowMs, () => {
      this.#window = undefined;
      this.#recent = this.#pending;
      this.#pending = new Set();
      if (this.#recent.size > 0) this.#startWindow();
      for (const path of this.#recent) this.#deliver(path);
    });
  }
}
