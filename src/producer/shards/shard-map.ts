/**
 * Which shard a hash key belongs to, as far as is known. Pure.
 *
 * Three kinds. `actual` is what ListShards said. `virtual` divides all hash keys evenly into ranges that need not be those of
 * any shard, for when ListShards cannot be called: enough to keep records of one key in one lane, not enough to put several
 * keys into one Kinesis record. `ignored` is one range, for streams that do not look at keys.
 */
import { assert } from '../../core/assert.ts';
import type { ShardDescription } from '../../core/ports.ts';
import { hashKeyOfNumber, highestHashKey, lowestHashKey } from './hash-key.ts';
import type { HashKey } from './hash-key.ts';

export interface ShardRange {
  readonly shardId: string;
  /** Both inclusive. */
  readonly start: HashKey;
  readonly end: HashKey;
}

export class ShardMap {
  readonly kind: 'actual' | 'virtual' | 'ignored';
  /** In the order of their hash keys, without gap or overlap. */
  readonly shards: readonly ShardRange[];
  /** Made when it is first asked for: a map that shows nothing new is asked for no shard. */
  #byId: ReadonlyMap<string, ShardRange> | undefined;

  constructor(kind: ShardMap['kind'], shards: readonly ShardRange[]) {
    this.kind = kind;
    this.shards = shards;
  }

  /** The shard that takes `hashKey`. */
  shardOf(hashKey: HashKey): ShardRange {
    let low = 0;
    let high = this.shards.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.shards[middle]?.end ?? highestHashKey) < hashKey) low = middle + 1;
      else high = middle;
    }
    const shard = this.shards[low];
    assert(shard !== undefined, 'a shard map covers every hash key');
    return shard;
  }

  /** The open shard of that id, `undefined` when the map knows none. */
  shard(shardId: string): ShardRange | undefined {
    this.#byId ??= new Map(this.shards.map((shard) => [shard.shardId, shard]));
    return this.#byId.get(shardId);
  }

  /** Whether `other` has the same shards with the same ranges. */
  equals(other: ShardMap): boolean {
    return (
      this.kind === other.kind &&
      this.shards.length === other.shards.length &&
      this.shards.every((shard, index) => {
        const twin = other.shards[index];
        return twin !== undefined && shard.shardId === twin.shardId && shard.start === twin.start && shard.end === twin.end;
      })
    );
  }
}

/**
 * The map of the open shards in `descriptions`; `undefined` when they leave a gap or overlap, as a listing taken in the
 * middle of a reshard can. A parent that is still listed as open beside its children overlaps with them: neither is chosen,
 * and the shards are listed again.
 */
export function shardMapOf(descriptions: readonly ShardDescription[]): ShardMap | undefined {
  const open = descriptions.filter((shard) => !shard.closed).sort((left, right) => (left.startHashKey < right.startHashKey ? -1 : 1));
  let nextHashKey = 0n;
  for (const shard of open) {
    if (shard.startHashKey !== nextHashKey || shard.endHashKey < shard.startHashKey) return undefined;
    nextHashKey = shard.endHashKey + 1n;
  }
  if (nextHashKey !== 1n << 128n) return undefined;
  return new ShardMap(
    'actual',
    open.map(({ shardId, startHashKey, endHashKey }) => ({
      shardId,
      start: hashKeyOfNumber(startHashKey),
      end: hashKeyOfNumber(endHashKey),
    })),
  );
}

/**
 * Number of even ranges of all hash keys: so many single records of different keys can be under way at once. Enough to fill a
 * request, few enough to hold memory for each. The first hex digits of a hash key tell its range.
 */
const EVEN_RANGES = 512;
const PREFIX_DIGITS = 3;
const PREFIXES_IN_RANGE = 16 ** PREFIX_DIGITS / EVEN_RANGES;

/** Even ranges for a stream whose shards are not known: one map for all such streams. */
export function virtualShardMap(): ShardMap {
  evenRanges ??= evenRangesOfAll();
  return evenRanges;
}

let evenRanges: ShardMap | undefined;

function evenRangesOfAll(): ShardMap {
  const width = (1n << 128n) / BigInt(EVEN_RANGES);
  const shards = Array.from({ length: EVEN_RANGES }, (_, index) => ({
    shardId: `unknown-${index}`,
    start: hashKeyOfNumber(width * BigInt(index)),
    end: hashKeyOfNumber(width * BigInt(index + 1) - 1n),
  }));
  return new ShardMap('virtual', shards);
}

/** Which of the even ranges `hashKey` lies in. */
export function evenRangeOf(hashKey: HashKey): number {
  return Math.floor(Number.parseInt(hashKey.slice(0, PREFIX_DIGITS), 16) / PREFIXES_IN_RANGE);
}

/** The part of `shard` that lies in even range `index`; the two must overlap. */
export function withinEvenRange(shard: ShardRange, index: number): ShardRange {
  const first = prefix(index * PREFIXES_IN_RANGE).padEnd(32, '0') as HashKey;
  const last = prefix((index + 1) * PREFIXES_IN_RANGE - 1).padEnd(32, 'f') as HashKey;
  const { shardId, start, end } = shard;
  return { shardId, start: start > first ? start : first, end: end < last ? end : last };
}

function prefix(value: number): string {
  return value.toString(16).padStart(PREFIX_DIGITS, '0');
}

/** One range for a stream that spreads records by itself. */
export function ignoredShardMap(): ShardMap {
  return new ShardMap('ignored', [{ shardId: 'any', start: lowestHashKey, end: highestHashKey }]);
}
