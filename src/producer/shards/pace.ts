/**
 * How fast records may go to one shard, or to a stream whose shards are not told apart: a token bucket for bytes and
 * one for records, whose rate follows what the service takes.
 *
 * The rate is measured in shards: 1 is what the service publishes for one shard, in bytes and in records. It grows
 * while it is the bottleneck and records are accepted: doubling up to a threshold, then by a step that is small at first
 * and larger the longer all goes well, so that what another writer leaves free is found within a minute. A refusal cuts
 * the rate, and the rate after the cut is the new threshold. For `CUT_HOLD_MS` no other refusal cuts the rate again: its
 * record was already under way. So a refused shard settles just below its limit, whoever else writes to it. Where
 * nothing at all is accepted between two cuts, refusals say nothing about a limit: the threshold stays, and when the
 * refusals end the old rate is back within seconds.
 *
 * Source of the idea: slow start, additive increase, multiplicative decrease as in RFC 5681 (its ssthresh is the
 * threshold), growth by the time since the last cut as in RFC 9438; of the numbers: Kinesis quotas page.
 */
import { limits } from '../../core/limits.ts';

/** A bucket holds at most what the rate brings in this time. It may go into debt for one record. */
const BURST_SECONDS = 0.25;
const CUT_FACTOR = 0.8;
/** Refusals this close to a cut belong to it. */
const CUT_HOLD_MS = 500;
/** Share of the threshold that is added a second. */
const STEP_SHARE = 0.04;
/** After growing for this long the step is twice as large, and so on with the square of the time. */
const STEP_GROWS_SECONDS = 12;
const DOUBLING_SECONDS = 0.5;
const SHARDS_MIN = 0.02;
/** Over which time the accepted rate is averaged. */
const MEASURE_SECONDS = 1;

export class Pace {
  #shards: number;
  /** Below this rate, growth is by doubling. */
  #thresholdShards = Number.POSITIVE_INFINITY;
  /** Bytes and records that may go now: the content of the two buckets. Below 0: in debt. */
  #bytes = BURST_SECONDS * limits.shardBytesPerSecond;
  #records = BURST_SECONDS * limits.shardRecordsPerSecond;
  #filledMs: number;
  #cutMs = Number.NEGATIVE_INFINITY;
  /** Something was accepted since the last cut, so that refusals say something about the rate. */
  #accepts = true;
  /** How long the rate has grown beyond the threshold since the last cut. */
  #grownSeconds = 0;
  #pressed = false;
  #acceptedShards = 0;
  #measuredMs: number;

  /** `shards`: the rate to begin with. Infinity: records go freely until the first refusal, which sets the rate. */
  constructor(shards: number, nowMs: number) {
    this.#shards = shards;
    this.#filledMs = nowMs;
    this.#measuredMs = nowMs;
  }

  /** Bytes a second it would let through now. */
  get bytesPerSecond(): number {
    return this.#shards * limits.shardBytesPerSecond;
  }

  /** Bytes a second the service accepted of late. */
  acceptedBytesPerSecond(nowMs: number): number {
    this.#measure(nowMs);
    return this.#acceptedShards * limits.shardBytesPerSecond;
  }

  /** When to ask again whether the next record may go. A time that is not after `nowMs`: it may go now. */
  readyMs(nowMs: number): number {
    if (this.#shards === Number.POSITIVE_INFINITY) return nowMs;
    this.#fill(nowMs);
    if (this.#bytes > 0 && this.#records > 0) return nowMs;
    this.#pressed = true;
    const bytesSeconds = Math.max(0, -this.#bytes) / (this.#shards * limits.shardBytesPerSecond);
    const recordsSeconds = Math.max(0, -this.#records) / (this.#shards * limits.shardRecordsPerSecond);
    // The rate may have doubled by then.
    return nowMs + Math.floor(Math.min(DOUBLING_SECONDS, Math.max(bytesSeconds, recordsSeconds)) * 1000) + 1;
  }

  /** A record of `bytes` (data + partition key) goes. */
  spend(bytes: number): void {
    this.#bytes -= bytes;
    this.#records -= 1;
  }

  accepted(bytes: number, nowMs: number): void {
    this.#accepts = true;
    this.#measure(nowMs);
    const shards = Math.max(bytes / limits.shardBytesPerSecond, 1 / limits.shardRecordsPerSecond);
    this.#acceptedShards += shards / MEASURE_SECONDS;
  }

  /** A record was refused because its shard takes no more. False: this refusal belongs to the last cut, which was just before. */
  throttled(nowMs: number): boolean {
    if (nowMs - this.#cutMs < CUT_HOLD_MS) return false;
    this.#fill(nowMs);
    this.#measure(nowMs);
    const free = this.#shards === Number.POSITIVE_INFINITY;
    this.#shards = Math.max(SHARDS_MIN, free ? this.#acceptedShards : this.#shards * CUT_FACTOR);
    if (this.#accepts && !free) this.#thresholdShards = this.#shards;
    this.#accepts = false;
    this.#grownSeconds = 0;
    this.#bytes = Math.min(0, this.#bytes);
    this.#records = Math.min(0, this.#records);
    if (free) {
      this.#bytes = 0;
      this.#records = 0;
    }
    this.#cutMs = nowMs;
    return true;
  }

  #fill(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.#filledMs) / 1000;
    this.#filledMs = nowMs;
    if (this.#shards === Number.POSITIVE_INFINITY) return;
    const bytesPerSecond = this.#shards * limits.shardBytesPerSecond;
    const recordsPerSecond = this.#shards * limits.shardRecordsPerSecond;
    this.#bytes = Math.min(BURST_SECONDS * bytesPerSecond, this.#bytes + seconds * bytesPerSecond);
    this.#records = Math.min(BURST_SECONDS * recordsPerSecond, this.#records + seconds * recordsPerSecond);
    if (this.#pressed && this.#accepts && nowMs - this.#cutMs >= CUT_HOLD_MS) this.#grow(Math.min(seconds, DOUBLING_SECONDS));
    this.#pressed = this.#bytes <= 0 || this.#records <= 0;
  }

  #grow(seconds: number): void {
    const threshold = this.#thresholdShards;
    const doubled = this.#shards * 2 ** (seconds / DOUBLING_SECONDS);
    if (this.#shards < threshold) {
      this.#shards = Math.min(threshold, doubled);
      return;
    }
    const stepShards = threshold * STEP_SHARE * (1 + (this.#grownSeconds / STEP_GROWS_SECONDS) ** 2);
    this.#shards = Math.min(doubled, this.#shards + stepShards * seconds);
    this.#grownSeconds += seconds;
  }

  #measure(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.#measuredMs) / 1000;
    this.#measuredMs = nowMs;
    this.#acceptedShards *= Math.exp(-seconds / MEASURE_SECONDS);
  }
}
