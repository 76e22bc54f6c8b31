/**
 * The lanes of one flow towards one destination, with what they share: how records are packed, whether the flow drains,
 * what is still unsettled. Flows have lanes of their own, so that a flow with a stuck record keeps no other flow waiting,
 * and requests can be filled fairly from all flows. Nobody promises an order between two flows.
 *
 * Invariant: `unsettled` counts the aggregates that hold user records which nobody has settled.
 */
import { assert } from '../../core/assert.ts';
import type { Outcome, Span } from '../../core/offset-tracker.ts';
import type { Clock } from '../../core/ports.ts';
import { RecordBatch } from '../../core/record-batch.ts';
import { Aggregate } from '../records/aggregate.ts';
import type { Framing, Part } from '../records/aggregate.ts';
import type { PartitionKey } from '../records/key-table.ts';
import type { KinesisRecord, RecordGroup } from '../records/kinesis-record.ts';
import type { KeySource } from '../records/random-key.ts';
import type { SlabPool } from '../records/slab-pool.ts';

/** What a group tells the sender. */
export interface LaneWatcher {
  /** An aggregate was opened that has to leave at `deadlineMs`. */
  opened(deadlineMs: number): void;
  /** An aggregate is complete. */
  sealed(): void;
}

/** What happens to records whose lane is gone: see keyed-lanes.ts. */
export interface LaneSuccession {
  placeAnew(record: KinesisRecord): void;
  /** A record came back that a retired lane had in a request. */
  retiredLaneReturned(): void;
  /** The record landed where a consumer would drop it. */
  misplaced(record: KinesisRecord): void;
  /** Misplaced records that wait for the next shard map. */
  readonly misplacedRecords: readonly KinesisRecord[];
}

export interface LaneGroupOptions {
  readonly flow: string;
  readonly framing: Framing;
  /** Data and partition key of one Kinesis record that holds several user records. */
  readonly recordBytesMax: number;
  /** How long a user record waits at most for others to share its Kinesis record. */
  readonly bufferedMs: number;
  /** Set where the agent makes the keys, and order is not promised. */
  readonly randomKeys?: KeySource | undefined;
  readonly clock: Clock;
  readonly pool: SlabPool;
  readonly watcher: LaneWatcher;
}

/** A lane with something in it, as the sender sees it (a `RecordSource` of collector.ts, and what is urgent). */
export interface WaitingLane {
  /** When something in the lane has to leave. A time that has passed means now; Infinity: nothing can leave. */
  urgentMs(nowMs: number): number;
  /** Bytes that the next record takes in a request (data + partition key) if one can leave now, else 0. */
  nextBytes(nowMs: number): number;
  /** Takes the record that `nextBytes` spoke of. */
  take(nowMs: number): KinesisRecord;
  /** Bytes and Kinesis records that are complete and could go, deadline or not. */
  readonly sealedBytes: number;
  readonly sealedRecords: number;
  /** Bytes that wait, open aggregate included. */
  readonly waitingBytes: number;
  /** User records that wait. */
  readonly waitingRecords: number;
}

/** The share of `bufferedMs` that records wait for each other at least, however long they were in their files. */
const BUFFERED_SHARE_MIN = 0.25;

export class LaneGroup implements RecordGroup {
  readonly flow: string;
  readonly framing: Framing;
  readonly randomKeys: KeySource | undefined;
  recordBytesMax: number;
  /** Everything leaves at once, deadline or not. */
  draining = false;
  /** Nothing of the group is sent any more. */
  closed = false;
  succession: LaneSuccession | undefined;
  /** How long the records placed now were in their file before they were read. This counts as part of `bufferedMs`. */
  waitedMs = 0;
  /** Set while records of an older aggregate are placed anew: new aggregates for them keep its age and deadline. */
  #ageOf: Aggregate | undefined;
  /** Bytes that the flow may still put into requests this turn: see collector.ts. */
  creditBytes = 0;
  /** Bytes of complete aggregates in unordered lanes, which wait for nothing but a request. */
  queuedBytes = 0;
  readonly #options: LaneGroupOptions;
  readonly #active = new Set<WaitingLane>();
  #unsettled = 0;
  readonly #batch = new RecordBatch();
  readonly #onSettled = new Set<() => void>();

  constructor(options: LaneGroupOptions) {
    this.#options = options;
    this.flow = options.flow;
    this.framing = options.framing;
    this.randomKeys = options.randomKeys;
    this.recordBytesMax = options.recordBytesMax;
  }

  /** Lanes where something waits; the one that was served longest ago first. */
  get active(): ReadonlySet<WaitingLane> {
    return this.#active;
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  activate(lane: WaitingLane): void {
    this.#active.add(lane);
  }

  deactivate(lane: WaitingLane): void {
    this.#active.delete(lane);
  }

  /** `lane` gave a record: the others come first now. */
  served(lane: WaitingLane): void {
    if (this.#active.delete(lane)) this.#active.add(lane);
  }

  openAggregate(key: PartitionKey, expectedBytes: number): Aggregate {
    const { clock, pool, watcher, bufferedMs } = this.#options;
    const nowMs = clock.monotonicMs();
    const openedMs = this.#ageOf?.openedMs ?? nowMs;
    const deadlineMs = this.#ageOf?.deadlineMs ?? nowMs + Math.max(bufferedMs * BUFFERED_SHARE_MIN, bufferedMs - this.waitedMs);
    this.#unsettled += 1;
    watcher.opened(deadlineMs);
    const { framing, recordBytesMax } = this;
    return new Aggregate(pool, { framing, recordBytesMax, openedMs, deadlineMs, key, expectedBytes });
  }

  sealed(): void {
    this.#options.watcher.sealed();
  }

  settle(record: KinesisRecord, outcome: Outcome): void {
    if (record.settle(outcome)) this.released();
  }

  /** An aggregate of this group holds nothing any more. */
  released(): void {
    this.#unsettled -= 1;
    assert(this.#unsettled >= 0, 'no aggregate is released twice');
    if (this.#unsettled === 0) for (const wake of this.#onSettled) wake();
  }

  /** Hands the user records of `part` to `take`, each run of one key and span. Aggregates that `take` opens have the age of `part`. */
  disband(part: Part, take: (batch: RecordBatch, key: PartitionKey, span: Span) => void): void {
    this.#ageOf = part.aggregate;
    const settled = part.aggregate.disband(part, this.#batch, take);
    this.#ageOf = undefined;
    if (settled) this.released();
  }

  placeAnew(record: KinesisRecord): void {
    assert(this.succession !== undefined, 'only lanes of predicted shards retire');
    this.succession.placeAnew(record);
  }

  retiredLaneReturned(): void {
    this.succession?.retiredLaneReturned();
  }

  misplaced(record: KinesisRecord): void {
    this.succession?.misplaced(record);
  }

  /** Resolves when nothing is unsettled, or `signal` aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#unsettled === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#onSettled.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#onSettled.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
