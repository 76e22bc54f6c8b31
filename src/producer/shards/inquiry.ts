/**
 * A question that is put to the service now and again: which shards a stream has, what kind of stream it is. The receiver
 * of a reply decides when to ask again.
 *
 * Invariants: one call at a time and one timer at most; no reply is heard after `close` was called.
 */
import type { Clock, Timer } from '../../core/ports.ts';

export interface InquiryOptions<Reply> {
  readonly clock: Clock;
  /** One call. Never rejects; `signal` aborts it. */
  readonly call: (signal: AbortSignal) => Promise<Reply>;
  /** The call is over: the next one may be arranged from here. */
  readonly onReply: (reply: Reply) => void;
}

export class Inquiry<Reply> {
  readonly #options: InquiryOptions<Reply>;
  readonly #abort = new AbortController();
  #call: Promise<void> | undefined;
  #timer: Timer | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(options: InquiryOptions<Reply>) {
    this.#options = options;
  }

  /** A call is under way. */
  get asking(): boolean {
    return this.#call !== undefined;
  }

  /** A call is under way or arranged. */
  get pending(): boolean {
    return this.asking || this.#timer !== undefined;
  }

  /** How long it is until `distanceMs` have passed since the last call began; 0: they have. */
  remainingMs(distanceMs: number): number {
    return Math.max(0, this.#askedMs + distanceMs - this.#options.clock.monotonicMs());
  }

  /** Asks now. Not while a call is under way. */
  ask(): void {
    if (this.#abort.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#askedMs = this.#options.clock.monotonicMs();
    this.#call = this.#load();
  }

  /** Asks in `delayMs`, whatever was arranged before. */
  askIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delayMs, () => this.ask());
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
    await this.#call;
  }

  async #load(): Promise<void> {
    const reply = await this.#options.call(this.#abort.signal);
    this.#call = undefined;
    if (!this.#abort.signal.aborted) this.#options.onReply(reply);
  }
}
