/** Lets one loop wait for "something happened" or for a time, whichever is first; a notice is never lost. */
import type { Clock } from './ports.ts';

export class Wakeup {
  readonly #clock: Clock;
  #pending = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The current or the next `wait` ends at once. */
  notify(): void {
    this.#pending = true;
    this.#wake?.();
  }

  /** Resolves at a notice (also one given since the last wait) or after `delayMs`. One caller at a time. */
  async wait(delayMs: number): Promise<void> {
    if (!this.#pending) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(delayMs, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#pending = false;
  }
}
