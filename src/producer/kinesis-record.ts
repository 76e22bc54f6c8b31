/**
 * One Kinesis record (or Firehose record) that was taken from its lane: a whole aggregate or one user record of it.
 *
 * Invariant: it is in exactly one place: in a request, or waiting in its lane to be sent again.
 */
import type { Outcome } from '../core/offset-tracker.ts';
import type { OutgoingRecord } from '../core/ports.ts';
import type { Aggregate, PartitionKey } from './aggregate.ts';
import { decimalOf } from './hash-key.ts';
import type { Lane } from './lane.ts';

export class KinesisRecord implements OutgoingRecord {
  readonly lane: Lane;
  readonly aggregate: Aggregate;
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
  /** How many records the stream had accepted when a request with this one was called invalid; -1: never. */
  suspectAt = -1;

  constructor(lane: Lane, part: { aggregate: Aggregate; from: number; to: number; key: PartitionKey }) {
    const { aggregate, from, to, key } = part;
    this.lane = lane;
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

  /** Data bytes. */
  get dataBytes(): number {
    return this.end - this.start;
  }

  /** What the service counts: data and partition key. */
  get bytes(): number {
    return this.end - this.start + this.keyBytes;
  }

  /** Data of its user records, without what frames them. */
  get userDataBytes(): number {
    return this.aggregate.dataBytesOf(this.from, this.to);
  }

  get userRecords(): number {
    return this.to - this.from;
  }

  /** Another random key of the same length: the record goes to another shard. */
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
