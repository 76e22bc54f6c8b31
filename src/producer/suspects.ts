/**
 * Finds the record for which the service calls a request invalid, so that its neighbours go on: a request is cut in
 * halves until one record is alone, and an aggregate comes apart into its user records.
 *
 * What takes no request of that size is nobody's fault: the parts go, and a record that is too large alone waits, for ever.
 *
 * Guarantee: a user record is dropped (`rejected`) only if it was refused alone, by a service that accepted another one
 * in between: sent after doubt had fallen on the record (or with it, where the answer is about each), accepted before it
 * was sent alone. What was under way when the service began to call everything invalid proves nothing.
 *
 * Where nothing at all is accepted, the fault is not the record's: it is set aside, if another one waits, and that one is
 * tried; when it is refused too, both wait, a person is told, and after a while both are tried anew, in their order. The
 * first record that is accepted brings everything back at once. So where order is promised, one record can come after its
 * successor, if the service is well again just between these two tries: nothing else tells whose the fault is. (After a reshard, one
 * of the lanes before it, too.)
 */
import { backoffMs } from '../core/backoff.ts';
import type { BackoffRange } from '../core/backoff.ts';
import type { ServiceFault } from '../core/errors.ts';
import type { Clock, Random } from '../core/ports.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { Destination } from './destination.ts';
import type { KinesisRecord, RecordGroup, RecordLane } from './kinesis-record.ts';
import type { LaneGroup } from './lane-group.ts';

/** What was called invalid, or is too large: a request, or one record of it. */
export interface Refused {
  readonly records: readonly KinesisRecord[];
  /** What `Suspects.provenMs` was when it was sent. */
  readonly provenMs: number;
}

/** The largest record of a flow that waits for its size: what is as large and accepted shows that the limit is gone. */
interface TooLarge {
  readonly fault: ServiceFault;
  readonly bytes: number;
}

/** Tries of records that nobody knows to be bad or good. */
const doubtfulRange: BackoffRange = { baseMs: 2000, maxMs: 60_000 };
/** Shown of a rejected record. */
const FIRST_BYTES = 64;

export class Suspects {
  readonly #options: {
    readonly destination: Destination;
    readonly clock: Clock;
    readonly random: Random;
    readonly events: EventSink;
  };
  /** Requests to be sent as they are. */
  readonly #requests: (readonly KinesisRecord[])[] = [];
  /** Those that are parts of one that was refused: what is accepted of another part speaks against the rest. */
  readonly #parts = new WeakSet<readonly KinesisRecord[]>();
  /** Out of their lanes, one of each, so that these go on without them. */
  readonly #aside: KinesisRecord[] = [];
  /** Where records are held. */
  readonly #holding = new Set<RecordLane>();
  /** Flows of which a record waits for a larger limit. */
  readonly #tooLarge = new Map<RecordGroup, TooLarge>();
  #provenMs = Number.NEGATIVE_INFINITY;
  #fault: ServiceFault | undefined;
  #toldMs = 0;

  constructor(options: { destination: Destination; clock: Clock; random: Random; events: EventSink }) {
    this.#options = options;
  }

  /** When the latest of those requests was sent of which a record is known to be accepted: then the stream took records. */
  get provenMs(): number {
    return this.#provenMs;
  }

  /** Set while everything is called invalid, or a record is too large: somebody has to look at it. */
  get fault(): ServiceFault | undefined {
    return this.#fault ?? this.#tooLarge.values().next().value?.fault;
  }

  /** When `bringBackDue` has something to do. */
  get dueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const { notBeforeMs } of this.#aside) dueMs = Math.min(dueMs, notBeforeMs);
    return dueMs;
  }

  /** Everything that waits here, in no lane and in no request. */
  *records(): Iterable<KinesisRecord> {
    for (const request of this.#requests) yield* request;
    yield* this.#aside;
  }

  /** Whether a request waits here, in which nothing has to be placed anew first. */
  hasRequest(): boolean {
    this.#giveBackRetired();
    return this.#requests.length > 0;
  }

  /** The next request to send, if any; its records are still under way for their lanes. */
  next(): readonly KinesisRecord[] | undefined {
    return this.#requests.shift();
  }

  /** A record of a request sent at `sentMs` was accepted: all that waits is tried again, and this time the answer counts. */
  accepted(record: KinesisRecord, sentMs: number): void {
    this.#provenMs = Math.max(this.#provenMs, sentMs);
    record.doubtedMs = Number.POSITIVE_INFINITY;
    record.held = false;
    if (record.dataBytes >= (this.#tooLarge.get(record.lane.group)?.bytes ?? Infinity)) this.#tooLarge.delete(record.lane.group);
    if (this.#aside.length > 0 || this.#holding.size > 0) this.#bringBackAll();
    // What was asked before says nothing of the end.
    if (this.#fault !== undefined && sentMs >= this.#toldMs) this.#recover(this.#fault);
  }

  /** What was set aside and has waited in vain for another record goes back to its lane. */
  bringBackDue(nowMs: number): void {
    if (this.dueMs > nowMs) return;
    for (const aside of this.#aside.splice(0)) {
      if (aside.notBeforeMs > nowMs) this.#aside.push(aside);
      else aside.lane.bringBack(aside);
    }
  }

  /** Nothing of `group` is sent any more: what waits here for a request goes back to its lanes. */
  leave(group: LaneGroup): void {
    const requests = this.#requests.splice(0).map((records) => givenBack(records, group));
    this.#requests.push(...requests.filter((records) => records.length > 0));
    for (const lane of this.#holding) if (lane.group === group) this.#holding.delete(lane);
    this.#tooLarge.delete(group);
    for (const aside of this.#aside.splice(0)) {
      if (aside.lane.group === group) aside.lane.bringBack(aside);
      else this.#aside.push(aside);
    }
  }

  /** Something was refused for good; `doubtedMs`: when doubt fell on what was not doubted before. */
  doubt({ records: sent, provenMs }: Refused, fault: ServiceFault, doubtedMs: number): void {
    const records = sent.filter(({ lane }) => !lane.group.closed);
    for (const record of sent) if (record.lane.group.closed) record.lane.sendAgain(record);
    // In new company it is doubted anew: all of it may be refused now for what has nothing to do with the last time.
    const anew = records.length > 1 && !this.#parts.has(sent);
    for (const record of records) {
      // To be too many says nothing against any of them.
      if (fault.kind === 'too-large') record.doubtedMs = Number.POSITIVE_INFINITY;
      else if (anew || record.doubtedMs === Number.POSITIVE_INFINITY) record.doubtedMs = doubtedMs;
    }
    const [first] = records;
    if (first === undefined) return;
    if (records.length === 1) {
      this.#judge(first, fault, provenMs);
      return;
    }
    const middle = records.length >> 1;
    const parts = [records.slice(0, middle), records.slice(middle)];
    for (const part of parts) this.#parts.add(part);
    // Before all others: a record is soon alone, and if nothing at all is taken that shows before everything is in parts.
    this.#requests.unshift(...parts);
  }

  /** `provenMs`: as it was known when the record was sent, alone. */
  #judge(record: KinesisRecord, fault: ServiceFault, provenMs: number): void {
    const { lane } = record;
    if (record.userRecords > 1) lane.sendOneByOne(record);
    else if (fault.kind === 'too-large') this.#waitForLimit(record, fault);
    else if (provenMs >= record.doubtedMs) this.#reject(record, fault);
    else if (this.#provenMs >= record.doubtedMs) {
      // Another one was accepted meanwhile: the next answer counts.
      record.notBeforeMs = 0;
      lane.sendAgain(record);
    } else this.#wait(record, fault);
  }

  /** What was of different lanes can be of one since the shards changed: its records are placed anew. */
  #giveBackRetired(): void {
    if (!this.#requests.some((records) => records.some(({ lane }) => lane.retired))) return;
    for (const records of this.#requests.splice(0)) {
      const kept = records.filter(({ lane }) => !lane.retired);
      for (const record of records) if (record.lane.retired) record.lane.sendAgain(record);
      if (kept.length === 0) continue;
      if (this.#parts.has(records)) this.#parts.add(kept);
      this.#requests.push(kept);
    }
  }

  #bringBackAll(): void {
    for (const aside of this.#aside.splice(0)) {
      aside.notBeforeMs = 0;
      aside.lane.bringBack(aside);
    }
    for (const lane of this.#holding) lane.releaseHeld();
    this.#holding.clear();
  }

  /** What was called invalid for no fault of its own need not go in parts, as many requests as there are records. */
  #recover(fault: ServiceFault): void {
    const { events, destination } = this.#options;
    events.emit('destinationRecovered', { destination: destination.label, code: fault.code });
    this.#fault = undefined;
    for (const record of this.#requests.splice(0).flat()) {
      record.notBeforeMs = 0;
      record.lane.sendAgain(record);
    }
  }

  #reject(record: KinesisRecord, fault: ServiceFault): void {
    const { data, start, end } = record;
    this.#options.events.emit('recordRejected', {
      destination: this.#options.destination.label,
      flow: record.lane.group.flow,
      code: fault.code,
      reason: fault.message,
      bytes: end - start,
      firstBytes: JSON.stringify(data.toString('utf8', start, Math.min(end, start + FIRST_BYTES))),
    });
    record.lane.settle(record, 'rejected');
  }

  #wait(record: KinesisRecord, fault: ServiceFault): void {
    const { clock, random } = this.#options;
    const { lane, held: waitedBefore } = record;
    record.attempts += 1;
    record.notBeforeMs = clock.monotonicMs() + backoffMs(record.attempts, doubtfulRange, random);
    record.held = true;
    const asideIndex = this.#aside.findIndex((aside) => aside.lane === lane);
    const [aside] = asideIndex < 0 ? [] : this.#aside.splice(asideIndex, 1);
    if (aside === undefined && !lane.empty) {
      this.#aside.push(record);
      lane.setAside(record);
    } else {
      if (!lane.retired) this.#holding.add(lane);
      lane.sendAgain(record);
      if (aside !== undefined) {
        aside.notBeforeMs = record.notBeforeMs;
        lane.bringBack(aside);
      }
    }
    if (aside !== undefined || waitedBefore) this.#tell(fault);
  }

  /** The limit is somebody's setting: it waits for that, and others pass it where no order is promised. */
  #waitForLimit(record: KinesisRecord, fault: ServiceFault): void {
    const { clock, random, events, destination } = this.#options;
    const { lane, start, end } = record;
    const { code, message: reason, hint } = fault;
    const known = this.#tooLarge.get(lane.group);
    if (known === undefined) events.emit('requestTooLarge', { destination: destination.label, flow: lane.group.flow, code, reason, bytes: end - start, hint });
    this.#tooLarge.set(lane.group, { fault: { ...fault, kind: 'blocked' }, bytes: Math.max(record.dataBytes, known?.bytes ?? 0) });
    record.attempts += 1;
    record.notBeforeMs = clock.monotonicMs() + backoffMs(record.attempts, doubtfulRange, random);
    lane.sendAgain(record);
  }

  #tell(fault: ServiceFault): void {
    if (this.#fault !== undefined) return;
    const { clock, events, destination } = this.#options;
    this.#toldMs = clock.monotonicMs();
    this.#fault = { ...fault, kind: 'blocked' };
    events.emit('recordsDoubtful', { destination: destination.label, code: fault.code, reason: fault.message });
  }
}

/** `records` without those of `group`, which go back to their lanes. */
function givenBack(records: readonly KinesisRecord[], group: LaneGroup): readonly KinesisRecord[] {
  return records.filter((record) => {
    if (record.lane.group !== group) return true;
    record.lane.sendAgain(record);
    return false;
  });
}
