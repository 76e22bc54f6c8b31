/**
 * What each shard of a stream took and refused of late, and how much of that was one key's: the "hot shard" hint of the
 * status. Bounded: beyond `SHARDS_MAX` the shard first heard of is forgotten, and only the heaviest few keys of a shard are
 * kept (Misra and Gries, 1982). That finds any key that makes up more than an eighth of the records.
 */
import type { ShardStatus } from '../../core/status.ts';
import type { KinesisRecord } from '../records/kinesis-record.ts';

const SHARDS_MAX = 4096;
const KEYS_KEPT = 8;
/** Counts are halved when they reach this, so that old records weigh less. */
const RECORDS_WEIGHED = 100_000;
const RATE_SECONDS = 10;
/** Prime, so that the samples walk through records of any size. */
const SAMPLE_STRIDE = 7919;
/** Shown by `status`: the busiest ones, and all that refused something. */
const SHARDS_SHOWN = 16;

interface Tally {
  acceptedEntries: number;
  throttledEntries: number;
  bytesPerSecond: number;
  measuredMs: number;
  records: number;
  readonly keys: Map<string, number>;
}

export class ShardTally {
  readonly #shards = new Map<string, Tally>();
  #throttledMs = Number.NEGATIVE_INFINITY;

  /** When a record was last refused for its shard's rate. */
  get throttledMs(): number {
    return this.#throttledMs;
  }

  accepted(shardId: string, record: KinesisRecord, nowMs: number): void {
    const tally = this.#tally(shardId, nowMs);
    tally.acceptedEntries += 1;
    decay(tally, nowMs);
    tally.bytesPerSecond += record.bytes / RATE_SECONDS;
    if (record.lane.group.randomKeys === undefined) weigh(tally, record);
  }

  throttled(shardId: string, nowMs: number): void {
    this.#tally(shardId, nowMs).throttledEntries += 1;
    this.#throttledMs = nowMs;
  }

  status(nowMs: number): readonly ShardStatus[] {
    const all = [...this.#shards].map(([shardId, tally]) => {
      decay(tally, nowMs);
      const { throttledEntries, acceptedEntries, bytesPerSecond } = tally;
      const status = { shardId, throttledEntries, acceptedEntries, bytesPerSecond: Math.round(bytesPerSecond) };
      if (tally.records === 0) return status;
      return { ...status, hottestKeyShare: Math.min(1, Math.max(0, ...tally.keys.values()) / tally.records) };
    });
    all.sort((left, right) => right.throttledEntries - left.throttledEntries || right.bytesPerSecond - left.bytesPerSecond);
    return all.slice(0, SHARDS_SHOWN);
  }

  #tally(shardId: string, nowMs: number): Tally {
    const tally = this.#shards.get(shardId) ?? {
      acceptedEntries: 0,
      throttledEntries: 0,
      bytesPerSecond: 0,
      measuredMs: nowMs,
      records: 0,
      keys: new Map(),
    };
    // Last again: the first one is then the one heard of longest ago.
    this.#shards.delete(shardId);
    this.#shards.set(shardId, tally);
    const [oldest] = this.#shards.keys();
    if (this.#shards.size > SHARDS_MAX && oldest !== undefined) this.#shards.delete(oldest);
    return tally;
  }
}

function decay(tally: Tally, nowMs: number): void {
  tally.bytesPerSecond *= Math.exp(-(nowMs - tally.measuredMs) / 1000 / RATE_SECONDS);
  tally.measuredMs = nowMs;
}

/**
 * The key of one user record stands for the whole Kinesis record, at another place each time. Over many Kinesis records that
 * is a fair sample, also where every read begins with the same key.
 */
function weigh(tally: Tally, record: KinesisRecord): void {
  const weight = record.userRecords;
  const sampled = (tally.acceptedEntries * SAMPLE_STRIDE) % weight;
  const key = record.aggregate.keyOf(record.from + sampled).text;
  tally.records += weight;
  const { keys } = tally;
  const known = keys.get(key);
  if (known !== undefined || keys.size < KEYS_KEPT) keys.set(key, (known ?? 0) + weight);
  else {
    for (const [other, count] of keys) {
      if (count <= weight) keys.delete(other);
      else keys.set(other, count - weight);
    }
  }
  if (tally.records < RECORDS_WEIGHED) return;
  tally.records /= 2;
  for (const [other, count] of keys) keys.set(other, count / 2);
}
