/**
 * Paces hints: the first hint about a path goes on at once, further ones within a window go on as one at its end. A writer of ten
 * thousand lines a second makes as many notices of the kernel, and the reader takes all that is there at every look anyway.
 *
 * A window is as long as its owner can wait; with many files written to at once it grows, so that looking at them never takes
 * more than a part of the processor (0.1 to 0.2 ms a look).
 * Invariant: after the last hint about a path at least one is delivered, one window later at most (100 ms, or what the owner
 * says). The delivered hint tells how long it was held.
 */
import type { Clock, Timer } from '../core/ports.ts';

const WINDOW_MS_MIN = 10;
/** Added for each path that was delivered when the window began. */
const WINDOW_MS_PER_PATH = 0.25;
const WINDOW_MS_MAX = 100;

export interface HintPacerOptions {
  /** A window is this long, or longer: see above. */
  readonly paceMs: number;
  readonly deliver: (path: string, heldMs: number) => void;
}

/** A path that was delivered in this window. The object is kept as long as every window brings hints about the path. */
interface Hinted {
  /** The text of the first hint: a new text for each window would outlive the young generation of the heap. */
  readonly path: string;
  /** Since when the path waits to be delivered again, at the window's end. */
  heldSinceMs: number | undefined;
}

export class HintPacer {
  readonly #clock: Clock;
  readonly #options: HintPacerOptions;
  readonly #hinted = new Map<string, Hinted>();
  #window: Timer | undefined;

  constructor(clock: Clock, options: HintPacerOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  hint(path: string): void {
    const hinted = this.#hinted.get(path);
    if (hinted !== undefined) {
      hinted.heldSinceMs ??= this.#clock.monotonicMs();
      return;
    }
    this.#hinted.set(path, { path, heldSinceMs: undefined });
    this.#options.deliver(path, 0);
    if (this.#window === undefined) this.#startWindow();
  }

  /** Delivers nothing any more. */
  close(): void {
    this.#window?.cancel();
  }

  #startWindow(): void {
    const sharedMs = Math.min(WINDOW_MS_MAX, WINDOW_MS_MIN + WINDOW_MS_PER_PATH * (this.#hinted.size - 1));
    const windowMs = Math.max(this.#options.paceMs, sharedMs);
    this.#window = this.#clock.setTimer(windowMs, () => {
      this.#window = undefined;
      for (const { path, heldSinceMs } of this.#hinted.values()) if (heldSinceMs === undefined) this.#hinted.delete(path);
      if (this.#hinted.size > 0) this.#startWindow();
      const nowMs = this.#clock.monotonicMs();
      for (const hinted of this.#hinted.values()) {
        const heldMs = nowMs - (hinted.heldSinceMs ?? nowMs);
        hinted.heldSinceMs = undefined;
        this.#options.deliver(hinted.path, heldMs);
      }
    });
  }
}
