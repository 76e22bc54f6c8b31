/**
 * Finds the record for which the service calls a request invalid, so that its neighbours go on. A refused request is cut in
 * halves until one record is alone, and an aggregate comes apart into its user records.
 *
 * A request that is too large is no record's fault: its parts go, and a record that is too large alone waits, for ever.
 *
 * Guarantee: a user record is dropped (`rejected`) only if it was refused alone, and the service accepted another record in
 * between. The other record was sent after doubt had fallen on the first (or with it, where the answer is about each), and
 * was accepted before the first was sent alone. Records under way when the service began to call everything invalid prove
 * nothing.
 *
 * Where nothing at all is accepted, the fault is not the record's. If another record waits in its lane, the first is set aside
 * and the other is tried. When that is refused too, both wait, a person is told, and after a while both are tried anew, in
 * their order. The first record that is accepted brings everything back at once. So where order is promised, one record can
 * come after its successor, if the service recovers just between these two tries: nothing else tells whose the fault is.
 * (After a reshard, a record of one of the lanes from before can come late, too.)
 */
import { backoffMs } from '../../core/backoff.ts';
import type { BackoffRange } from '../../core/backoff.ts';
import type { ServiceFault } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports.ts';
import type { EventSink } from '../../telemetry/events.ts';
import type { Destination } from './destination.ts';
import type { KinesisRecord, RecordGroup, RecordLane } from '../records/kinesis-record.ts';
import type { LaneGroup } from '../lanes/lane-group.ts';

/** What was called invalid, or is too large: a request, or one record of it. */
export interface Refused {
  readonly records: readonly KinesisRecord[];
  /** What `Suspects.provenMs` was when the request was sent. */
  readonly provenMs: number;
}

/** The largest record of a flow that waits because of its size. An accepted record of that size shows that the limit is gone. */
interface TooLarge {
  readonly fault: ServiceFault;
  readonly bytes: number;
}

/** Waits between tries of records that nobody knows to be bad or good. */
const doubtfulRange: BackoffRange = { baseMs: 2000, maxMs: 60_000 };
/** Bytes shown of a rejected record. */
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
  /** Requests that are parts of a refused one: a record accepted from one part speaks against those of the other parts. */
  readonly #parts = new WeakSet<readonly KinesisRecord[]>();
  /** Records taken out of their lanes, one of each lane, so that the lanes go on without them. */
  readonly #aside: KinesisRecord[] = [];
  /** Lanes in which records are held. */
  readonly #holding = new Set<RecordLane>();
  /** Flows of which a record waits for a larger limit. */
  readonly #tooLarge = new Map<RecordGroup, TooLarge>();
  #provenMs = Number.NEGATIVE_INFINITY;
  #fault: ServiceFault | undefined;
  #toldMs = 0;

  constructor(options: { destination: Destination; clock: Clock; random: Random; events: EventSink }) {
    this.#options = options;
  }

  /** When the latest request was sent of which a record was accepted: the stream took records then. */
  get provenMs(): number {
    return this.#provenMs;
  }

  /** Set while everything is called invalid, or a record of `group` is too large: somebody has to look at it. */
  faultOf(group: LaneGroup): ServiceFault | undefined {
    return this.#fault ?? this.#tooLarge.get(group)?.fault;
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

  /** Whether a request waits here. Records of retired lanes are first taken out of the requests, to be placed anew. */
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
    // An answer to a request that was sent before the trouble was told does not show that the trouble is over.
    if (this.#fault !== undefined && sentMs >= this.#toldMs) this.#recover(this.#fault);
  }

  /** A record that was set aside and has waited in vain for another one goes back to its lane. */
  bringBackDue(nowMs: number): void {
    if (this.dueMs > nowMs) return;
    for (const aside of this.#aside.splice(0)) {
      if (aside.notBeforeMs > nowMs) this.#aside.push(aside);
      else aside.lane.bringBack(aside);
    }
  }

  /** The records of `group` that wait here go back to their lanes. */
  giveBack(group: LaneGroup): void {
    const requests = this.#requests.splice(0).map((records) => givenBack(records, group));
    this.#requests.push(...requests.filter((records) => records.length > 0));
    for (const lane of this.#holding) if (lane.group === group) this.#holding.delete(lane);
    this.#tooLarge.delete(group);
    for (const aside of this.#aside.splice(0)) {
      if (aside.lane.group === group) aside.lane.bringBack(aside);
      else this.#aside.push(aside);
    }
  }

  /** Records were refused for good. `doubtedMs`: when doubt fell on those that were not doubted before. */
  doubt({ records: sent, provenMs }: Refused, fault: ServiceFault, doubtedMs: number): void {
    const records = sent.filter(({ lane }) => !lane.group.closed);
    for (const record of sent) if (record.lane.group.closed) record.lane.sendAgain(record);
    // In a new request a record is doubted anew: the request may be refused for a reason that has nothing to do with the last time.
    const anew = records.length > 1 && !this.#parts.has(sent);
    for (const record of records) {
      // That a request is too large says nothing against any of its records.
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
    // The parts go first. So a record is soon alone; and if nothing at all is accepted, that shows before everything is in parts.
    this.#requests.unshift(...parts);
  }

  /** `provenMs`: as it was when the record was sent, alone. */
  #judge(record: KinesisRecord, fault: ServiceFault, provenMs: number): void {
    const { lane } = record;
    if (record.userRecords > 1) lane.sendOneByOne(record);
    else if (fault.kind === 'too-large') this.#waitForLimit(record, fault);
    else if (provenMs >= record.doubtedMs) this.#reject(record, fault);
    else if (this.#provenMs >= record.doubtedMs) {
      // Another record was accepted meanwhile: the next answer to this one counts.
      record.notBeforeMs = 0;
      lane.sendAgain(record);
    } else this.#wait(record, fault);
  }

  /** Since the shards changed, records of different lanes can belong to one lane: those of retired lanes are placed anew. */
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

  /** Records that were called invalid without their own fault go back to their lanes: as parts they would need a request each. */
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

  /** The limit is somebody's setting: the record waits for a change of it, and others pass it where no order is promised. */
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
