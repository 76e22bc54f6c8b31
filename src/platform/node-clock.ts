/** The real clock. Invariant: a timer never fires before its delay, whatever its length. */
import { assert } from '../core/assert.ts';
import type { Clock, Timer } from '../core/ports.ts';

/** Node's timers hold a signed 32-bit count of milliseconds; anything longer would fire at once. Source: Node, "Timers". */
const timerDelayMsMax = 2 ** 31 - 1;

export class NodeClock implements Clock {
  monotonicMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const onAbort = () => {
        timer.cancel();
        resolve();
      };
      const timer = this.setTimer(delayMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    assert(delayMs >= 0, 'a delay is a number of milliseconds');
    let handle: NodeJS.Timeout;
    const arm = (remainingMs: number) => {
      const stepMs = Math.min(remainingMs, timerDelayMsMax);
      handle = setTimeout(() => (remainingMs > stepMs ? arm(remainingMs - stepMs) : callback()), stepMs);
    };
    // Node cuts fractions off: a timer must not be early.
    arm(Math.ceil(delayMs));
    return { cancel: () => clearTimeout(handle) };
  }
}
