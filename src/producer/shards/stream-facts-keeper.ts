/**
 * Keeps what DescribeStreamSummary says of one stream. The first answer, or a few failures in a row, ends the wait of the
 * sender. After a failure the call is made again in the background. Known facts are looked up again on suspicion, and while they
 * are a nuisance: a person may have changed them for that reason.
 */
import type { ServiceFault } from '../../core/errors.ts';
import type { Clock, KinesisPort, Random, StreamFacts, StreamFactsReply } from '../../core/ports.ts';
import { Inquiry } from './inquiry.ts';

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
/** After so many failures in a row, or after one denial, the sender goes on without facts. */
const FAILURES_MAX = 2;
/** Known facts are not looked up more often than this: the whole account may make 20 such calls a second. */
const SUSPICION_MS = 30_000;
/** How old facts become at most while they are a nuisance. */
const NUISANCE_MS = 300_000;

export class StreamFactsKeeper {
  readonly #options: StreamFactsKeeperOptions;
  readonly #inquiry: Inquiry<StreamFactsReply>;
  #failures = 0;

  constructor(options: StreamFactsKeeperOptions) {
    this.#options = options;
    const { clock, port, stream } = options;
    this.#inquiry = new Inquiry({
      clock,
      call: (signal) => port.describeStream(stream, signal),
      onReply: (reply) => this.#hear(reply),
    });
  }

  start(): void {
    this.#inquiry.ask();
  }

  /** Something happened that the known facts rule out. */
  suspect(): void {
    if (!this.#inquiry.pending) this.#inquiry.askIn(this.#inquiry.remainingMs(SUSPICION_MS));
  }

  /** The known facts cost something (records are cut, or leave one by one): looks whether they still hold, once they are old. */
  refresh(): void {
    if (!this.#inquiry.pending && this.#inquiry.remainingMs(NUISANCE_MS) === 0) this.#inquiry.ask();
  }

  close(): Promise<void> {
    return this.#inquiry.close();
  }

  #hear(reply: StreamFactsReply): void {
    const { random, onFacts, onFault } = this.#options;
    if (reply.kind === 'answered') {
      this.#failures = 0;
      onFacts(reply.facts);
      return;
    }
    this.#failures += 1;
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures - 1, 20));
    this.#inquiry.askIn(delayMs * (0.5 + random.next() / 2));
    if (this.#failures >= FAILURES_MAX || reply.fault.kind === 'blocked') onFault(reply.fault);
  }
}
