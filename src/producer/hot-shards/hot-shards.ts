/**
 * Keeps records with random keys away from shards that refuse them: because another writer fills these, or because the
 * stream is at its limit. Such a record may go anywhere, so a key that leads to a shard without room is drawn anew.
 *
 * This needs no shard map, and so no permission. A refusal names its shard. The hash keys of the records that a shard took
 * and refused tell where the shard lies, as nearly as need be. Where another shard answers for one of these hash keys, the
 * stream was resharded, and what was known of the first shard is dropped. While no shard refuses, nothing is done.
 *
 * Guarantees: whichever shards refuse, and however slow the flow is, one in `REFUSAL_COST` records is refused once it is
 * known where these shards lie, as long as there is room elsewhere. Where there is none, shards have the paces that they
 * would have under ordered keys. Source: ErrorMessage of PutRecordsResultEntry in the Kinesis API reference, which has "the
 * shard ID of the record that was throttled".
 */
import { hashFractionOf } from '../shards/hash-key.ts';
import { HotShard } from './hot-shard.ts';
import type { PartitionKey } from '../records/key-table.ts';
import type { KinesisRecord } from '../records/kinesis-record.ts';
import type { Pace } from '../shards/pace.ts';
import type { KeySource } from '../records/random-key.ts';

/** Records that the stream has to accept to make up for one that a shard refused. */
const REFUSAL_COST = 40;
/** Most shards that are remembered. */
const SHARDS_MAX = 1024;
/** A shard that had room for so long is forgotten: it is like any other. */
const FORGOTTEN_MS = 60_000;
/** Where shards without room have this share of all hash keys, no key of the rest is looked for: that would take many draws. */
const FULL_MIN = 1 - 1 / 128;
/** Keys drawn for one record at most. Where the rest is as small as 1/128, all of them miss it once in 3000 times. */
const DRAWS_MAX = 1024;

export class HotShards {
  readonly #paceOf: (shardId: string) => Pace;
  readonly #shards = new Map<string, HotShard>();
  /** Records with random keys that the stream accepted since the first refusal. */
  #acceptedCount = 0;

  /** `paceOf`: how fast records go to a shard, the same object for all that send there. */
  constructor(paceOf: (shardId: string) => Pace) {
    this.#paceOf = paceOf;
  }

  /** When to ask again whether a record may go. A time that is not after `nowMs`: a record may go now, under some key. */
  readyMs(nowMs: number): number {
    if (this.#shards.size === 0) return nowMs;
    this.#forgive();
    let fullWidth = 0;
    let readyMs = Number.POSITIVE_INFINITY;
    for (const shard of this.#shards.values()) {
      const roomMs = shard.roomMs(this.#acceptedCount, nowMs);
      if (roomMs <= nowMs) continue;
      fullWidth += shard.width;
      readyMs = Math.min(readyMs, roomMs);
    }
    return fullWidth < FULL_MIN || readyMs === Number.POSITIVE_INFINITY ? nowMs : readyMs;
  }

  /** `record` leaves: under another key of `keys` if its own leads to a shard without room. */
  send(record: KinesisRecord, keys: KeySource, nowMs: number): void {
    if (this.#shards.size === 0) return;
    this.#returned(record);
    let shard = this.#shardOf(record.partitionKey);
    let key: PartitionKey | undefined;
    for (let draws = 0; draws < DRAWS_MAX; draws += 1) {
      if (shard === undefined || shard.roomMs(this.#acceptedCount, nowMs) <= nowMs) break;
      key = keys.next();
      shard = this.#shardOf(key.text);
    }
    if (key !== undefined) record.replaceKey(key);
    shard?.sent(record, nowMs);
  }

  /** `shardId` took `record`. */
  accepted(record: KinesisRecord, shardId: string, nowMs: number): void {
    if (this.#shards.size === 0) return;
    this.#acceptedCount += 1;
    this.#returned(record);
    this.#locate(hashFractionOf(record.partitionKey), shardId);
    const shard = this.#shards.get(shardId);
    shard?.accepted(record, nowMs);
    if (shard !== undefined && nowMs - shard.fullMs > FORGOTTEN_MS) this.#shards.delete(shardId);
  }

  /** `shardId` refused `record`. True: the shard was known to refuse records, and there are shards that do not. */
  refused(record: KinesisRecord, shardId: string, nowMs: number): boolean {
    const fraction = hashFractionOf(record.partitionKey);
    const known = this.#shards.has(shardId);
    this.#locate(fraction, shardId);
    const shard = this.#shards.get(shardId) ?? this.#add(shardId, fraction, nowMs);
    const acceptedCount = this.#acceptedCount;
    let owing = 1;
    for (const other of this.#shards.values()) if (other !== shard && other.owes(acceptedCount)) owing += 1;
    shard.refused(record, { acceptedCount, cost: REFUSAL_COST * owing, nowMs });
    this.#returned(record);
    return known && this.#widthWhere((other) => other.refusedLast(acceptedCount)) < FULL_MIN;
  }

  /** Nothing is known any more: keys mean something else now. */
  clear(): void {
    this.#shards.clear();
  }

  #add(shardId: string, fraction: number, nowMs: number): HotShard {
    const shard = new HotShard(this.#paceOf(shardId), fraction, nowMs);
    for (const other of this.#shards.values()) shard.excludeShard(other);
    this.#shards.set(shardId, shard);
    const [oldest] = this.#shards.keys();
    if (this.#shards.size > SHARDS_MAX && oldest !== undefined) this.#shards.delete(oldest);
    return shard;
  }

  /** `shardId` answered for the hash key at `fraction`. */
  #locate(fraction: number, shardId: string): void {
    for (const [knownId, shard] of this.#shards) {
      if (knownId === shardId) shard.include(fraction);
      else if (shard.surelyHolds(fraction)) this.#shards.delete(knownId);
      else shard.exclude(fraction);
    }
  }

  #shardOf(partitionKey: string): HotShard | undefined {
    const fraction = hashFractionOf(partitionKey);
    for (const shard of this.#shards.values()) if (shard.holds(fraction)) return shard;
    return undefined;
  }

  #returned(record: KinesisRecord): void {
    for (const shard of this.#shards.values()) shard.returned(record);
  }

  /** Where all shards have refusals to make up for, those that owe the least get their turn: else no shard would accept anything. */
  #forgive(): void {
    const acceptedCount = this.#acceptedCount;
    if (this.#widthWhere((shard) => shard.owes(acceptedCount)) < FULL_MIN) return;
    const owing = [...this.#shards.values()].filter((shard) => shard.owes(acceptedCount));
    const records = Math.min(...owing.map((shard) => shard.owedRecords(acceptedCount)));
    for (const shard of owing) shard.forgive(records);
  }

  /** The share of all hash keys that the shards chosen by `holds` have. */
  #widthWhere(holds: (shard: HotShard) => boolean): number {
    let width = 0;
    for (const shard of this.#shards.values()) if (holds(shard)) width += shard.width;
    return width;
  }
}
