/**
 * One shard that refused records with random keys: which hash keys it has, as far as answers tell, and whether it may be
 * sent another record.
 *
 * The shard's pace (pace.ts) finds the limit by refusals. In a fast flow these are few among many records, in a slow flow
 * many among few. So the stream has to make up for a refusal by accepting records elsewhere. After that the shard is sent a
 * single record on trial, then more.
 *
 * Invariant: `below` < `low` ≤ `high` < `above`, or the bounds 0 and 1 where nothing else is known.
 * Source of the accounts of refusals: the generic cell rate algorithm (ITU-T I.371), with accepted records in place of time.
 */
import type { KinesisRecord } from '../records/kinesis-record.ts';
import type { Pace } from '../shards/pace.ts';

/** Refusals that need not be made up for after a time without any, and the most that a shard can owe at once. */
const REFUSALS_FREE = 2;
const REFUSALS_OWED_MAX = 4;
/** A trial without an answer after this time is given up: its record may never be sent again. */
const TRIAL_MS = 2000;

export class HotShard {
  readonly #pace: Pace;
  /** Hash keys, as fractions of all: the outermost two known to be the shard's, and the nearest known not to be. */
  #low: number;
  #high: number;
  #below = 0;
  #above = 1;
  /** The shard's refusals are made up for when the stream has accepted so many records. */
  #acceptedDue = Number.NEGATIVE_INFINITY;
  /** How many records the stream had accepted when the shard last refused one. */
  #refusedAt = -1;
  /** The shard accepted something since it last refused. */
  #trusted = false;
  /** The one record that is under way to a shard that is not trusted, and since when. */
  #trial: KinesisRecord | undefined;
  #triedMs = 0;
  #fullMs: number;

  /** `fraction`: where the hash key of the refused record lies. */
  constructor(pace: Pace, fraction: number, nowMs: number) {
    this.#pace = pace;
    this.#low = fraction;
    this.#high = fraction;
    this.#fullMs = nowMs;
  }

  /** When the shard last had no room. */
  get fullMs(): number {
    return this.#fullMs;
  }

  /** The share of all hash keys that the shard is taken to have. */
  get width(): number {
    return this.#end - this.#start;
  }

  /** Whether the hash key at `fraction` is taken to be the shard's. */
  holds(fraction: number): boolean {
    return this.#start <= fraction && fraction <= this.#end;
  }

  /** Whether the hash key at `fraction` is known to be the shard's: no other shard can have it. */
  surelyHolds(fraction: number): boolean {
    return this.#low <= fraction && fraction <= this.#high;
  }

  /** The shard answered for the hash key at `fraction`. */
  include(fraction: number): void {
    // A bound that the shard now reaches is void: the stream was resharded, and the other shard that had answered there is gone.
    if (fraction <= this.#below) this.#below = 0;
    if (fraction >= this.#above) this.#above = 1;
    this.#low = Math.min(this.#low, fraction);
    this.#high = Math.max(this.#high, fraction);
  }

  /** Another shard answered for the hash key at `fraction`. */
  exclude(fraction: number): void {
    if (fraction < this.#low) this.#below = Math.max(this.#below, fraction);
    else this.#above = Math.min(this.#above, fraction);
  }

  /** The hash keys that the other shard surely holds are not this one's. */
  excludeShard(other: HotShard): void {
    this.exclude(other.#low);
    this.exclude(other.#high);
  }

  /** Whether refusals of the shard are still to be made up for, now that the stream has accepted `acceptedCount` records. */
  owes(acceptedCount: number): boolean {
    return acceptedCount < this.#acceptedDue;
  }

  /** How many records the stream still has to accept before the shard may be sent one. */
  owedRecords(acceptedCount: number): number {
    return Math.max(0, this.#acceptedDue - acceptedCount);
  }

  forgive(records: number): void {
    this.#acceptedDue -= records;
  }

  /** Whether the stream has accepted nothing since the shard last refused a record. */
  refusedLast(acceptedCount: number): boolean {
    return this.#refusedAt === acceptedCount;
  }

  /** When the shard may be sent another record, as far as is known; Infinity: not before other shards have accepted some. */
  roomMs(acceptedCount: number, nowMs: number): number {
    const freeMs = this.#trial === undefined ? nowMs : this.#triedMs + TRIAL_MS;
    const roomMs = this.owes(acceptedCount) ? Number.POSITIVE_INFINITY : Math.max(this.#pace.readyMs(nowMs), freeMs);
    if (roomMs > nowMs) this.#fullMs = nowMs;
    return roomMs;
  }

  sent(record: KinesisRecord, nowMs: number): void {
    this.#pace.spend(record.bytes);
    if (this.#trusted) return;
    this.#trial = record;
    this.#triedMs = nowMs;
  }

  /** `record` is no longer under way, wherever it was sent. */
  returned(record: KinesisRecord): void {
    if (this.#trial === record) this.#trial = undefined;
  }

  accepted(record: KinesisRecord, nowMs: number): void {
    this.#trusted = true;
    this.#pace.accepted(record.bytes, nowMs);
  }

  /** `cost`: records that have to be accepted for this refusal. */
  refused(record: KinesisRecord, books: { readonly acceptedCount: number; readonly cost: number; readonly nowMs: number }): void {
    const { acceptedCount, cost, nowMs } = books;
    // Refusals of records that were under way beside the first refused one say nothing more.
    if (this.#pace.throttled(nowMs) || this.#trial === record) {
      const due = Math.max(this.#acceptedDue, acceptedCount - REFUSALS_FREE * cost) + cost;
      this.#acceptedDue = Math.min(due, acceptedCount + REFUSALS_OWED_MAX * cost);
    }
    this.#trusted = false;
    this.#refusedAt = acceptedCount;
    this.#fullMs = nowMs;
  }

  /** Halfway from the shard's outermost hash key to the nearest that is not its own: a record in between halves the doubt. */
  get #start(): number {
    return (this.#low + this.#below) / 2;
  }

  get #end(): number {
    return (this.#high + this.#above) / 2;
  }
}
