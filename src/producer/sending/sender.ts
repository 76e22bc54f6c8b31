/**
 * Sends the records that the lanes of all flows to one destination hold, and settles them by the answers.
 *
 * Guarantees: a record leaves at its deadline or when enough for a full request is there, whichever is first; at most
 * one request for each connection slot, and no more than the way carries (concurrency.ts); a record is settled only by an
 * answer about itself (answers.ts); after `close` nothing is settled any more.
 *
 * Everything happens in `pump`, which runs when something changed (records came, an answer came, a slot is free) or
 * when the next thing is due. Requests under way are owned by `#calls`.
 */
import { setMaxListeners } from 'node:events';
import { assert } from '../../core/assert.ts';
import type { BackoffRange } from '../../core/backoff.ts';
import type { ServiceFault } from '../../core/errors.ts';
import type { Clock, Random, Timer } from '../../core/ports.ts';
import type { EventSink } from '../../telemetry/events.ts';
import type { MetricSink } from '../../telemetry/metric-sink.ts';
import { Answers, type PutObserver } from './answers.ts';
import { collectRequest } from './collector.ts';
import { Concurrency } from './concurrency.ts';
import type { ConnectionSlots, SlotUser } from './connection-slots.ts';
import type { Destination } from './destination.ts';
import { type KinesisRecord, writeDigests } from '../records/kinesis-record.ts';
import type { LaneGroup, LaneWatcher } from '../lanes/lane-group.ts';
import { Outage } from './outage.ts';
import { PutMetrics } from './put-metrics.ts';
import { Suspects } from './suspects.ts';

export interface SenderOptions {
  readonly destination: Destination;
  readonly slots: ConnectionSlots;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly metrics: MetricSink;
  readonly backoff: BackoffRange;
  /** Bytes that make a request worth sending before a deadline; a reload may change them. */
  readonly requestTargetBytes: () => number;
  /** Called when a group may no longer be crowded. */
  readonly onRoom: () => void;
}

/** A request under way. */
interface Call {
  readonly records: readonly KinesisRecord[];
  readonly done: Promise<void>;
}

/** A request ends by its client's own time-out; a client that breaks that promise does not hold up a reload for ever. */
const ANSWER_MS_MAX = 60_000;

export class Sender implements SlotUser, LaneWatcher {
  readonly destination: Destination;
  /** Nothing is sent while the first facts about the stream are not known. */
  #held = false;
  readonly #options: SenderOptions;
  readonly #metrics: PutMetrics;
  readonly #outage: Outage;
  readonly #suspects: Suspects;
  readonly #answers: Answers;
  readonly #concurrency: Concurrency;
  readonly #groups: LaneGroup[] = [];
  readonly #calls = new Set<Call>();
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #sealed = false;
  #pumping = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.destination = options.destination;
    this.#metrics = new PutMetrics(options.metrics, options.destination);
    this.#outage = new Outage(options);
    this.#suspects = new Suspects(options);
    this.#answers = new Answers({ ...options, metrics: this.#metrics, outage: this.#outage, suspects: this.#suspects });
    this.#concurrency = new Concurrency(options.slots.max);
    // Every call under way listens: there may be as many as there are connections.
    setMaxListeners(0, this.#abort.signal);
  }

  set observer(observer: PutObserver) {
    this.#answers.observer = observer;
  }

  get requestsInFlight(): number {
    return this.#calls.size;
  }

  /** Why nothing of `group` goes through now, or not all of it. */
  faultOf(group: LaneGroup): ServiceFault | undefined {
    return this.#outage.fault ?? this.#suspects.faultOf(group);
  }

  /** Records in requests that are not answered. */
  recordsInFlight(): readonly KinesisRecord[] {
    return [...this.#calls].flatMap(({ records }) => records);
  }

  /** Records of `group` under suspicion, which wait in no lane. */
  suspects(group: LaneGroup): readonly KinesisRecord[] {
    return [...this.#suspects.records()].filter(({ lane }) => lane.group === group);
  }

  /** What is not in a request waits in the lanes of `group` afterwards, doubted or not. */
  recall(group: LaneGroup): void {
    this.#suspects.giveBack(group);
  }

  set held(held: boolean) {
    this.#held = held;
    if (!held) this.pump();
  }

  join(group: LaneGroup): void {
    this.#groups.push(group);
  }

  /**
   * `group` sends no more. Resolves when its requests under way are answered, which settles what was accepted, or when
   * `signal` aborts or `ANSWER_MS_MAX` is over. The other records stay unsettled. Unless the wait was cut short, none of
   * them is under way any more.
   */
  async leave(group: LaneGroup, signal: AbortSignal): Promise<void> {
    const index = this.#groups.indexOf(group);
    if (index >= 0) this.#groups.splice(index, 1);
    group.closed = true;
    this.#suspects.giveBack(group);
    this.#options.onRoom();
    const calls = [...this.#calls].filter(({ records }) => records.some(({ lane }) => lane.group === group));
    if (calls.length === 0) return;
    const answered = new AbortController();
    const tooLong = this.#options.clock.sleep(ANSWER_MS_MAX, AbortSignal.any([signal, answered.signal]));
    await Promise.race([tooLong, Promise.all(calls.map(({ done }) => done))]);
    answered.abort();
  }

  /**
   * Enough for the next request waits, and `group` has its share of that: there is no use in reading more for the group
   * before a request has left. Only records that wait for nothing but a request count: an ordered lane may be stuck alone.
   */
  isCrowded(group: LaneGroup): boolean {
    const requestTargetBytes = this.#options.requestTargetBytes();
    if (group.queuedBytes * this.#groups.length < requestTargetBytes) return false;
    let queuedBytes = 0;
    for (const { queuedBytes: bytes } of this.#groups) queuedBytes += bytes;
    return queuedBytes >= requestTargetBytes;
  }

  opened(deadlineMs: number): void {
    if (deadlineMs < this.#timerMs) this.#wakeAt(deadlineMs);
  }

  sealed(): void {
    this.#sealed = true;
  }

  onSlot(): void {
    this.pump();
  }

  /** Records came: sends if they fill a request. */
  offered(): void {
    if (this.#sealed) this.pump();
  }

  /** Sends what is due. */
  pump(): void {
    if (this.#pumping || this.#abort.signal.aborted) return;
    this.#pumping = true;
    this.#sealed = false;
    while (this.#sendOne()) if (this.#outage.trying) break;
    this.#pumping = false;
  }

  /** `record` was accepted in shard `shardId`, where a consumer would drop it: it is sent again. */
  misplaced(record: KinesisRecord, shardId: string | undefined): void {
    record.attempts += 1;
    this.#metrics.misplaced(shardId);
  }

  /** Ends every request and timer. Unsettled records stay unsettled. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
    this.#options.slots.leave(this);
    await Promise.all([...this.#calls].map(({ done }) => done));
  }

  /** Sends one request if there is reason to; else arranges to be called when there is. */
  #sendOne(): boolean {
    const { clock, slots, onRoom } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#held) return this.#idle();
    if (this.#outage.resumeMs > nowMs) return this.#waitUntil(this.#outage.resumeMs);
    if (this.#calls.size >= Math.min(this.#outage.callsMax, this.#concurrency.limit)) return this.#idle();
    this.#suspects.bringBackDue(nowMs);
    if (!this.#suspects.hasRequest()) {
      const urgentMs = Math.min(this.#suspects.dueMs, this.#urgentMs(nowMs));
      if (urgentMs > nowMs) return this.#waitUntil(urgentMs);
    }
    if (!slots.take(this)) return this.#idle(false);
    const records = this.#suspects.next() ?? this.#collect(nowMs);
    assert(records.length > 0, 'what is due can be taken');
    // `pump` runs when the call no longer counts as under way: nobody else would wake this sender then.
    const full = this.#calls.size + 1 === this.#concurrency.limit;
    const done = this.#call(records, nowMs, full).then(() => {
      this.#calls.delete(call);
      slots.release();
      this.pump();
    });
    const call: Call = { records, done };
    this.#calls.add(call);
    onRoom();
    return true;
  }

  #collect(nowMs: number): readonly KinesisRecord[] {
    const { requestRecordsMax, requestBytesMax } = this.destination;
    const targetBytes = Math.min(this.#answers.targetBytes, requestBytesMax);
    const first = this.#groups.shift();
    if (first === undefined) return [];
    this.#groups.push(first);
    return collectRequest(this.#groups, { recordsMax: requestRecordsMax, bytesMax: requestBytesMax, targetBytes }, nowMs);
  }

  /** When a request should leave: at the first deadline, or now if there is enough for a full one. */
  #urgentMs(nowMs: number): number {
    let urgentMs = Number.POSITIVE_INFINITY;
    let bytes = 0;
    let records = 0;
    for (const group of this.#groups) {
      for (const lane of group.active) {
        const laneMs = lane.urgentMs(nowMs);
        if (laneMs <= nowMs) return nowMs;
        urgentMs = Math.min(urgentMs, laneMs);
        if (lane.nextBytes(nowMs) === 0) continue;
        bytes += lane.sealedBytes;
        records += lane.sealedRecords;
      }
    }
    const full = bytes >= this.#answers.targetBytes || records >= this.destination.requestRecordsMax;
    return full ? nowMs : urgentMs;
  }

  /** The sender waits only for a call from outside. `leave`: it does not wait for a slot either. */
  #idle(leave = true): false {
    if (leave) this.#options.slots.leave(this);
    return false;
  }

  #waitUntil(atMs: number): false {
    if (atMs < Number.POSITIVE_INFINITY) this.#wakeAt(atMs);
    return this.#idle();
  }

  #wakeAt(atMs: number): void {
    this.#timer?.cancel();
    this.#timerMs = atMs;
    this.#timer = this.#options.clock.setTimer(Math.max(0, atMs - this.#options.clock.monotonicMs()), () => {
      this.#timer = undefined;
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.pump();
    });
  }

  async #call(records: readonly KinesisRecord[], sentMs: number, full: boolean): Promise<void> {
    this.#metrics.requestSent(records, sentMs);
    writeDigests(records);
    const { provenMs } = this.#suspects;
    const reply = await this.destination.put(records, this.#abort.signal);
    if (!this.#abort.signal.aborted) {
      const nowMs = this.#options.clock.monotonicMs();
      if (reply.kind === 'answered') this.#concurrency.answered({ sentMs, nowMs, full });
      this.#answers.settle({ records, sentMs, provenMs, nowMs }, reply);
    }
  }
}
