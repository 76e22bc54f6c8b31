/**
 * One Kinesis record (or Firehose record) that was taken from its lane: a whole aggregate or one user record of it.
 *
 * Invariant: it is in exactly one place: in a request, waiting in its lane to be sent again, doubted (suspects.ts), or
 * waiting for the next shard map (keyed-lanes.ts).
 */
import type { Outcome } from '../../core/offset-tracker.ts';
import type { OutgoingRecord } from '../../core/ports.ts';
import type { Aggregate, Framing, Part } from './aggregate.ts';
import { decimalOf } from '../shards/hash-key.ts';
import type { PartitionKey } from './key-table.ts';
import { type Md5Message, writeMd5Digests } from './md5-lanes.ts';
import type { Pace } from '../shards/pace.ts';
import type { KeySource } from './random-key.ts';
import type { ShardRange } from '../shards/shard-map.ts';

/** The lane that a record was taken from and goes back to: what a holder of the record may do with the lane. */
export interface RecordLane {
  readonly group: RecordGroup;
  /** The pace of the lane's shard, as soon as that shard is known. */
  pace: Pace;
  /** The shard that the lane's records should go to, where that is known. */
  readonly shard: ShardRange | undefined;
  /** The lane's shard is gone: a record that comes back is placed anew. */
  readonly retired: boolean;
  /** User records leave one by one. */
  singles: boolean;
  /** Nothing waits in the lane to be sent. */
  readonly empty: boolean;
  /** The record was accepted, or never can be. */
  settle(record: KinesisRecord, outcome: Outcome): void;
  /** The record was not accepted: it is sent again, not before its `notBeforeMs`. */
  sendAgain(record: KinesisRecord): void;
  /** `record`, a whole aggregate, was refused for good: its user records go one by one, at once and in its place. */
  sendOneByOne(record: KinesisRecord): void;
  /** The lane goes on without `record`, until it is brought back. */
  setAside(record: KinesisRecord): void;
  /** `record`, set aside before, is sent again: in its place, where order is promised. */
  bringBack(record: KinesisRecord): void;
  /** The records held in the lane (`KinesisRecord.held`) may go at once. */
  releaseHeld(): void;
}

/** The group of lanes that a lane belongs to. */
export interface RecordGroup {
  readonly flow: string;
  readonly framing: Framing;
  /** Set where the agent makes the keys, and order is not promised. */
  readonly randomKeys: KeySource | undefined;
  /** Nothing of the group is sent any more. */
  readonly closed: boolean;
  /** The record landed where a consumer would drop it. */
  misplaced(record: KinesisRecord): void;
}

export class KinesisRecord implements OutgoingRecord {
  readonly lane: RecordLane;
  readonly aggregate: Aggregate;
  /** Its place in the order in which its lane gave records. */
  readonly place: number;
  /** User records [from, to) of the aggregate. */
  readonly from: number;
  readonly to: number;
  data: Buffer;
  start: number;
  end: number;
  partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly keyBytes: number;
  /** Times it was sent in vain. */
  attempts = 0;
  notBeforeMs = 0;
  /** Since when it is doubted: a request with it was called invalid. Infinity: it is not. */
  doubtedMs = Number.POSITIVE_INFINITY;
  /** It waits until `notBeforeMs` because the stream took nothing at all. */
  held = false;

  constructor(lane: RecordLane, part: Part & { readonly key: PartitionKey; readonly place: number }) {
    const { aggregate, from, to, key, place } = part;
    this.lane = lane;
    this.place = place;
    this.aggregate = aggregate;
    this.from = from;
    this.to = to;
    const view = this.isWhole ? aggregate.whole() : aggregate.single(from);
    this.data = view.data;
    this.start = view.start;
    this.end = view.end;
    this.partitionKey = key.text;
    this.keyBytes = key.textBytes;
    this.explicitHashKey = to - from > 1 && key.hashKey !== undefined ? decimalOf(key.hashKey) : undefined;
  }

  get isWhole(): boolean {
    return this.from === 0 && this.to === this.aggregate.count;
  }

  /** The message that needs its MD5 digest behind it before the record is sent, if any. It is given only once. */
  takeUndigested(): Md5Message | undefined {
    return this.isWhole ? this.aggregate.takeUndigested() : undefined;
  }

  /** Data bytes. */
  get dataBytes(): number {
    return this.end - this.start;
  }

  /** What the service counts: data and partition key. */
  get bytes(): number {
    return this.end - this.start + this.keyBytes;
  }

  /** Data bytes of its user records, without their framing. */
  get userDataBytes(): number {
    return this.aggregate.dataBytesOf(this.from, this.to);
  }

  get userRecords(): number {
    return this.to - this.from;
  }

  /** Gives the record another random key of the same length, so that it goes to another shard. */
  replaceKey(key: PartitionKey): void {
    this.partitionKey = key.text;
    if (!this.isWhole) return;
    this.aggregate.replaceKey(key);
    const view = this.aggregate.whole();
    this.data = view.data;
    this.start = view.start;
    this.end = view.end;
  }

  /** Settles its user records. True when nothing of the aggregate is left. */
  settle(outcome: Outcome): boolean {
    return this.aggregate.settle(outcome, this.from, this.to);
  }
}

/** Makes the records of a request complete: the digests of its aggregates are made together, which is cheaper. */
export function writeDigests(records: readonly KinesisRecord[]): void {
  const undigested: Md5Message[] = [];
  for (const record of records) {
    const message = record.takeUndigested();
    if (message !== undefined) undigested.push(message);
  }
  writeMd5Digests(undigested);
}
