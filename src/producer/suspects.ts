/**
 * Finds the record for which the service calls a request invalid, so that its neighbours go on: a request is cut in
 * halves until one record is alone, and an aggregate comes apart into its user records.
 *
 * Guarantee: a user record is dropped (`rejected`) only if it was refused alone and another record was accepted since
 * doubt fell on it. Where nothing at all is accepted, the fault is not the record's: it is set aside and the next one is
 * tried; when that is refused too, everything waits, and a person is told.
 */
import { backoffMs } from '../core/backoff.ts';
import type { BackoffRange } from '../core/backoff.ts';
import type { ServiceFault } from '../core/errors.ts';
import type { Clock, Random } from '../core/ports.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { Destination } from './destination.ts';
import type { KinesisRecord } from './kinesis-record.ts';
import type { LaneGroup } from './lane-group.ts';

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
  readonly #aside: KinesisRecord[] = [];
  /** Records accepted so far: the stream's proof that it takes records. */
  #accepted = 0;
  #fault: ServiceFault | undefined;

  constructor(options: { destination: Destination; clock: Clock; random: Random; events: EventSink }) {
    this.#options = options;
  }

  /** Set while everything is called invalid: somebody has to look at it. */
  get fault(): ServiceFault | undefined {
    return this.#fault;
  }

  /** Everything that waits here, in no lane and in no request. */
  *records(): Iterable<KinesisRecord> {
    for (const request of this.#requests) yield* request;
    yield* this.#aside;
  }

  /** Whether a request waits here. */
  get waiting(): boolean {
    return this.#requests.length > 0;
  }

  /** The next request to send, if any; its records are still under way for their lanes. */
  next(): readonly KinesisRecord[] | undefined {
    return this.#requests.shift();
  }

  /** A record was accepted: what was set aside is tried again, and this time the answer counts. */
  accepted(record: KinesisRecord): void {
    this.#accepted += 1;
    this.#fault = undefined;
    record.suspectAt = -1;
    if (this.#aside.length === 0) return;
    for (const aside of this.#aside.splice(0)) {
      aside.notBeforeMs = 0;
      aside.lane.bringBack(aside);
    }
  }

  /** Nothing of `group` is sent any more: what waits here for a request goes back to its lanes. */
  leave(group: LaneGroup): void {
    const requests = this.#requests.splice(0).map((records) => givenBack(records, group));
    this.#requests.push(...requests.filter((records) => records.length > 0));
    for (const aside of this.#aside.splice(0)) {
      if (aside.lane.group === group) aside.lane.bringBack(aside);
      else this.#aside.push(aside);
    }
  }

  /** A request of `sent` was refused for good. */
  doubt(sent: readonly KinesisRecord[], fault: ServiceFault): void {
    const records = sent.filter(({ lane }) => !lane.group.closed);
    for (const record of sent) if (record.lane.group.closed) record.lane.sendAgain(record);
    for (const record of records) if (record.suspectAt < 0) record.suspectAt = this.#accepted;
    const [first] = records;
    if (first === undefined) return;
    if (records.length === 1) {
      this.#judge(first, fault);
      return;
    }
    const middle = records.length >> 1;
    this.#requests.push(records.slice(0, middle), records.slice(middle));
  }

  #judge(record: KinesisRecord, fault: ServiceFault): void {
    const { lane } = record;
    if (record.userRecords > 1) lane.sendOneByOne(record);
    else if (this.#accepted > record.suspectAt) this.#reject(record, fault);
    else if (this.#aside.every((aside) => aside.lane !== lane)) {
      this.#aside.push(record);
      lane.setAside(record);
    } else this.#hold(record, fault);
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

  #hold(record: KinesisRecord, fault: ServiceFault): void {
    const { clock, random, events, destination } = this.#options;
    record.attempts += 1;
    record.notBeforeMs = clock.monotonicMs() + backoffMs(record.attempts, doubtfulRange, random);
    record.lane.sendAgain(record);
    if (this.#fault !== undefined) return;
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
