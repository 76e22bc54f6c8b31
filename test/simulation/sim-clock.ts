/**
 * Simulated time: a queue of events in order of (time, order of scheduling). Nothing happens between two events.
 *
 * Invariants: time only moves forward, and only in `runUntil`; after an event that woke someone (`wake`), every promise
 * reaction that can run has run before the next event. What belongs to a dead process never runs.
 */
import type { Clock, Timer } from '../../src/core/ports.ts';
import { Turns } from './turns.ts';

/** One life of the agent's process: when it is dead, none of its ports calls back any more. */
export class Life {
  alive = true;
  readonly #onDeath = new Set<() => void>();

  /** `release` is what the kernel does when the process dies: close its files, cut its connections. Returns how to call that off. */
  onDeath(release: () => void): () => void {
    this.#onDeath.add(release);
    return () => this.#onDeath.delete(release);
  }

  end(): void {
    this.alive = false;
    for (const release of this.#onDeath) release();
    this.#onDeath.clear();
  }
}

class Event implements Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly #life: Life | undefined;
  #cancelled = false;

  constructor(at: { atMs: number; order: number }, run: () => void, life: Life | undefined) {
    this.atMs = at.atMs;
    this.order = at.order;
    this.run = run;
    this.#life = life;
  }

  /** Whether the event is still to happen. */
  get due(): boolean {
    return !this.#cancelled && this.#life?.alive !== false;
  }

  cancel(): void {
    this.#cancelled = true;
  }
}

export class SimClock {
  #nowMs = 0;
  #order = 0;
  #woken = false;
  readonly #heap: Event[] = [];
  readonly #turns = new Turns();
  /** What wall clocks read at time 0, plus every jump so far. */
  wallOffsetMs = 1_790_000_000_000;
  /** Events run so far: the simulator's measure of work. */
  eventCount = 0;
  /** Called after every event that woke someone, when every promise reaction that can run has run. */
  afterEvent: () => void = () => {};

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs `run` after `delayMs`, unless cancelled or `life` has ended by then. */
  schedule(delayMs: number, run: () => void, life?: Life): Timer {
    this.#order += 1;
    const event = new Event({ atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order }, run, life);
    push(this.#heap, event);
    return event;
  }

  /** Says that promise reactions may be waiting. Whoever settles a promise of the agent calls this. */
  wake(): void {
    this.#woken = true;
  }

  /** Runs events up to and including time `untilMs`, or until `stop()` is true after an event. */
  async runUntil(untilMs: number, stop: () => boolean = () => false): Promise<void> {
    await this.#turns.next();
    while (!stop()) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
      pop(this.#heap);
      if (!event.due) continue;
      this.#nowMs = event.atMs;
      this.eventCount += 1;
      event.run();
      if (this.#woken) {
        this.#woken = false;
        await this.#turns.next();
        this.afterEvent();
      }
    }
  }
}

/** The clock as one process sees it. Timers count whole milliseconds and never fire early, like real ones. */
export class ProcessClock implements Clock {
  readonly #clock: SimClock;
  readonly #life: Life;
  readonly #startedMs: number;

  constructor(clock: SimClock, life: Life) {
    this.#clock = clock;
    this.#life = life;
    this.#startedMs = clock.nowMs - 1000;
  }

  monotonicMs(): number {
    return this.#clock.nowMs - this.#startedMs;
  }

  wallMs(): number {
    return Math.floor(this.#clock.nowMs + this.#clock.wallOffsetMs);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const onAbort = () => {
        timer.cancel();
        if (this.#life.alive) resolve();
      };
      const timer = this.#clock.schedule(
        wholeMs(delayMs),
        () => {
          signal?.removeEventListener('abort', onAbort);
          this.#clock.wake();
          resolve();
        },
        this.#life,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const run = () => {
      this.#clock.wake();
      callback();
    };
    return this.#clock.schedule(wholeMs(delayMs), run, this.#life);
  }
}

function wholeMs(delayMs: number): number {
  return Math.max(1, Math.ceil(delayMs));
}

function before(left: Event, right: Event): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}

function push(heap: Event[], event: Event): void {
  let index = heap.length;
  heap.push(event);
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || !before(event, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let childIndex = index * 2 + 1;
    let child = heap[childIndex];
    if (child === undefined) break;
    const right = heap[childIndex + 1];
    if (right !== undefined && before(right, child)) {
      child = right;
      childIndex += 1;
    }
    if (!before(child, last)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
}
