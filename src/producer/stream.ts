/**
 * One stream or delivery stream: its sender, what is known about it, and the flows that write to it. It turns facts and
 * shard maps into what lanes are told.
 *
 * Guarantee: nothing is sent before it is known, or known to be unknowable for now, whether the stream takes aggregates;
 * an aggregate counts as accepted only if a consumer will see every user record of it (put-result.ts, `placementOf`).
 */
import type { ServiceFault } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { KinesisPort, StreamFacts } from '../core/ports.ts';
import type { DestinationStatus } from '../core/status.ts';
import { scrub } from '../telemetry/scrub.ts';
import type { PutObserver } from './sending/answers.ts';
import { Aggregator } from './aggregator.ts';
import type { AggregatorOptions } from './aggregator.ts';
import { hashFractionOf, highestHashKey, lowestHashKey } from './shards/hash-key.ts';
import type { HashKey } from './shards/hash-key.ts';
import { HotShards } from './hot-shards/hot-shards.ts';
import { KeyPlaces } from './shards/key-places.ts';
import type { KinesisRecord } from './records/kinesis-record.ts';
import { LaneGroup } from './lanes/lane-group.ts';
import { Pace } from './shards/pace.ts';
import { placementOf } from './sending/put-result.ts';
import { noKeys, RandomKeys } from './records/random-key.ts';
import { RefusalSpread } from './hot-shards/refusal-spread.ts';
import { Sender } from './sending/sender.ts';
import type { SenderOptions } from './sending/sender.ts';
import { ShardMapKeeper } from './shards/shard-map-keeper.ts';
import { ignoredShardMap, virtualShardMap } from './shards/shard-map.ts';
import type { ShardMap, ShardRange } from './shards/shard-map.ts';
import { ShardTally } from './hot-shards/shard-tally.ts';
import type { SlabPool } from './records/slab-pool.ts';
import { StreamFactsKeeper } from './shards/stream-facts-keeper.ts';
import { ThrottleReport } from './hot-shards/throttle-report.ts';

export interface StreamOptions extends SenderOptions {
  readonly pool: SlabPool;
  /** `undefined`: a delivery stream, which has no keys and no shards. */
  readonly kinesis: KinesisPort | undefined;
}

export interface FlowOptions extends Pick<AggregatorOptions, 'plan' | 'oversize' | 'aggregateBytesMax'> {
  readonly flow: string;
  readonly format: 'kpl' | 'newline' | 'none';
  readonly bufferedMs: number;
}

/** How long a refusal shows in the status. */
const THROTTLED_SHOWN_MS = 10_000;
/** Paces remembered: for more shards than a stream has by default (Kinesis quotas page). A lane keeps its pace in any case. */
const SHARD_PACES_MAX = 20_000;

export class Stream implements PutObserver {
  readonly #options: StreamOptions;
  readonly #sender: Sender;
  readonly #aggregators = new Set<Aggregator>();
  readonly #pace: Pace;
  readonly #shardPaces = new Map<string, Pace>();
  readonly #tally = new ShardTally();
  readonly #throttles: ThrottleReport;
  readonly #refusals = new RefusalSpread();
  #keyPlaces = new KeyPlaces();
  readonly #hotShards = new HotShards((shardId) => this.#shardPaces.get(shardId) ?? this.#newPace());
  #facts: StreamFactsKeeper | undefined;
  #shards: ShardMapKeeper | undefined;
  /** The map that was listed last. */
  #listed: ShardMap | undefined;
  #shardsAnswered = false;
  /** Why the shards cannot be listed. */
  #shardFault: ServiceFault | undefined;
  #factsKnown = false;
  #factsFault: string | undefined;
  #recordBytesMax: number | undefined;
  #keysIgnored = false;
  #mode: StreamFacts['mode'] = 'unknown';

  constructor(options: StreamOptions) {
    this.#options = options;
    const shardsListed = () => this.#listed?.shards.length;
    this.#throttles = new ThrottleReport({ events: options.events, destination: options.destination.label, shardsListed });
    this.#sender = new Sender(options);
    this.#sender.observer = this;
    this.#pace = new Pace(Number.POSITIVE_INFINITY, options.clock.monotonicMs());
    const { kinesis, destination, clock, random } = options;
    if (kinesis === undefined) {
      this.#recordBytesMax = destination.recordBytesMax;
      return;
    }
    this.#sender.held = true;
    const { stream } = destination;
    const onFacts = (facts: StreamFacts) => this.#useFacts(facts);
    const onFault = (fault: ServiceFault) => this.#withoutFacts(fault);
    this.#facts = new StreamFactsKeeper({ port: kinesis, stream, clock, random, onFacts, onFault });
    this.#facts.start();
  }

  /** Flows that write to it. */
  get flowCount(): number {
    return this.#aggregators.size;
  }

  /** A flow begins to write. */
  open(flow: FlowOptions): Aggregator {
    const { clock, pool, random, events, metrics, kinesis } = this.#options;
    const { plan, aggregateBytesMax } = flow;
    const keyed = kinesis !== undefined && plan.kind !== 'random';
    // A stream's flow can route some records to a delivery stream, whose readers know nothing of the KPL.
    const format = flow.format === 'kpl' && kinesis === undefined ? 'none' : flow.format;
    if (keyed) this.#watchShards();
    const group = new LaneGroup({
      flow: flow.flow,
      framing: format === 'kpl' ? 'kpl' : format === 'newline' ? 'lines' : 'plain',
      recordBytesMax: Math.min(aggregateBytesMax, this.#recordBytesMax ?? limits.kinesisRecordBytesDefault),
      bufferedMs: flow.bufferedMs,
      randomKeys: keyed ? undefined : kinesis === undefined ? noKeys : new RandomKeys(random),
      clock,
      pool,
      watcher: this.#sender,
    });
    const aggregator = new Aggregator({
      sender: this.#sender,
      group,
      plan: keyed ? plan : { kind: 'random' },
      singles: format === 'none',
      oversize: flow.oversize,
      aggregateBytesMax,
      streamPace: this.#pace,
      hotShards: kinesis === undefined ? undefined : this.#hotShards,
      paceOf: (map, shard) => this.#paceOf(map, shard),
      shards: { map: this.#map(), waiting: !this.#shardsAnswered && !this.#keysIgnored },
      random,
      events,
      metrics,
      status: (of, recordsWithoutKey) => this.#status(of, recordsWithoutKey),
      onOversize: (record) => {
        const isAssumed = !this.#factsKnown && this.#factsFault !== undefined;
        events.emit('recordOversize', { flow: flow.flow, ...record, policy: flow.oversize.policy, isAssumed });
        this.#facts?.refresh();
      },
    });
    if (this.#recordBytesMax !== undefined) aggregator.useFacts(this.#knownFacts());
    this.#aggregators.add(aggregator);
    this.#sender.join(group);
    return aggregator;
  }

  /** A flow ends. Resolves when its requests under way are answered, or `signal` aborts; the other records stay unsettled. */
  async leave(aggregator: Aggregator, signal: AbortSignal): Promise<void> {
    await this.#sender.leave(aggregator.group, signal);
    this.#aggregators.delete(aggregator);
  }

  async close(): Promise<void> {
    await Promise.all([this.#sender.close(), this.#facts?.close(), this.#shards?.close()]);
  }

  landed(record: KinesisRecord, shardId: string | undefined): boolean {
    const { lane } = record;
    const nowMs = this.#options.clock.monotonicMs();
    this.#throttles.accepted(shardId, nowMs);
    if (shardId !== undefined) {
      this.#tally.accepted(shardId, record, nowMs);
      this.#refusals.accepted(shardId, nowMs);
      if (lane.group.randomKeys !== undefined) this.#hotShards.accepted(record, shardId, nowMs);
      else this.#learnShard(record, shardId);
      this.#checkKeysCount(record, shardId);
    }
    if (lane.shard === undefined || shardId === lane.shard.shardId) return true;
    const actual = shardId === undefined ? undefined : this.#listed?.shard(shardId);
    const alone = record.userRecords === 1 || lane.group.framing !== 'kpl';
    const isRight = alone || placementOf(hashKeysOf(record), actual) === 'inside';
    // For a misplaced record also where the present map is newer than the record: the record waits for the next map.
    if (actual === undefined || !lane.retired || !isRight) this.#mispredicted();
    if (isRight) return true;
    this.#sender.misplaced(record, shardId);
    lane.group.misplaced(record);
    return false;
  }

  throttled(record: KinesisRecord, message: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const predicted = record.lane.shard?.shardId;
    // PutRecords names the shard in the message: "Rate exceeded for shard shardId-000000000001 in stream …".
    const named = /\bshardId-\d+/.exec(message)?.[0];
    const shardId = named ?? predicted;
    this.#tally.throttled(shardId ?? 'unknown', nowMs);
    this.#throttles.refused(shardId, nowMs);
    if (predicted !== undefined || named === undefined) return true;
    if (this.#keysIgnored) return this.#refusals.refused(named, nowMs);
    if (record.lane.group.randomKeys === undefined) {
      this.#learnShard(record, named);
      return true;
    }
    return !this.#hotShards.refused(record, named, nowMs) && this.#refusals.refused(named, nowMs);
  }

  doubted(records: readonly KinesisRecord[]): boolean {
    const tooLarge = records.filter(({ bytes, lane }) => bytes > (this.#recordBytesMax ?? Infinity) && !lane.group.closed);
    if (tooLarge.length === 0) {
      this.#facts?.suspect();
      return false;
    }
    // They were in a request when the limit turned out to be lower: they are cut to it like those that waited.
    for (const record of records) {
      record.doubtedMs = Number.POSITIVE_INFINITY;
      record.held = false;
      record.lane.sendAgain(record);
    }
    for (const aggregator of this.#aggregators) if (tooLarge.some(({ lane }) => lane.group === aggregator.group)) aggregator.cutAgain();
    return true;
  }

  /** Where the shards cannot be listed, an answer tells the shard of a lane with ordered keys: the lane takes that shard's pace. */
  #learnShard({ lane }: KinesisRecord, shardId: string): void {
    if (lane.shard === undefined && !this.#keysIgnored) lane.pace = this.#shardPace(shardId);
  }

  /** Finds out when the stream begins or ends to ignore keys, where no prediction fails. */
  #checkKeysCount({ lane, partitionKey }: KinesisRecord, shardId: string): void {
    if (this.#keysIgnored) this.#facts?.refresh();
    else if (lane.group.randomKeys !== undefined && lane.group.framing === 'kpl') {
      if (this.#keyPlaces.contradicts(shardId, hashFractionOf(partitionKey))) this.#facts?.suspect();
    }
  }

  #mispredicted(): void {
    this.#shards?.suspect();
    this.#facts?.suspect();
  }

  #watchShards(): void {
    const { kinesis, destination, clock, random } = this.#options;
    if (this.#shards !== undefined || kinesis === undefined) return;
    const onMap = (map: ShardMap) => this.#useListed(map);
    const onFault = (fault: ServiceFault) => this.#withoutShards(fault);
    this.#shards = new ShardMapKeeper({ port: kinesis, stream: destination.stream, clock, random, onMap, onFault });
    this.#shards.start();
  }

  #useListed(map: ShardMap): void {
    const { events, destination } = this.#options;
    this.#shardFault = undefined;
    if (this.#listed?.equals(map) !== true) {
      events.emit('shardsChanged', { destination: destination.label, shards: map.shards.length });
      for (const shardId of this.#shardPaces.keys()) if (map.shard(shardId) === undefined) this.#shardPaces.delete(shardId);
    }
    this.#listed = map;
    this.#tellShards();
  }

  #withoutShards(fault: ServiceFault): void {
    const { events, destination } = this.#options;
    // Sending goes on with a map that may be old: answers show which records land elsewhere.
    if (this.#listed === undefined && this.#shardFault?.code !== fault.code) {
      const { code, message: reason, hint } = fault;
      events.emit('shardsUnknown', { destination: destination.label, code, reason, hint });
    }
    this.#shardFault = fault;
    this.#tellShards();
  }

  #tellShards(): void {
    this.#shardsAnswered = true;
    const map = this.#map();
    for (const aggregator of this.#aggregators) {
      if (!aggregator.keyed) continue;
      aggregator.useMap(map);
      aggregator.refreshed();
    }
    this.#sender.pump();
  }

  #map(): ShardMap {
    return this.#keysIgnored ? ignoredShardMap() : (this.#listed ?? virtualShardMap());
  }

  #useFacts(facts: StreamFacts): void {
    const { events, destination } = this.#options;
    const keysIgnored = facts.distribution === 'auto';
    if (keysIgnored && !this.#keysIgnored) events.emit('aggregationOff', { destination: destination.label });
    this.#factsKnown = true;
    this.#recordBytesMax = facts.recordBytesMax;
    this.#mode = facts.mode;
    if (keysIgnored !== this.#keysIgnored) {
      this.#keysIgnored = keysIgnored;
      this.#hotShards.clear();
      this.#keyPlaces = new KeyPlaces();
      if (keysIgnored || this.#shardsAnswered) this.#tellShards();
    }
    this.#tellFacts();
  }

  #withoutFacts(fault: ServiceFault): void {
    // Sending goes on with facts that may be old.
    if (this.#factsKnown) return;
    const { events, destination } = this.#options;
    if (this.#factsFault !== fault.code) {
      const { code, message: reason, hint } = fault;
      events.emit('streamFactsUnknown', { destination: destination.label, code, reason, hint });
    }
    this.#factsFault = fault.code;
    this.#recordBytesMax ??= destination.recordBytesMax;
    this.#tellFacts();
  }

  #tellFacts(): void {
    for (const aggregator of this.#aggregators) aggregator.useFacts(this.#knownFacts());
    this.#sender.held = false;
  }

  #knownFacts(): { recordBytesMax: number; keysIgnored: boolean } {
    const recordBytesMax = this.#recordBytesMax ?? this.#options.destination.recordBytesMax;
    return { recordBytesMax, keysIgnored: this.#keysIgnored };
  }

  #paceOf(map: ShardMap, shard: ShardRange): Pace {
    return map.kind === 'actual' ? this.#shardPace(shard.shardId) : this.#pace;
  }

  #shardPace(shardId: string): Pace {
    const pace = this.#shardPaces.get(shardId) ?? this.#newPace();
    this.#shardPaces.set(shardId, pace);
    const [oldest] = this.#shardPaces.keys();
    if (this.#shardPaces.size > SHARD_PACES_MAX && oldest !== undefined) this.#shardPaces.delete(oldest);
    return pace;
  }

  #newPace(): Pace {
    return new Pace(1, this.#options.clock.monotonicMs());
  }

  #status(group: LaneGroup, recordsWithoutKey: number): DestinationStatus {
    const nowMs = this.#options.clock.monotonicMs();
    let waitingRecords = 0;
    let waitingBytes = 0;
    for (const lane of group.active) {
      waitingRecords += lane.waitingRecords;
      waitingBytes += lane.waitingBytes;
    }
    for (const record of [...this.#sender.suspects(group), ...(group.succession?.misplacedRecords ?? [])]) {
      waitingRecords += record.userRecords;
      waitingBytes += record.dataBytes;
    }
    let inFlightRecords = 0;
    for (const { lane, userRecords } of this.#sender.recordsInFlight()) if (lane.group === group) inFlightRecords += userRecords;
    const fault = this.#sender.faultOf(group);
    const throttled = nowMs - this.#tally.throttledMs < THROTTLED_SHOWN_MS;
    const trouble = fault?.kind === 'blocked' ? 'blocked' : 'backing-off';
    const state = fault !== undefined ? trouble : throttled ? 'throttled' : 'running';
    return {
      name: this.#options.destination.label,
      state,
      waitingRecords,
      waitingBytes,
      inFlightRecords,
      inFlightRequests: this.#sender.requestsInFlight,
      ...(this.#mode === 'unknown' ? {} : { streamMode: this.#mode }),
      ...(recordsWithoutKey === 0 ? {} : { recordsWithoutKey }),
      ...this.#lastError(group, fault),
      shards: this.#tally.status(nowMs),
    };
  }

  #lastError(group: LaneGroup, fault: ServiceFault | undefined): Pick<DestinationStatus, 'lastError'> {
    if (fault !== undefined) return { lastError: scrub(`${inWords(fault)}; ${fault.hint}`) };
    const goesOneByOne = group.succession !== undefined && group.framing === 'kpl' && this.#listed === undefined && !this.#keysIgnored;
    if (!goesOneByOne || this.#shardFault === undefined) return {};
    return { lastError: scrub(`${inWords(this.#shardFault)}; until the shards can be listed, records go one by one. ${this.#shardFault.hint}`) };
  }
}

function inWords({ code, message }: ServiceFault): string {
  return `${code}: ${message.replace(/\.$/, '')}`;
}

function hashKeysOf(record: KinesisRecord): { lowest: HashKey; highest: HashKey } {
  let lowest: HashKey = highestHashKey;
  let highest: HashKey = lowestHashKey;
  for (const { hashKey } of record.aggregate.keys) {
    if (hashKey === undefined) continue;
    if (hashKey < lowest) lowest = hashKey;
    if (hashKey > highest) highest = hashKey;
  }
  return { lowest, highest };
}
