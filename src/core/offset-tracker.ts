/**
 * Which bytes of one file generation are resolved (rules R1 and R3 of the design).
 *
 * The tailer opens spans one after another, each beginning where the last ended. Whoever holds a share of a span
 * resolves that many bytes exactly once. The watermark is the end of the resolved prefix: it never passes a byte that
 * is not resolved, whatever was resolved after it.
 */
import { assert } from './assert.ts';

/** Why bytes did not reach the destination. `lost` is what could not even be read (a truncated file's unread rest). */
export type DropReason = 'filtered' | 'unparsable' | 'oversize' | 'rejected' | 'skipped' | 'lost';
export type Outcome = 'delivered' | DropReason;

export const outcomes: readonly Outcome[] = [
  'delivered',
  'filtered',
  'unparsable',
  'oversize',
  'rejected',
  'skipped',
  'lost',
];

export interface Resolution {
  readonly outcome: Outcome;
  readonly bytes: number;
  /** Records (or, for what was never framed, lines as far as known). */
  readonly records: number;
}

/** Bytes [start, end) of a generation on their way. */
export class Span {
  readonly start: number;
  readonly end: number;
  readonly tracker: OffsetTracker;
  #pendingBytes: number;

  /** Only `OffsetTracker.open` makes spans. */
  constructor(tracker: OffsetTracker, start: number, end: number) {
    this.tracker = tracker;
    this.start = start;
    this.end = end;
    this.#pendingBytes = end - start;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Settles `bytes` of the span, once and for all. */
  resolve(outcome: Outcome, bytes: number, records: number): void {
    assert(bytes >= 0 && bytes <= this.#pendingBytes, 'no byte of a span is resolved twice');
    this.#pendingBytes -= bytes;
    this.tracker.resolved({ outcome, bytes, records }, this.#pendingBytes === 0);
  }
}

export class OffsetTracker {
  readonly #spans: Span[] = [];
  #watermark: number;
  #readOffset: number;
  #pendingBytes = 0;
  readonly #onResolve: (resolution: Resolution) => void;

  /** `onResolve` hears of every resolution: budget, counters and the committer live there. */
  constructor(options: { startOffset: number; onResolve: (resolution: Resolution) => void }) {
    this.#watermark = options.startOffset;
    this.#readOffset = options.startOffset;
    this.#onResolve = options.onResolve;
  }

  /** End of the resolved prefix, bytes. */
  get watermark(): number {
    return this.#watermark;
  }

  /** Where the next span begins, bytes. */
  get readOffset(): number {
    return this.#readOffset;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get spanCount(): number {
    return this.#spans.length;
  }

  /** The next `lengthBytes` bytes are on their way. */
  open(lengthBytes: number): Span {
    assert(lengthBytes > 0, 'a span has at least one byte');
    const span = new Span(this, this.#readOffset, this.#readOffset + lengthBytes);
    this.#readOffset = span.end;
    this.#pendingBytes += lengthBytes;
    this.#spans.push(span);
    return span;
  }

  /** Called by spans only. */
  resolved(resolution: Resolution, complete: boolean): void {
    this.#pendingBytes -= resolution.bytes;
    if (complete) this.#advance();
    this.#onResolve(resolution);
  }

  #advance(): void {
    let done = 0;
    while (done < this.#spans.length && this.#spans[done]?.pendingBytes === 0) done += 1;
    if (done === 0) return;
    const last = this.#spans[done - 1];
    assert(last !== undefined, 'the prefix has a last span');
    this.#watermark = last.end;
    this.#spans.splice(0, done);
  }
}
