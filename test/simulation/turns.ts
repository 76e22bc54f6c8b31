/**
 * Turns of the event loop, many for the price of one. After a turn, every promise reaction that could run has run, and every
 * rejection without a handler is reported.
 *
 * An immediate is such a turn: before the next immediate, Node runs all microtasks and reports unhandled rejections.
 * Immediates that are lined up together run in one round of the loop. That is why they are lined up: a round asks the kernel
 * for news, which costs more than all the rest.
 * Source: "setImmediate()" and "process.nextTick()" in the documentation of Node, timers and process.
 */
const LINED_UP = 64;

export class Turns {
  #left = 0;
  #waiting: (() => void) | undefined;

  /** Resolves in the next turn. One waits at a time. */
  next(): Promise<void> {
    if (this.#waiting !== undefined) throw new Error('one waits for the next turn at a time');
    return new Promise((resolve) => {
      this.#waiting = resolve;
      if (this.#left === 0) this.#lineUp();
    });
  }

  #lineUp(): void {
    this.#left = LINED_UP;
    for (let count = 0; count < LINED_UP; count += 1) setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#left -= 1;
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve?.();
  };
}
