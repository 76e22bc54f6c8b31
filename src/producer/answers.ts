/**
 * Settles the records of a request by what was answered to it.
 *
 * Guarantees: a record is settled only by an answer about itself (put-result.ts); what failed goes back to its lane, to
 * be sent again for ever; what the service calls invalid is told from its neighbours first (suspects.ts).
 */
import { assertNever } from '../core/assert.ts';
import { backoffMs } from '../core/backoff.ts';
import type { BackoffRange } from '../core/backoff.ts';
import type { ServiceFault } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { PutEntry, PutReply, Random } from '../core/ports.ts';
import type { KinesisRecord } from './kinesis-record.ts';
import type { Outage } from './outage.ts';
import type { PutMetrics } from './put-metrics.ts';
import { type EntryVerdict, entryFault, failedEntryFault, judgePut, type PutVerdict } from './put-result.ts';
import type { Refused, Suspects } from './suspects.ts';

/** Hears what becomes of records, before they are settled. */
export interface PutObserver {
  /** False: the record does not count as accepted, and was taken care of. */
  landed(record: KinesisRecord, shardId: string | undefined): boolean;
  /** Whether the pace of the record's lane was too high. */
  throttled(record: KinesisRecord, message: string): boolean;
  /** Records were refused for good: what is known about the stream may be wrong. */
  doubted(): void;
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

/** No trouble makes requests smaller on purpose. */
const LEAST_BYTES = limits.shardReadyBytes / 4;
/** What limits the size of requests is seldom changed; to find out that it was costs one that is refused. */
const BOUND_MS = 600_000;

type Failure = Exclude<PutVerdict, { readonly kind: 'entries' }>;

export class Answers {
  observer: PutObserver | undefined;
  readonly #options: AnswersOptions;
  #targetBytes: number;
  /** By what was too large of late. */
  #boundBytes = Number.POSITIVE_INFINITY;
  #boundUntilMs = 0;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#targetBytes = options.requestTargetBytes();
  }

  /** As `requestTargetBytes`, and less after requests that were too large, or whose answer did not come: a slow line gets what it carries in time. */
  get targetBytes(): number {
    return Math.min(this.#targetBytes, this.#boundBytes);
  }

  /** What `reply` means for each of the request's records happens to it, in their order. */
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

  /** Several records together were too many bytes: for a while no request is half as large. */
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
    // It was answered about, and not called invalid: what was accepted since it was says nothing against it.
    record.doubtedMs = Number.POSITIVE_INFINITY;
    record.lane.sendAgain(record);
  }

  /** Some or all of a request's records were called invalid; what was sent after `doubtedMs` and accepted speaks against them. */
  #doubt(request: Request, fault: ServiceFault, doubtedMs: number): void {
    this.observer?.doubted();
    this.#options.suspects.doubt(request, fault, doubtedMs);
  }
}
