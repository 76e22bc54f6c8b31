/**
 * Whether a stream takes anything at all. While calls to it fail as a whole, one call at a time tries again, ever more rarely,
 * instead of every record on its own. The first answer ends that. While the stream answers and accepts nothing, calls are held
 * back too, until a record is accepted. But the waits are short, and two calls may be under way: perhaps only one shard is in trouble.
 *
 * Says once that nothing goes any more, because calls fail or because answers accept none of their records. Says once that
 * this is over: with the first record that is accepted.
 */
import { backoffMs } from '../../core/backoff.ts';
import type { BackoffRange } from '../../core/backoff.ts';
import type { ServiceFault } from '../../core/errors.ts';
import type { Random } from '../../core/ports.ts';
import type { EventSink } from '../../telemetry/events.ts';
import type { Destination } from './destination.ts';

/** Waits between calls while a person has to act first: permission, missing stream, key. */
const blockedRange: BackoffRange = { baseMs: 2000, maxMs: 60_000 };
/** Failures in a row that are worth a warning. */
const FAILURES_WARNED = 3;
/** After so many answers in a row without an accepted record, the next call waits. */
const FRUITLESS_PACED = 3;
/** One call to the shard in trouble, which may be slow, and one to the others. */
const FRUITLESS_CALLS_MAX = 2;
const fruitlessRange: BackoffRange = { baseMs: 100, maxMs: 1000 };
/** Answers without an accepted record are worth a warning after so long. Time counts, not their number: they come as fast as records do. */
const FRUITLESS_MS = 5000;

export interface OutageOptions {
  readonly destination: Destination;
  readonly backoff: BackoffRange;
  readonly random: Random;
  readonly events: EventSink;
}

/** What came back of a call that was answered. */
export interface Answered {
  readonly sentMs: number;
  readonly nowMs: number;
  /** A record was accepted. */
  readonly accepted: boolean;
  /** Why the service failed to take a record, if it did. */
  readonly fault: ServiceFault | undefined;
  /** The only record of the call was refused, perhaps by its own fault: suspects.ts tells of that. */
  readonly refused: boolean;
}

/** Calls in vain in a row. Those under way together count once. */
class VainCalls {
  count = 0;
  /** When the first of them began. */
  sinceMs = 0;
  /** When the last that counted came back. */
  lastMs = 0;
  /** The next one waits until then. */
  resumeMs = 0;

  /** One more, begun at `sentMs`; `waitMs` says how long to wait after so many. */
  add(sentMs: number, nowMs: number, waitMs: (count: number) => number): void {
    if (this.count === 0) this.sinceMs = sentMs;
    else if (sentMs < this.lastMs) return;
    this.count += 1;
    this.lastMs = nowMs;
    this.resumeMs = nowMs + waitMs(this.count);
  }

  end(): void {
    this.count = 0;
  }
}

export class Outage {
  readonly #options: OutageOptions;
  /** They failed as a whole. */
  readonly #failed = new VainCalls();
  /** They were answered, and the service failed to take records, and took none. */
  readonly #fruitless = new VainCalls();
  #fault: ServiceFault | undefined;
  #toldCode: string | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** Why nothing goes; `undefined` while something does. */
  get fault(): ServiceFault | undefined {
    return this.#fault;
  }

  /** Whether the next call is made only after `resumeMs`, and only while fewer than `callsMax` calls are under way. */
  get trying(): boolean {
    return this.#failed.count > 0 || this.#fruitless.count >= FRUITLESS_PACED;
  }

  get callsMax(): number {
    if (this.#failed.count > 0) return 1;
    return this.trying ? FRUITLESS_CALLS_MAX : Number.POSITIVE_INFINITY;
  }

  /** Until when nothing is sent. */
  get resumeMs(): number {
    if (!this.trying) return 0;
    return this.#failed.count > 0 ? this.#failed.resumeMs : this.#fruitless.resumeMs;
  }

  /** A call begun at `sentMs` failed as a whole. Calls that were under way together count as one failure. */
  failed(fault: ServiceFault, sentMs: number, nowMs: number): void {
    this.#fault = fault;
    const range = fault.kind === 'blocked' ? blockedRange : this.#options.backoff;
    this.#failed.add(sentMs, nowMs, (count) => backoffMs(count, range, this.#options.random));
    this.#tell(fault, this.#failed.count);
  }

  /** A call was answered, whatever became of its records. */
  answered({ sentMs, nowMs, accepted, fault, refused }: Answered): void {
    this.#failed.end();
    this.#fault = undefined;
    if (accepted) this.#takes(sentMs);
    else if (fault !== undefined || refused) this.#takesNothing(fault, sentMs, nowMs);
  }

  /** Answers to calls that were under way together count as one. */
  #takesNothing(fault: ServiceFault | undefined, sentMs: number, nowMs: number): void {
    const fruitless = this.#fruitless;
    fruitless.add(sentMs, nowMs, (count) => (count < FRUITLESS_PACED ? 0 : backoffMs(count - FRUITLESS_PACED + 1, fruitlessRange, this.#options.random)));
    if (fault === undefined || nowMs - fruitless.sinceMs < FRUITLESS_MS) return;
    this.#fault = fault;
    this.#tell(fault, fruitless.count);
  }

  /** A record accepted from a call that was sent before the trouble began does not show that the trouble is over. */
  #takes(sentMs: number): void {
    if (this.#fruitless.count > 0 && sentMs < this.#fruitless.sinceMs) return;
    this.#fruitless.end();
    if (this.#toldCode === undefined || sentMs < this.#failed.lastMs) return;
    this.#options.events.emit('destinationRecovered', { destination: this.#options.destination.label, code: this.#toldCode });
    this.#toldCode = undefined;
  }

  /** Tells each reason once: at once where a person has to act; else, since it may pass by itself, after `FAILURES_WARNED` failures. */
  #tell(fault: ServiceFault, failures: number): void {
    const { code, message: reason, hint } = fault;
    if (this.#toldCode === code || (fault.kind !== 'blocked' && failures < FAILURES_WARNED)) return;
    this.#toldCode = code;
    const { events } = this.#options;
    const destination = this.#options.destination.label;
    if (fault.kind === 'blocked') events.emit('destinationBlocked', { destination, code, reason, hint });
    else events.emit('destinationFailing', { destination, code, reason, hint, failures });
  }
}
