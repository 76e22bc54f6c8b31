/**
 * Says in the log that a stream refuses records. The status shows this only while somebody looks; the log shows it to a
 * person who wonders why the agent was late. A burst that is over in seconds is not worth a line. Refusals that go on are
 * told after ten seconds, then once a minute, with how many there were.
 *
 * Invariant: every refusal is in exactly one line, or belonged to a burst that was over before it was told.
 */
import type { EventSink } from '../../telemetry/events.ts';

/** Refusals that go on for this long are told. */
const BURST_MS = 10_000;
/** After so long without a refusal, the refusals are over. */
const QUIET_MS = 30_000;
const EVERY_MS = 60_000;

export interface ThrottleReportOptions {
  readonly events: EventSink;
  readonly destination: string;
  /** How many open shards there are, where that is known. */
  readonly shardsListed: () => number | undefined;
}

export class ThrottleReport {
  readonly #options: ThrottleReportOptions;
  readonly #refusals = new Map<string, number>();
  readonly #answering = new Set<string>();
  #refusedCount = 0;
  #sinceMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #acceptedCount = 0;
  #told = false;

  constructor(options: ThrottleReportOptions) {
    this.#options = options;
  }

  /** A Kinesis record was accepted, by `shardId` where there are shards. */
  accepted(shardId: string | undefined, nowMs: number): void {
    this.#acceptedCount += 1;
    const { events, destination } = this.#options;
    if (nowMs - this.#lastMs < QUIET_MS) {
      if (shardId !== undefined) this.#answering.add(shardId);
    } else if (this.#told) {
      this.#told = false;
      events.emit('recordsFlowAgain', { destination });
    }
  }

  /** A Kinesis record was refused because of a rate: that of shard `shardId`, where there are shards and this one is known. */
  refused(shardId: string | undefined, nowMs: number): void {
    if (nowMs - this.#lastMs >= QUIET_MS) this.#begin(nowMs);
    this.#lastMs = nowMs;
    this.#refusedCount += 1;
    if (shardId !== undefined) {
      this.#refusals.set(shardId, (this.#refusals.get(shardId) ?? 0) + 1);
      this.#answering.add(shardId);
    }
    if (nowMs - this.#sinceMs < (this.#told ? EVERY_MS : BURST_MS)) return;
    const [worst] = [...this.#refusals].toSorted((a, b) => b[1] - a[1]);
    const { events, destination } = this.#options;
    const shards = this.#options.shardsListed() ?? 0;
    events.emit('recordsThrottled', {
      destination,
      refusedCount: this.#refusedCount,
      acceptedCount: this.#acceptedCount,
      seconds: Math.round((nowMs - this.#sinceMs) / 1000),
      refusingShards: this.#refusals.size,
      answeringShards: this.#answering.size,
      shards: shards < this.#refusals.size || shards === 0 ? undefined : shards,
      worst: worst?.[0],
      worstCount: worst?.[1] ?? 0,
    });
    this.#told = true;
    this.#begin(nowMs);
  }

  #begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#acceptedCount = 0;
    this.#refusedCount = 0;
    this.#refusals.clear();
    this.#answering.clear();
  }
}
