/**
 * The lanes of a flow whose partition keys promise order: one for each shard that the shard map predicts. The map can
 * change at any time. Where a Kinesis record has only one key (user records one by one, or packed as lines), a shard has
 * several lanes, each for a part of its hash keys: there only records with equal keys must not go at once.
 *
 * Guarantee: records with equal keys leave in the order in which they came, across every change of the map. When a shard
 * goes away, its lane retires. Records that wait in the retired lane move to the lanes of the new map at once. Records in a
 * request stay with the retired lane until their answer, and until then no lane that overlaps it sends. If they were not
 * accepted, they go to the front of their new lanes. Invariant: no lane sends while a retired lane that overlaps it has
 * something in a request.
 */
import { assert } from '../../core/assert.ts';
import type { Aggregate, Part } from '../records/aggregate.ts';
import type { PartitionKey } from '../records/key-table.ts';
import type { KinesisRecord } from '../records/kinesis-record.ts';
import { Lane, unorderedWindow } from './lane.ts';
import type { LaneGroup, LaneSuccession } from './lane-group.ts';
import type { Pace } from '../shards/pace.ts';
import { evenRangeOf, withinEvenRange } from '../shards/shard-map.ts';
import type { ShardMap, ShardRange } from '../shards/shard-map.ts';

export interface KeyedLanesOptions {
  readonly group: LaneGroup;
  /** User records leave one by one whatever the map says: aggregation is off. */
  readonly singles: boolean;
  readonly paceOf: (map: ShardMap, shard: ShardRange) => Pace;
}

export class KeyedLanes implements LaneSuccession {
  readonly #options: KeyedLanesOptions;
  /** A shard has a lane for each even range of hash keys. */
  readonly #divided: boolean;
  #map: ShardMap;
  /** Nothing is known about the shards yet: everything waits. */
  #waiting: boolean;
  /** By shard, and within it by even range (0 where the shard is one lane). */
  #lanes = new Map<string, Map<number, Lane>>();
  readonly #retiring = new Set<Lane>();
  #misplaced: KinesisRecord[] = [];

  constructor(options: KeyedLanesOptions, map: ShardMap, waiting: boolean) {
    this.#options = options;
    this.#divided = options.singles || options.group.framing === 'lines';
    this.#map = map;
    this.#waiting = waiting;
    options.group.succession = this;
  }

  /** Where records with `key` wait, until the map changes. */
  laneOf(key: PartitionKey): Lane {
    assert(key.hashKey !== undefined, 'a key whose shard is predicted has a hash key');
    const shard = this.#map.shardOf(key.hashKey);
    const place = this.#divided ? evenRangeOf(key.hashKey) : 0;
    return this.#lanes.get(shard.shardId)?.get(place) ?? this.#open(shard, place);
  }

  /** From now on records go where `map` says. Call `sender.pump` afterwards. */
  useMap(map: ShardMap): void {
    this.#waiting = false;
    if (!map.equals(this.#map)) {
      const old = this.#all();
      const parts: Part[] = [];
      this.#lanes = new Map();
      for (const lane of old) {
        if (this.#stays(lane, map)) this.#keep(lane);
        else parts.push(...this.#retire(lane));
      }
      this.#map = map;
      const { group } = this.#options;
      for (const part of parts) group.disband(part, (batch, key, span) => this.laneOf(key).place(batch, 0, batch.count, key, span));
    }
    this.#holdLanes();
  }

  /** Aggregates that landed where a consumer would drop them; they still count as under way for their lanes. */
  get misplacedRecords(): readonly KinesisRecord[] {
    return this.#misplaced;
  }

  /** `record` landed outside its shard, or nobody knows where: it waits for the next map. */
  misplaced(record: KinesisRecord): void {
    this.#misplaced.push(record);
  }

  /** The shards were listed again, or could not be; `useMap` was called first. */
  refreshed(): void {
    const misplaced = this.#misplaced;
    this.#misplaced = [];
    for (const record of misplaced) {
      if (record.lane.retired) record.lane.sendAgain(record);
      else {
        // The map says what it said before: it cannot be trusted for this shard. One user record alone is always safe.
        record.lane.singles = true;
        record.lane.sendOneByOne(record);
      }
    }
  }

  placeAnew(record: KinesisRecord): void {
    const fronts = new Map<Lane, Aggregate[]>();
    this.#options.group.disband(record, (batch, key, span) => {
      const lane = this.laneOf(key);
      const aggregates = fronts.get(lane) ?? [];
      fronts.set(lane, aggregates);
      let index = 0;
      while (index < batch.count) {
        let last = aggregates.at(-1);
        const next = last?.append(batch, index, batch.count, key, span) ?? index;
        if (next === index) {
          last = this.#options.group.openAggregate(key, 0);
          aggregates.push(last);
          index = last.append(batch, index, batch.count, key, span);
        } else index = next;
      }
    });
    for (const [lane, aggregates] of fronts) lane.prepend(aggregates);
  }

  retiredLaneReturned(): void {
    for (const lane of this.#retiring) if (lane.inFlight === 0) this.#retiring.delete(lane);
    this.#holdLanes();
  }

  /** Takes out everything that is not in a request, lane by lane, each in its order. */
  empties(): readonly Part[] {
    return this.#all().flatMap((lane) => [...lane.empties()]);
  }

  #retire(lane: Lane): readonly Part[] {
    const parts = lane.empties();
    lane.retired = true;
    if (lane.inFlight > 0) this.#retiring.add(lane);
    return parts;
  }

  #open(shard: ShardRange, place: number): Lane {
    const { group, singles, paceOf } = this.#options;
    const { kind } = this.#map;
    const lane = new Lane(group, {
      window: kind === 'ignored' ? unorderedWindow : 1,
      pace: paceOf(this.#map, shard),
      // An aggregate may have several keys. Only an actual map tells the shard where consumers expect all of them.
      singles: singles || (kind !== 'actual' && group.framing === 'kpl'),
      range: this.#divided ? withinEvenRange(shard, place) : shard,
      predicted: kind === 'actual',
    });
    lane.held = this.#isHeld(lane);
    this.#keep(lane);
    return lane;
  }

  #keep(lane: Lane): void {
    const { range } = lane;
    assert(range !== undefined, 'a keyed lane has a range');
    const lanes = this.#lanes.get(range.shardId) ?? new Map<number, Lane>();
    lanes.set(this.#divided ? evenRangeOf(range.start) : 0, lane);
    this.#lanes.set(range.shardId, lanes);
  }

  /** Whether `map` has the same lane, with the same range. */
  #stays(lane: Lane, map: ShardMap): boolean {
    const { range } = lane;
    if (range === undefined || map.kind !== this.#map.kind) return false;
    const shard = map.shard(range.shardId);
    if (shard === undefined || shard.start > range.start || shard.end < range.end) return false;
    const twin = this.#divided ? withinEvenRange(shard, evenRangeOf(range.start)) : shard;
    return twin.start === range.start && twin.end === range.end;
  }

  #all(): readonly Lane[] {
    return [...this.#lanes.values()].flatMap((lanes) => [...lanes.values()]);
  }

  #isHeld(lane: Lane): boolean {
    if (this.#waiting) return true;
    for (const retiring of this.#retiring) if (overlap(retiring.range, lane.range)) return true;
    return false;
  }

  #holdLanes(): void {
    for (const lane of this.#all()) lane.held = this.#isHeld(lane);
  }
}

function overlap(left: ShardRange | undefined, right: ShardRange | undefined): boolean {
  if (left === undefined || right === undefined) return true;
  return left.start <= right.end && right.start <= left.end;
}
