/**
 * Settles the records of a request by the answer to it.
 *
 * Guarantees: a record is settled only by an answer about itself (put-result.ts); a record that failed goes back to its
 * lane and is sent again, for ever; a record that the service calls invalid is first told from its neighbours (suspects.ts).
 */
import { assertNever } from '../../core/assert.ts';
import { backoffMs } from '../../core/backoff.ts';
import type { BackoffRange } from '../../core/backoff.ts';
import type { ServiceFault } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { PutEntry, PutReply, Random } from '../../core/ports.ts';
import type { KinesisRecord } from '../records/kinesis-record.ts';
import type { Outage } from './outage.ts';
import type { PutMetrics } from './put-metrics.ts';
import { type EntryVerdict, entryFault, failedEntryFault, judgePut, type PutVerdict } from './put-result.ts';
import type { Refused, Suspects } from './suspects.ts';

/** Hears what becomes of records, before they are settled. */
export interface PutObserver {
  /** False: the record does not count as accepted, and the observer has taken it over. */
  landed(record: KinesisRecord, shardId: string | undefined): boolean;
  /** Whether the refusal means that the pace of the record's lane was too high. */
  throttled(record: KinesisRecord, message: string): boolean;
  /**
   * Records of one request were refused for good: what is known about the stream may be wrong. True: what is known explains the refusal,
   * which speaks against none of them, and the observer has taken them over.
   */
  doubted(records: readonly KinesisRecord[]): boolean;
}

export interface AnswersOptions {
  readonly random: Random;
  readonly backoff: BackoffRange;
  /** Bytes that make a request worth sending before a deadline; a reload may change them. */
  readonly requestTargetBytes: () => number;
  readonly metrics: PutMetrics;
  readonly outage: Outage;
  readonly suspects: Suspects;
}

/** A request that was answered, or that failed. */
export interface Request extends Refused {
  readonly sentMs: number;
  readonly nowMs: number;
}

/** Trouble makes requests smaller down to this, and no further. */
const LEAST_BYTES = limits.shardReadyBytes / 4;
/** How long a limit on the size of requests is kept to. It seldom changes, and finding out that it did costs a refused request. */
const BOUND_MS = 600_000;

type Failure = Exclude<PutVerdict, { readonly kind: 'entries' }>;

export class Answers {
  observer: PutObserver | undefined;
  readonly #options: AnswersOptions;
  #targetBytes: number;
  /** The bound by a request that was too large of late. */
  #boundBytes = Number.POSITIVE_INFINITY;
  #boundUntilMs = 0;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#targetBytes = options.requestTargetBytes();
  }

  /** `requestTargetBytes`, or less after requests that were too large or got no answer: a slow line gets what it carries in time. */
  get targetBytes(): number {
    return Math.min(this.#targetBytes, this.#boundBytes);
  }

  /** Settles each record of the request, or sends it again, as `reply` says of it. Goes through the records in their order. */
  settle(request: Request, reply: PutReply): void {
    const verdict = judgePut(reply, request.records.length);
    if (verdict.kind === 'entries') this.#entries(request, verdict.verdicts, reply.kind === 'answered' ? reply.entries : []);
    else this.#failed(request, verdict);
  }

  #entries(request: Request, verdicts: readonly EntryVerdict[], entries: readonly PutEntry[]): void {
    const { records, sentMs, nowMs } = request;
    const { metrics, outage, requestTargetBytes } = this.#options;
    metrics.requestAnswered(nowMs - sentMs);
    this.#targetBytes = Math.min(requestTargetBytes(), this.#targetBytes * 2);
    if (nowMs >= this.#boundUntilMs) this.#boundBytes = Number.POSITIVE_INFINITY;
    const failed = entries.find((_, index) => verdicts[index] === 'failed');
    const fault = failed && failedEntryFault(failed);
    outage.answered({ sentMs, nowMs, accepted: verdicts.includes('accepted'), fault, refused: records.length === 1 && verdicts[0] === 'invalid' });
    for (const [index, record] of records.entries()) {
      const entry = entries[index] ?? {};
      switch (verdicts[index]) {
        case 'accepted':
          this.#accepted(record, entry, request);
          break;
        case 'throttled':
          metrics.refused(record, entry.errorCode ?? 'Throttled', true);
          this.#slowDown(record, entry.errorMessage ?? '', nowMs);
          break;
        case 'invalid':
          metrics.refused(record, entry.errorCode ?? 'Unknown', false);
          this.#doubt({ ...request, records: [record] }, entryFault(entry), sentMs);
          break;
        default:
          metrics.refused(record, entry.errorCode ?? 'Unknown', false);
          this.#again(record, nowMs);
      }
    }
    metrics.answerRead();
  }

  #failed(request: Request, verdict: Failure): void {
    const { records, sentMs, nowMs } = request;
    const { metrics, outage } = this.#options;
    const { fault } = verdict;
    const repeats = verdict.kind === 'again' && verdict.repeats;
    const throttled = verdict.kind === 'again' && verdict.throttled;
    metrics.requestFailed(fault.code, { repeats, throttledCount: throttled ? records.length : 0 });
    switch (verdict.kind) {
      case 'divided':
        outage.answered({ sentMs, nowMs, accepted: false, fault: undefined, refused: records.length === 1 });
        if (fault.kind === 'too-large') this.#bound(records, nowMs);
        return this.#doubt(request, fault, nowMs);
      case 'again':
        if (throttled) {
          for (const record of records) this.#slowDown(record, '', nowMs);
          return;
        }
        if (repeats) this.#shrink();
        break;
      case 'blocked':
        break;
      default:
        assertNever(verdict);
    }
    outage.failed(fault, sentMs, nowMs);
    for (const record of records) this.#again(record, nowMs);
  }

  #shrink(): void {
    this.#targetBytes = Math.max(LEAST_BYTES, this.#targetBytes / 2);
  }

  /** Several records together were too many bytes: for a while requests are filled only up to half of that. */
  #bound(records: readonly KinesisRecord[], nowMs: number): void {
    if (records.length === 1) return;
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    this.#boundBytes = Math.max(LEAST_BYTES, Math.min(this.#boundBytes, bytes / 2));
    this.#boundUntilMs = nowMs + BOUND_MS;
  }

  #accepted(record: KinesisRecord, entry: PutEntry, { sentMs, nowMs }: Request): void {
    this.#options.suspects.accepted(record, sentMs);
    record.lane.pace.accepted(record.bytes, nowMs);
    if (this.observer?.landed(record, entry.shardId) === false) return;
    this.#options.metrics.accepted(record, entry.shardId);
    record.lane.settle(record, 'delivered');
  }

  #slowDown(record: KinesisRecord, message: string, nowMs: number): void {
    if (this.observer?.throttled(record, message) !== false) record.lane.pace.throttled(nowMs);
    const { randomKeys } = record.lane.group;
    if (randomKeys !== undefined) record.replaceKey(randomKeys.next());
    this.#again(record, nowMs);
  }

  #again(record: KinesisRecord, nowMs: number): void {
    const { backoff, random } = this.#options;
    record.attempts += 1;
    record.notBeforeMs = nowMs + backoffMs(record.attempts, backoff, random);
    record.held = false;
    // This answer does not call the record invalid, which ends the doubt: no record accepted so far speaks against it any more.
    record.doubtedMs = Number.POSITIVE_INFINITY;
    record.lane.sendAgain(record);
  }

  /** Records of a request were called invalid, or it is too large. A record sent since `doubtedMs` and accepted speaks against them. */
  #doubt(request: Request, fault: ServiceFault, doubtedMs: number): void {
    if (this.observer?.doubted(request.records) === true) return;
    this.#options.suspects.doubt(request, fault, doubtedMs);
  }
}
