/**
 * Ends synchronous work that takes too long, in the same thread: a regular expression that backtracks without end
 * cannot be stopped from JavaScript, but V8 looks for termination requests while it backtracks (a test shows that it does).
 *
 * `node:vm` arms a watchdog thread for each call and throws when it fires (Node.js documentation, vm: `timeout`).
 * Measured: 30 to 60 µs a call, so it is used once a batch. After `run` returned false the work stopped anywhere: the
 * caller must put its state right.
 *
 * Why not a worker thread: a batch would have to be copied there and back, an isolate takes some 10 MB a flow, and a
 * worker is ended by the same mechanism. What it would save is the time of the event loop while a batch is held up, which
 * bounded-loop.ts bounds: some 4 × patternTimeoutMillis for the first such batch of a flow, that once for each after it.
 */
import { createContext, isContext, Script } from 'node:vm';

const TIMEOUT_CODE = 'ERR_SCRIPT_EXECUTION_TIMEOUT';

export class TimeLimit {
  readonly #script = new Script('work()');
  readonly #slot: { work: () => void } = { work: () => undefined };

  /**
   * Calls `work`; false when it was ended after `timeoutMs`. What it throws is thrown on. `Infinity`: it is not ended, for
   * where time is not the machine's.
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
      // It is an error of the script's own realm, so no instance of this one's Error.
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === TIMEOUT_CODE) return false;
      throw error;
    }
  }
}
