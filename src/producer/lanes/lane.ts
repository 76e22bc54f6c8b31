/**
 * A lane (rule R4): user records that leave in the order in which they came. At most `window` of its Kinesis records
 * are under way or waiting to be sent again. Where order is promised, the window is one, so that a refused record is sent
 * again in its place before anything later goes. Where it is not, the window is large. There is no other difference.
 *
 * Invariants: every user record put in is in the open aggregate, in the queue, waiting for its next try, in a request,
 * or held after one by suspects.ts or keyed-lanes.ts; an aggregate is never changed after it was sealed.
 */
import { assert } from '../../core/assert.ts';
import { limits } from '../../core/limits.ts';
import type { Outcome, Span } from '../../core/offset-tracker.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import type { Aggregate, Part } from '../records/aggregate.ts';
import type { HotShards } from '../hot-shards/hot-shards.ts';
import type { PartitionKey } from '../records/key-table.ts';
import { KinesisRecord } from '../records/kinesis-record.ts';
import type { RecordLane } from '../records/kinesis-record.ts';
import type { LaneGroup, WaitingLane } from './lane-group.ts';
import type { Pace } from '../shards/pace.ts';
import type { ShardRange } from '../shards/shard-map.ts';

/** Most Kinesis records of an unordered lane that are under way or wait for another try. It bounds the slabs that they hold. */
export const unorderedWindow: number = 8 * limits.putRecordsCountMax;

export interface LaneOptions {
  readonly window: number;
  readonly pace: Pace;
  /** User records leave one by one. */
  readonly singles: boolean;
  /** The hash keys that the lane takes; `undefined`: all of them. */
  readonly range?: ShardRange | undefined;
  /** The range is that of a shard, as far as is known. */
  readonly predicted?: boolean;
  /** Where keys are random: the shards to keep away from. */
  readonly hotShards?: HotShards | undefined;
}

export class Lane implements RecordLane, WaitingLane {
  readonly group: LaneGroup;
  readonly range: ShardRange | undefined;
  /** The shard that the lane's records should go to, where that is known. */
  readonly shard: ShardRange | undefined;
  pace: Pace;
  singles: boolean;
  /** The lane sends nothing: records with the same keys are still under way elsewhere, or the shards are not known yet. */
  held = false;
  /** The lane's shard is gone: nothing new comes in, and records that come back are placed anew. */
  retired = false;
  readonly #window: number;
  readonly #hotShards: HotShards | undefined;
  #open: Aggregate | undefined;
  readonly #queue: Aggregate[] = [];
  #queuedBytes = 0;
  #queuedRecords = 0;
  /** Records to be sent again; the last one goes first. Sorted by `place` where order is promised, else by `notBeforeMs`. */
  readonly #again: KinesisRecord[] = [];
  #givenCount = 0;
  #inFlight = 0;
  #expectedBytes: number;

  constructor(group: LaneGroup, options: LaneOptions) {
    this.group = group;
    this.#window = options.window;
    this.#hotShards = options.hotShards;
    this.pace = options.pace;
    this.singles = options.singles;
    this.range = options.range;
    this.shard = options.predicted === true ? options.range : undefined;
    this.#expectedBytes = options.range === undefined ? group.recordBytesMax : 0;
  }

  /** Kinesis records in requests now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Nothing waits here to be sent. */
  get empty(): boolean {
    return this.#open === undefined && this.#queue.length === 0 && this.#again.length === 0;
  }

  get waitingBytes(): number {
    let bytes = this.#queuedBytes + (this.#open?.wholeBytes ?? 0);
    for (const record of this.#again) bytes += record.dataBytes;
    return bytes;
  }

  get waitingRecords(): number {
    let records = this.#queuedRecords + (this.#open?.count ?? 0);
    for (const record of this.#again) records += record.userRecords;
    return records;
  }

  get sealedBytes(): number {
    return this.#queuedBytes;
  }

  get sealedRecords(): number {
    return this.singles ? this.#queuedRecords : this.#queue.length;
  }

  /** Takes records [from, to) of `batch`, all with key `key` (`undefined`: each aggregate has a random one). */
  place(batch: RecordBatch, from: number, to: number, key: PartitionKey | undefined, span: Span): void {
    assert(!this.retired, 'nothing new for a retired lane');
    let index = from;
    while (index < to) {
      const open = this.#open ?? this.#openWith(key);
      index = open.append(batch, index, to, key ?? open.firstKey, span);
      if (index < to) this.#seal();
    }
  }

  /** Puts aggregates before everything that waits; the first of them goes first. */
  prepend(aggregates: readonly Aggregate[]): void {
    this.#queue.unshift(...aggregates);
    for (const aggregate of aggregates) this.#countQueued(aggregate, 1);
    this.group.activate(this);
  }

  urgentMs(nowMs: number): number {
    if (this.held) return Number.POSITIVE_INFINITY;
    if (this.#inFlight >= this.#window) return Number.POSITIVE_INFINITY;
    let urgentMs = this.#again.at(-1)?.notBeforeMs ?? Number.POSITIVE_INFINITY;
    if (this.#inFlight + this.#again.length < this.#window) {
      const head = this.#queue[0] ?? this.#open;
      const hurried = this.group.draining || (this.#window === 1 && this.#queuedBytes >= limits.shardReadyBytes);
      if (head !== undefined) urgentMs = Math.min(urgentMs, hurried ? nowMs : head.deadlineMs);
    }
    if (urgentMs === Number.POSITIVE_INFINITY) return urgentMs;
    return Math.max(urgentMs, this.#readyMs(nowMs));
  }

  nextBytes(nowMs: number): number {
    if (this.held) return 0;
    const again = this.#again.at(-1);
    const retries = again !== undefined && again.notBeforeMs <= nowMs;
    if (this.#inFlight + (retries ? 0 : this.#again.length) >= this.#window) return 0;
    const head = retries ? undefined : this.#head(nowMs);
    if (!retries && head === undefined) return 0;
    if (this.#readyMs(nowMs) > nowMs) return 0;
    if (retries) return again.bytes;
    assert(head !== undefined, 'there is a record to take');
    const dataBytes = this.#isSingle(head) ? head.dataBytes(head.cursor) : head.wholeBytes;
    return Math.max(1, dataBytes + (this.group.randomKeys?.keyBytes ?? head.firstKey.textBytes));
  }

  take(nowMs: number): KinesisRecord {
    const again = this.#again.at(-1);
    const record = again !== undefined && again.notBeforeMs <= nowMs ? again : this.#takeFresh(nowMs);
    if (record === again) this.#again.pop();
    this.#inFlight += 1;
    assert(this.#inFlight <= this.#window, 'no more of a lane under way than its window');
    this.pace.spend(record.bytes);
    const { randomKeys } = this.group;
    if (randomKeys !== undefined) this.#hotShards?.send(record, randomKeys, nowMs);
    if (this.empty) this.group.deactivate(this);
    return record;
  }

  settle(record: KinesisRecord, outcome: Outcome): void {
    this.#inFlight -= 1;
    this.group.settle(record, outcome);
    if (this.retired) this.group.retiredLaneReturned();
  }

  sendAgain(record: KinesisRecord): void {
    this.#inFlight -= 1;
    if (this.retired) {
      this.group.placeAnew(record);
      this.group.retiredLaneReturned();
      return;
    }
    this.#queueAgain(record);
    this.group.activate(this);
  }

  releaseHeld(): void {
    for (const record of this.#again.splice(0)) {
      if (record.held) record.notBeforeMs = 0;
      this.#queueAgain(record);
    }
  }

  sendOneByOne(record: KinesisRecord): void {
    assert(record.isWhole && record.userRecords > 1, 'only an aggregate comes apart');
    record.aggregate.oneByOne = true;
    record.aggregate.cursor = 0;
    this.#inFlight -= 1;
    if (this.retired) {
      this.group.placeAnew(record);
      this.group.retiredLaneReturned();
    } else this.prepend([record.aggregate]);
  }

  setAside(record: KinesisRecord): void {
    assert(record.lane === this, 'a record is set aside by its lane');
    this.#inFlight -= 1;
    if (this.retired) this.group.retiredLaneReturned();
  }

  bringBack(record: KinesisRecord): void {
    this.#inFlight += 1;
    this.sendAgain(record);
  }

  /** Takes out everything that is not in a request, in the lane's order. */
  empties(): readonly Part[] {
    const parts: Part[] = this.#again.toReversed();
    for (const aggregate of this.#queue) parts.push({ aggregate, from: aggregate.cursor, to: aggregate.count });
    if (this.#open !== undefined) parts.push({ aggregate: this.#open, from: 0, to: this.#open.count });
    for (const aggregate of this.#queue) this.#countQueued(aggregate, -1);
    this.#again.length = 0;
    this.#queue.length = 0;
    this.#open = undefined;
    this.group.deactivate(this);
    return parts;
  }

  /** When the next record may go, as far as the rate is concerned. */
  #readyMs(nowMs: number): number {
    return Math.max(this.pace.readyMs(nowMs), this.#hotShards?.readyMs(nowMs) ?? nowMs);
  }

  #takeFresh(nowMs: number): KinesisRecord {
    const aggregate = this.#head(nowMs);
    assert(aggregate !== undefined, 'only what can leave is taken');
    if (aggregate === this.#open) this.#seal();
    const { randomKeys } = this.group;
    if (!this.#isSingle(aggregate)) {
      this.#queue.shift();
      this.#countQueued(aggregate, -1);
      return this.#give({ aggregate, from: 0, to: aggregate.count }, aggregate.firstKey);
    }
    const from = aggregate.cursor;
    this.#countQueued(aggregate, -1);
    aggregate.cursor += 1;
    if (aggregate.cursor === aggregate.count) this.#queue.shift();
    else this.#countQueued(aggregate, 1);
    return this.#give({ aggregate, from, to: from + 1 }, randomKeys?.next() ?? aggregate.keyOf(from));
  }

  #give(part: Part, key: PartitionKey): KinesisRecord {
    this.#givenCount += 1;
    return new KinesisRecord(this, { ...part, key, place: this.#givenCount });
  }

  #queueAgain(record: KinesisRecord): void {
    const again = this.#again;
    let index = again.length;
    const rank = (other: KinesisRecord) => (this.#window === 1 ? other.place : other.notBeforeMs);
    for (let next = again.at(-1); next !== undefined && rank(next) < rank(record); next = again[index - 1]) index -= 1;
    again.splice(index, 0, record);
  }

  /** The aggregate that may leave next, if any may now. */
  #head(nowMs: number): Aggregate | undefined {
    const queued = this.#queue[0];
    if (queued !== undefined) return queued;
    const open = this.#open;
    return open !== undefined && (open.deadlineMs <= nowMs || this.group.draining) ? open : undefined;
  }

  #isSingle(aggregate: Aggregate): boolean {
    return this.singles || aggregate.oneByOne || aggregate.cursor > 0;
  }

  #openWith(key: PartitionKey | undefined): Aggregate {
    const first = key ?? this.group.randomKeys?.next();
    assert(first !== undefined, 'a lane with keys is told them');
    const open = this.group.openAggregate(first, this.#expectedBytes);
    this.#open = open;
    this.group.activate(this);
    return open;
  }

  #seal(): void {
    const open = this.#open;
    assert(open !== undefined, 'there is an aggregate to seal');
    this.#open = undefined;
    this.#expectedBytes = open.wholeBytes;
    this.#queue.push(open);
    this.#countQueued(open, 1);
    this.group.sealed();
  }

  #countQueued(aggregate: Aggregate, sign: 1 | -1): void {
    const left = aggregate.count - aggregate.cursor;
    const bytes = Math.ceil((aggregate.wholeBytes * left) / aggregate.count);
    this.#queuedRecords += sign * left;
    this.#queuedBytes += sign * bytes;
    if (this.#window > 1) this.group.queuedBytes += sign * bytes;
  }
}
