/**
 * Tells whether the kernel's queue of notices may have run over. The kernel drops what does not fit, and Node says nothing of it
 * (libuv skips IN_Q_OVERFLOW). But Node hands over everything that is queued in one turn of the event loop, and a queue that ran
 * over was full. So the sign is: as many notices in one turn as the queue holds.
 *
 * Invariant: whenever the queue ran over, every listener is told, after the notices that did fit.
 */
import { readFileSync } from 'node:fs';

/** Source: inotify(7), /proc/sys/fs/inotify/max_queued_events. */
const CAPACITY_DEFAULT = 16_384;

export class NoticeQueue {
  readonly #capacity: number;
  readonly #listeners = new Set<() => void>();
  #count = 0;

  constructor(capacity = queueCapacity()) {
    this.#capacity = capacity;
  }

  /** Calls `onOverrun` whenever notices may have been lost. Returns how to stop. */
  listen(onOverrun: () => void): () => void {
    this.#listeners.add(onOverrun);
    return () => this.#listeners.delete(onOverrun);
  }

  /** A notice came, about whatever directory: there is one queue for all. */
  noticed(): void {
    if (this.#count === 0) setImmediate(() => this.#endTurn());
    this.#count += 1;
  }

  #endTurn(): void {
    const overrun = this.#count >= this.#capacity;
    this.#count = 0;
    if (overrun) for (const listener of this.#listeners) listener();
  }
}

function queueCapacity(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8')) || CAPACITY_DEFAULT;
  } catch (error) {
    if (error instanceof Error) return CAPACITY_DEFAULT;
    throw error;
  }
}
