/**
 * One shard that refused records with random keys: where it lies, as far as answers tell, and whether it may be sent
 * another record.
 *
 * Its pace (pace.ts) finds the limit by refusals: few among many records, and many among few. So a refusal has to be
 * made up for by records accepted elsewhere, and after one the shard is sent a single record on trial, then more.
 *
 * Invariant: `below` < `low` ≤ `high` < `above`, or the bounds 0 and 1 where nothing else is known.
 * Source of the books on refusals: the generic cell rate algorithm (ITU-T I.371), with accepted records for time.
 */
import type { KinesisRecord } from './kinesis-record.ts';
import type { Pace } from './pace.ts';

/** Refusals that need not be made up for after a time without any, and those that a shard can be behind with at most. */
const REFUSALS_FREE = 2;
const REFUSALS_OWED_MAX = 4;
/** A trial that has no answer by then is given up: its record may never be sent again. */
const TRIAL_MS = 2000;

export class HotShard {
  readonly #pace: Pace;
  /** Hash keys, as fractions of all: the outermost two known to be of the shard, and the next known not to be. */
  #low: number;
  #high: number;
  #below = 0;
  #above = 1;
  /** When so many records of the stream are accepted, its refusals are made up for. */
  #acceptedDue = Number.NEGATIVE_INFINITY;
  /** How many had been accepted when it last refused one. */
  #refusedAt = -1;
  /** It accepted something since it last refused. */
  #trusted = false;
  /** The one record that is under way to it otherwise, and since when. */
  #trial: KinesisRecord | undefined;
  #triedMs = 0;
  #fullMs: number;

  /** `fraction`: where the hash key lies that it refused. */
  constructor(pace: Pace, fraction: number, nowMs: number) {
    this.#pace = pace;
    this.#low = fraction;
    this.#high = fraction;
    this.#fullMs = nowMs;
  }

  /** When it last had no room. */
  get fullMs(): number {
    return this.#fullMs;
  }

  /** The share of all hash keys that it is taken to have. */
  get width(): number {
    return this.#end - this.#start;
  }

  /** Whether the hash key at `fraction` is taken to be its own. */
  holds(fraction: number): boolean {
    return this.#start <= fraction && fraction <= this.#end;
  }

  /** Whether another shard cannot have it. */
  surelyHolds(fraction: number): boolean {
    return this.#low <= fraction && fraction <= this.#high;
  }

  /** It answered for the hash key at `fraction`. */
  include(fraction: number): void {
    // Who answered for what lies beyond it is gone: the stream was resharded.
    if (fraction <= this.#below) this.#below = 0;
    if (fraction >= this.#above) this.#above = 1;
    this.#low = Math.min(this.#low, fraction);
    this.#high = Math.max(this.#high, fraction);
  }

  /** Another shard answered for it. */
  exclude(fraction: number): void {
    if (fraction < this.#low) this.#below = Math.max(this.#below, fraction);
    else this.#above = Math.min(this.#above, fraction);
  }

  /** All that is surely held by the other shard is not this one's. */
  excludeShard(other: HotShard): void {
    this.exclude(other.#low);
    this.exclude(other.#high);
  }

  /** Whether it is behind: `acceptedCount` records of the stream are accepted. */
  owes(acceptedCount: number): boolean {
    return acceptedCount < this.#acceptedDue;
  }

  /** How many records have still to be accepted before it may be sent one. */
  owedRecords(acceptedCount: number): number {
    return Math.max(0, this.#acceptedDue - acceptedCount);
  }

  forgive(records: number): void {
    this.#acceptedDue -= records;
  }

  /** Nothing was accepted by the stream since it last refused a record. */
  refusedLast(acceptedCount: number): boolean {
    return this.#refusedAt === acceptedCount;
  }

  /** When it may be sent another record, as far as is known; Infinity: not before others have accepted some. */
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
    // Others that were under way beside the first say nothing more.
    if (this.#pace.throttled(nowMs) || this.#trial === record) {
      const due = Math.max(this.#acceptedDue, acceptedCount - REFUSALS_FREE * cost) + cost;
      this.#acceptedDue = Math.min(due, acceptedCount + REFUSALS_OWED_MAX * cost);
    }
    this.#trusted = false;
    this.#refusedAt = acceptedCount;
    this.#fullMs = nowMs;
  }

  /** Halfway to what is not its own: wherever the next record between the two lands, half of the doubt is gone. */
  get #start(): number {
    return (this.#low + this.#below) / 2;
  }

  get #end(): number {
    return (this.#high + this.#above) / 2;
  }
}
