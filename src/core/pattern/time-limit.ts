/**
 * Ends synchronous work that takes too long, in the same thread: a regular expression that backtracks without end
 * cannot be stopped from JavaScript, but V8 looks for termination requests while it backtracks (a test shows that it does).
 *
 * `node:vm` arms a watchdog thread for each call and throws when it fires (Node.js documentation, vm: `timeout`).
 * Measured: 30 to 60 µs a call, so `run` is used once a batch. Where `run` returns false, the work stopped at any point: the
 * caller must put its state right.
 *
 * Why not a worker thread: a batch would have to be copied there and back, an isolate takes some 10 MB a flow, and a worker is
 * ended by the same mechanism. A worker would only spare the event loop while a batch is held up. bounded-loop.ts bounds that
 * time: about 4 × patternTimeoutMillis for the first such batch of a flow, 1 × for each after it.
 */
import { createContext, isContext, Script } from 'node:vm';

const TIMEOUT_CODE = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

export class TimeLimit {
  readonly #script = new Script('work()');
  readonly #slot: { work: () => void } = { work: () => undefined };

  /**
   * Calls `work`; false when it was ended after `timeoutMs`. Rethrows what `work` throws. `Infinity`: `work` is never ended, as
   * in the simulation, whose time is not the machine's.
   */
  run(work: () => void, timeoutMs: number): boolean {
    if (timeoutMs === Infinity) {
      work();
      return true;
    }
    if (!isContext(this.#slot)) createContext(this.#slot);
    this.#slot.work = work;
    try {
      this.#script.runInContext(this.#slot, { timeout: Math.max(1, Math.floor(timeoutMs)) });
      return true;
    } catch (error) {
      // The error comes from the script's own realm, so it is not an instance of this realm's Error.
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === TIMEOUT_CODE) return false;
      throw error;
    }
  }
}
