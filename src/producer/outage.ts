/**
 * Whether a stream answers at all. While its calls fail as a whole, one call at a time tries again, ever more rarely,
 * instead of every record on its own; the first answer ends that. Says once when it begins and when it is over.
 */
import { backoffMs } from '../core/backoff.ts';
import type { BackoffRange } from '../core/backoff.ts';
import type { ServiceFault } from '../core/errors.ts';
import type { Random } from '../core/ports.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { Destination } from './destination.ts';

/** While a person has to act first: permission, missing stream, key. */
const blockedRange: BackoffRange = { baseMs: 2000, maxMs: 60_000 };
/** Failures in a row that are worth a warning. */
const FAILURES_WARNED = 3;

export interface OutageOptions {
  readonly destination: Destination;
  readonly backoff: BackoffRange;
  readonly random: Random;
  readonly events: EventSink;
}

export class Outage {
  readonly #options: OutageOptions;
  #failures = 0;
  #failedMs = 0;
  #resumeMs = 0;
  #fault: ServiceFault | undefined;
  #toldCode: string | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** Why calls fail; `undefined` while they do not. */
  get fault(): ServiceFault | undefined {
    return this.#fault;
  }

  /** Calls that failed one after another. */
  get failures(): number {
    return this.#failures;
  }

  /** Until when nothing is sent. */
  get resumeMs(): number {
    return this.#failures === 0 ? 0 : this.#resumeMs;
  }

  /** A call begun at `sentMs` failed as a whole. Calls under way together count once. */
  failed(fault: ServiceFault, sentMs: number, nowMs: number): void {
    this.#fault = fault;
    if (this.#failures === 0 || sentMs >= this.#failedMs) {
      this.#failures += 1;
      this.#failedMs = nowMs;
      const range = fault.kind === 'blocked' ? blockedRange : this.#options.backoff;
      this.#resumeMs = nowMs + backoffMs(this.#failures, range, this.#options.random);
    }
    this.#tell(fault);
  }

  answered(): void {
    this.#failures = 0;
    this.#fault = undefined;
    if (this.#toldCode === undefined) return;
    this.#options.events.emit('destinationRecovered', { destination: this.#options.destination.label, code: this.#toldCode });
    this.#toldCode = undefined;
  }

  /** Once a reason; what a person has to act on at once, what may pass by itself when it does not. */
  #tell(fault: ServiceFault): void {
    const { code, message: reason, hint } = fault;
    const failures = this.#failures;
    if (this.#toldCode === code || (fault.kind !== 'blocked' && failures < FAILURES_WARNED)) return;
    this.#toldCode = code;
    const { events } = this.#options;
    const destination = this.#options.destination.label;
    if (fault.kind === 'blocked') events.emit('destinationBlocked', { destination, code, reason, hint });
    else events.emit('destinationFailing', { destination, code, reason, hint, failures });
  }
}
