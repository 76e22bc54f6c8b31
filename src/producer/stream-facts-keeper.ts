/**
 * Keeps what DescribeStreamSummary says of one stream. The first answer, or a few failures in a row, ends the wait of the
 * sender; a failure is tried again in the background, and known facts are looked up again on suspicion.
 */
import type { ServiceFault } from '../core/errors.ts';
import type { Clock, KinesisPort, Random, StreamFacts, Timer } from '../core/ports.ts';

export interface StreamFactsKeeperOptions {
  readonly port: KinesisPort;
  readonly stream: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onFacts: (facts: StreamFacts) => void;
  /** The facts will not come soon: go on without them. */
  readonly onFault: (fault: ServiceFault) => void;
}

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 300_000;
/** Failures that may pass before the sender goes on without facts; a denial is one too many. */
const FAILURES_MAX = 2;
/** Known facts are not looked up more often than this: the call has 20 a second for the whole account. */
const SUSPICION_MS = 30_000;

export class StreamFactsKeeper {
  readonly #options: StreamFactsKeeperOptions;
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #call: Promise<void> | undefined;
  #failures = 0;
  #askedMs = 0;

  constructor(options: StreamFactsKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ask();
  }

  /** Something went as it should not under the facts known. */
  suspect(): void {
    if (this.#call !== undefined || this.#timer !== undefined) return;
    const delayMs = Math.max(0, this.#askedMs + SUSPICION_MS - this.#options.clock.monotonicMs());
    this.#askIn(delayMs);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
    await this.#call;
  }

  #ask(): void {
    if (this.#abort.signal.aborted) return;
    this.#askedMs = this.#options.clock.monotonicMs();
    this.#call = this.#load();
  }

  #askIn(delayMs: number): void {
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#ask();
    });
  }

  async #load(): Promise<void> {
    const { port, stream, random, onFacts, onFault } = this.#options;
    const reply = await port.describeStream(stream, this.#abort.signal);
    this.#call = undefined;
    if (this.#abort.signal.aborted) return;
    if (reply.kind === 'answered') {
      this.#failures = 0;
      onFacts(reply.facts);
      return;
    }
    this.#failures += 1;
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures - 1, 20));
    this.#askIn(delayMs * (0.5 + random.next() / 2));
    if (this.#failures >= FAILURES_MAX || reply.fault.kind === 'blocked') onFault(reply.fault);
  }
}
