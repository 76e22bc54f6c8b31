/**
 * Says in the log that a stream refuses records: the status shows it to who looks, the log to who wonders why the agent
 * is late. A burst that is over in seconds is not worth a line; refusals that go on are told after ten seconds, then once
 * a minute, with how many there were.
 *
 * Invariant: every refusal is in exactly one line, or belonged to a burst that was over before it was told.
 */
import type { EventSink } from '../telemetry/events.ts';

/** Refusals that go on for this long are told. */
const BURST_MS = 10_000;
/** So long without one: it is over. */
const QUIET_MS = 30_000;
const EVERY_MS = 60_000;

export class ThrottleReport {
  readonly #events: EventSink;
  readonly #destination: string;
  readonly #shards = new Map<string, number>();
  #sinceMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #acceptedCount = 0;
  #told = false;

  constructor(events: EventSink, destination: string) {
    this.#events = events;
    this.#destination = destination;
  }

  /** A Kinesis record was accepted. */
  accepted(nowMs: number): void {
    this.#acceptedCount += 1;
    if (!this.#told || nowMs - this.#lastMs < QUIET_MS) return;
    this.#told = false;
    this.#events.emit('recordsFlowAgain', { destination: this.#destination });
  }

  /** A Kinesis record was refused because of the rate of `shard`. */
  refused(shard: string, nowMs: number): void {
    if (nowMs - this.#lastMs >= QUIET_MS) this.#begin(nowMs);
    this.#lastMs = nowMs;
    this.#shards.set(shard, (this.#shards.get(shard) ?? 0) + 1);
    if (nowMs - this.#sinceMs < (this.#told ? EVERY_MS : BURST_MS)) return;
    const [[worst, worstCount] = ['', 0]] = [...this.#shards].toSorted((a, b) => b[1] - a[1]);
    const refusedCount = [...this.#shards.values()].reduce((sum, count) => sum + count, 0);
    this.#events.emit('recordsThrottled', {
      destination: this.#destination,
      refusedCount,
      acceptedCount: this.#acceptedCount,
      seconds: Math.round((nowMs - this.#sinceMs) / 1000),
      shards: this.#shards.size,
      worst,
      worstCount,
    });
    this.#told = true;
    this.#begin(nowMs);
  }

  #begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#acceptedCount = 0;
    this.#shards.clear();
  }
}
