/**
 * Which bytes of one file generation are resolved: every byte exactly once, as delivered or as dropped with a counted reason.
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
  /** The last bytes before the position `end`, of this span and of what stands before it. The file must hold them there. */
  readonly endMarker: Buffer;
  readonly #tracker: OffsetTracker;
  #pendingBytes: number;

  /** Only `OffsetTracker.open` makes spans. */
  constructor(tracker: OffsetTracker, range: { start: number; end: number; endMarker: Buffer }) {
    this.#tracker = tracker;
    this.start = range.start;
    this.end = range.end;
    this.endMarker = range.endMarker;
    this.#pendingBytes = range.end - range.start;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Settles `bytes` of the span, once and for all. */
  resolve(outcome: Outcome, bytes: number, records: number): void {
    assert(bytes >= 0 && bytes <= this.#pendingBytes, 'no byte of a span is resolved twice');
    this.#pendingBytes -= bytes;
    this.#tracker.resolved({ outcome, bytes, records }, this.#pendingBytes === 0);
  }
}

const NO_MARKER = Buffer.alloc(0);

export class OffsetTracker {
  readonly #spans: Span[] = [];
  #watermark: number;
  #watermarkMarker: Buffer;
  #readOffset: number;
  readonly #startOffset: number;
  #pendingBytes = 0;
  readonly #onResolve: (resolution: Resolution) => void;

  /** `onResolve` is called for every resolution; it feeds the budget, the counters and the committer. */
  constructor(options: { startOffset: number; marker?: Buffer; onResolve: (resolution: Resolution) => void }) {
    this.#watermark = options.startOffset;
    this.#watermarkMarker = options.marker ?? NO_MARKER;
    this.#readOffset = options.startOffset;
    this.#startOffset = options.startOffset;
    this.#onResolve = options.onResolve;
  }

  /** End of the resolved prefix, bytes. */
  get watermark(): number {
    return this.#watermark;
  }

  /** The bytes that stand before the watermark: the proof kept with it. */
  get watermarkMarker(): Buffer {
    return this.#watermarkMarker;
  }

  /** Where the next span begins, bytes. */
  get readOffset(): number {
    return this.#readOffset;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Where the first span begins, bytes. */
  get startOffset(): number {
    return this.#startOffset;
  }

  get spanCount(): number {
    return this.#spans.length;
  }

  /** The next `lengthBytes` bytes are on their way; `endMarker` is what stands before their end. */
  open(lengthBytes: number, endMarker: Buffer = NO_MARKER): Span {
    assert(lengthBytes > 0, 'a span has at least one byte');
    const span = new Span(this, { start: this.#readOffset, end: this.#readOffset + lengthBytes, endMarker });
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
    this.#watermarkMarker = last.endMarker;
    this.#spans.splice(0, done);
  }
}
