/**
 * One shard: its range, what it accepted in order, and how much more it takes.
 *
 * Invariant: sequence numbers grow, and a closed shard accepts nothing more.
 */
import { limits } from '../../../src/core/limits.ts';
import { TokenBucket } from './token-bucket.ts';

/** A record as a consumer gets it. */
export interface AcceptedRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Number of the record among all records of the stream, in the order of acceptance. */
  readonly order: number;
  readonly data: Buffer;
  readonly partitionKey: string;
  readonly explicitHashKey: string | undefined;
  readonly arrivalWallMs: number;
}

export interface ShardOptions {
  readonly shardId: string;
  readonly startHashKey: bigint;
  readonly endHashKey: bigint;
  readonly startingSequenceNumber: string;
  readonly createdMs: number;
  readonly parents: readonly string[];
  /** The largest record that is allowed: a bucket must be able to hold it. */
  readonly recordBytesMax: number;
}

export class Shard {
  readonly shardId: string;
  readonly startHashKey: bigint;
  readonly endHashKey: bigint;
  readonly startingSequenceNumber: string;
  readonly createdMs: number;
  readonly parents: readonly string[];
  readonly records: AcceptedRecord[] = [];
  readonly #bytes: TokenBucket;
  readonly #count: TokenBucket;
  endingSequenceNumber: string | undefined;
  closedMs = Number.POSITIVE_INFINITY;
  acceptedCount = 0;
  acceptedBytes = 0;
  throttledCount = 0;

  constructor(options: ShardOptions) {
    this.shardId = options.shardId;
    this.startHashKey = options.startHashKey;
    this.endHashKey = options.endHashKey;
    this.startingSequenceNumber = options.startingSequenceNumber;
    this.createdMs = options.createdMs;
    this.parents = options.parents;
    const nowMs = options.createdMs;
    const capacity = Math.max(limits.shardBytesPerSecond, options.recordBytesMax + limits.partitionKeyCharsMax * 4);
    this.#bytes = new TokenBucket({ capacity, perSecond: limits.shardBytesPerSecond, nowMs });
    const perSecond = limits.shardRecordsPerSecond;
    this.#count = new TokenBucket({ capacity: perSecond, perSecond, nowMs });
  }

  get closed(): boolean {
    return this.endingSequenceNumber !== undefined;
  }

  holds(hashKey: bigint): boolean {
    return hashKey >= this.startHashKey && hashKey <= this.endHashKey;
  }

  /** Takes one record of `bytes` (data + partition key) out of the shard's rate; false when it is exceeded. */
  takeRate(bytes: number, nowMs: number): boolean {
    if (!this.#count.has(1, nowMs) || !this.#bytes.has(bytes, nowMs)) {
      this.throttledCount += 1;
      return false;
    }
    this.#count.take(1);
    this.#bytes.take(bytes);
    return true;
  }
}
