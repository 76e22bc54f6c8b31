/**
 * Whether the agent's loops still turn: each loop beats whenever it goes round, even with nothing to do. A loop that has not beaten
 * for longer than it promised is stuck: /health says so, and the service manager's watchdog is no longer fed.
 */
import type { Clock } from '../core/ports.ts';

export interface LoopBeat {
  /** The loop went round. */
  beat(): void;
  /** The loop has ended as it should. */
  end(): void;
}

interface Loop {
  readonly name: string;
  readonly silenceMsMax: number;
  lastMs: number;
}

export class LoopWatch {
  readonly #clock: Clock;
  readonly #loops = new Set<Loop>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches a loop that promises to beat at least every `silenceMsMax`. */
  open(name: string, silenceMsMax: number): LoopBeat {
    const loop: Loop = { name, silenceMsMax, lastMs: this.#clock.monotonicMs() };
    this.#loops.add(loop);
    return {
      beat: () => {
        loop.lastMs = this.#clock.monotonicMs();
      },
      end: () => {
        this.#loops.delete(loop);
      },
    };
  }

  /** Names of the loops that are stuck, each with how long. */
  stuck(): readonly { readonly name: string; readonly seconds: number }[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#loops]
      .filter((loop) => nowMs - loop.lastMs > loop.silenceMsMax)
      .map((loop) => ({ name: loop.name, seconds: Math.round((nowMs - loop.lastMs) / 1000) }));
  }
}
