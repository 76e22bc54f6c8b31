/**
 * Takes a flow's records for one destination: gives them their keys, cuts those that are too large, and copies them into the
 * aggregates of their lanes before `add` returns.
 *
 * Guarantee: every source byte of a batch ends up in exactly one aggregate or is resolved as `oversize`.
 */
import { assert } from '../core/assert.ts';
import { limits } from '../core/limits.ts';
import type { Span } from '../core/offset-tracker.ts';
import type { PartitionKeyPlan } from '../core/partition-key-plan.ts';
import type { BatchSource, RecordSink } from '../core/pipeline.ts';
import type { Random } from '../core/ports.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import type { DestinationStatus } from '../core/status.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';
import { hashKeyOf } from './shards/hash-key.ts';
import type { HotShards } from './hot-shards/hot-shards.ts';
import type { PartitionKey } from './records/key-table.ts';
import { KeyedLanes } from './lanes/keyed-lanes.ts';
import type { KeyedLanesOptions } from './lanes/keyed-lanes.ts';
import type { KinesisRecord } from './records/kinesis-record.ts';
import { Lane, unorderedWindow } from './lanes/lane.ts';
import type { LaneGroup } from './lanes/lane-group.ts';
import { cutOversize } from './records/oversize.ts';
import type { OversizeRule } from './records/oversize.ts';
import type { Pace } from './shards/pace.ts';
import { RandomKeys } from './records/random-key.ts';
import type { Sender } from './sending/sender.ts';
import type { ShardMap } from './shards/shard-map.ts';

export interface AggregatorOptions {
  readonly sender: Sender;
  readonly group: LaneGroup;
  readonly plan: PartitionKeyPlan;
  /** User records leave one by one: the flow's format is `none`. */
  readonly singles: boolean;
  readonly oversize: OversizeRule;
  /** Most bytes (data and key) of one Kinesis record with several user records, from the config. */
  readonly aggregateBytesMax: number;
  /** Pace of records that go to no particular shard. */
  readonly streamPace: Pace;
  /** The shards that random keys should keep away from; `undefined`: there are no shards. */
  readonly hotShards: HotShards | undefined;
  readonly paceOf: KeyedLanesOptions['paceOf'];
  /** What is known about the shards now; `waiting`: an answer is still to come. */
  readonly shards: { readonly map: ShardMap; readonly waiting: boolean };
  readonly random: Random;
  readonly events: EventSink;
  readonly metrics: MetricSink;
  readonly status: (group: LaneGroup, recordsWithoutKey: number) => DestinationStatus;
  /** A record of `bytes` is larger than the stream takes, as far as is known. */
  readonly onOversize: (record: { readonly bytes: number; readonly limitBytes: number }) => void;
}

/** Most keys whose hash and lane are remembered. */
const KEYS_REMEMBERED = 4096;

/** Where records go: `key` is `undefined` where each aggregate gets a random one. */
interface Way {
  readonly key: PartitionKey | undefined;
  readonly lane: Lane;
}

export class Aggregator implements RecordSink {
  readonly group: LaneGroup;
  readonly #options: AggregatorOptions;
  /** Most bytes (data and partition key) of one record that the stream takes; until that is known, the most that any stream takes. */
  #recordBytesMax: number = limits.kinesisRecordBytesMax;
  /** No record placed since the limit last shrank is larger than this, its key included. */
  #largestBytes = 0;
  readonly #randomWay: Way | undefined;
  readonly #keyedLanes: KeyedLanes | undefined;
  readonly #fallbackKeys: RandomKeys;
  /** By partition key. Valid for the present shard map. */
  readonly #ways = new Map<string, Way>();
  /** Records that gave no key: in this batch, and in all batches before. */
  #missingKeys = 0;
  #missingKeysBefore = 0;

  constructor(options: AggregatorOptions) {
    const { group, plan, singles, streamPace, hotShards, paceOf, shards } = options;
    this.#options = options;
    this.group = group;
    this.#fallbackKeys = new RandomKeys(options.random);
    if (plan.kind === 'random') {
      this.#randomWay = { key: undefined, lane: new Lane(group, { window: unorderedWindow, pace: streamPace, singles, hotShards }) };
    } else this.#keyedLanes = new KeyedLanes({ group, singles, paceOf }, shards.map, shards.waiting);
  }

  /** Whether records go to predicted shards. */
  get keyed(): boolean {
    return this.#keyedLanes !== undefined;
  }

  /** Enough waits for the next request, of this flow and of all flows together (rule in sender.ts). */
  get crowded(): boolean {
    return this.#options.sender.isCrowded(this.group);
  }

  add(batch: RecordBatch, source: BatchSource): void {
    const { plan, sender } = this.#options;
    const { span } = source;
    this.group.waitedMs = source.waitedMs ?? 0;
    if (plan.kind === 'random') this.#place(batch, 0, batch.count, this.#wayOf(undefined), span);
    else if (plan.kind === 'per-batch') {
      this.#place(batch, 0, batch.count, this.#keyedWay(plan.keyOf(source), batch.count), span);
    } else {
      let text = batch.count === 0 ? undefined : plan.keyOf(batch, 0);
      for (let from = 0; from < batch.count; ) {
        const runText = text;
        let to = from + 1;
        for (; to < batch.count; to += 1) {
          text = plan.keyOf(batch, to);
          if (text !== runText || text === undefined) break;
        }
        this.#place(batch, from, to, this.#keyedWay(runText, to - from), span);
        from = to;
      }
    }
    if (this.#missingKeys > 0) this.#tellMissingKeys(source.path);
    sender.offered();
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.group.draining = true;
    this.#options.sender.pump();
    await this.group.settled(signal);
    this.group.draining = false;
  }

  status(): DestinationStatus {
    return this.#options.status(this.group, this.#missingKeysBefore);
  }

  /** What the stream takes is known now. `recordBytesMax`: data and key; `keysIgnored`: the stream spreads records by itself. */
  useFacts(facts: { readonly recordBytesMax: number; readonly keysIgnored: boolean }): void {
    const { group } = this.#options;
    const shrunk = this.#largestBytes > facts.recordBytesMax;
    this.#recordBytesMax = facts.recordBytesMax;
    group.recordBytesMax = Math.min(this.#options.aggregateBytesMax, facts.recordBytesMax);
    if (this.#randomWay !== undefined) {
      this.#randomWay.lane.singles = this.#options.singles || (facts.keysIgnored && group.framing === 'kpl');
    }
    if (shrunk) this.cutAgain();
  }

  /** What is not in a request is placed anew, in its order and cut to the limit as it is known now. */
  cutAgain(): void {
    this.#largestBytes = 0;
    this.#options.sender.recall(this.group);
    const parts = this.#randomWay?.lane.empties() ?? this.#keyedLanes?.empties() ?? [];
    for (const part of parts) this.group.disband(part, (batch, key, span) => this.#place(batch, 0, batch.count, this.#wayOf(key), span));
  }

  useMap(map: ShardMap): void {
    this.#ways.clear();
    this.#keyedLanes?.useMap(map);
  }

  refreshed(): void {
    this.#keyedLanes?.refreshed();
  }

  misplaced(record: KinesisRecord): void {
    this.#keyedLanes?.misplaced(record);
  }

  #tellMissingKeys(path: string): void {
    const records = this.#missingKeys;
    this.#missingKeysBefore += records;
    this.#missingKeys = 0;
    const { flow } = this.group;
    this.#options.metrics.count('PartitionKeysMissing', records, { Flow: flow });
    this.#options.events.emit('partitionKeyMissing', { flow, path, records });
  }

  /** Places records [from, to), which all go the same way, and what `cutOversize` leaves of those that are too large. */
  #place(batch: RecordBatch, from: number, to: number, way: Way, span: Span): void {
    const { key, lane } = way;
    const keyBytes = key?.textBytes ?? this.group.randomKeys?.keyBytes ?? 0;
    const newlineBytes = this.group.framing === 'lines' ? 1 : 0;
    const addedBytes = keyBytes + newlineBytes;
    const limitBytes = this.#recordBytesMax - addedBytes;
    const { starts, ends } = batch;
    let start = from;
    for (let index = from; index < to; index += 1) {
      const bytes = (ends[index] as number) - (starts[index] as number);
      if (bytes <= limitBytes) {
        if (bytes + addedBytes > this.#largestBytes) this.#largestBytes = bytes + addedBytes;
        continue;
      }
      if (index > start) lane.place(batch, start, index, key, span);
      start = index + 1;
      const left = cutOversize({ batch, index, span, limitBytes }, this.#options.oversize);
      this.#largestBytes = this.#recordBytesMax;
      if (left.count > 0) lane.place(left, 0, left.count, key, span);
      this.#options.onOversize({ bytes, limitBytes });
    }
    if (to > start) lane.place(batch, start, to, key, span);
  }

  #wayOf(key: PartitionKey | undefined): Way {
    if (this.#randomWay !== undefined) return this.#randomWay;
    assert(key !== undefined && this.#keyedLanes !== undefined, 'records without random keys have keys of their own');
    return { key, lane: this.#keyedLanes.laneOf(key) };
  }

  /** The way of `records` records with the key `text`, a random one where they have none. */
  #keyedWay(text: string | undefined, records: number): Way {
    if (text === undefined) {
      this.#missingKeys += records;
      const key = this.#fallbackKeys.next();
      return this.#wayOf({ ...key, hashKey: hashKeyOf(key.text) });
    }
    const known = this.#ways.get(text);
    if (known !== undefined) return known;
    const way = this.#wayOf({ text, textBytes: Buffer.byteLength(text), hashKey: hashKeyOf(text) });
    if (this.#ways.size >= KEYS_REMEMBERED) this.#ways.clear();
    this.#ways.set(text, way);
    return way;
  }
}
