/**
 * The bytes that a flow may read next: taken from the byte budget, or asked for without waiting.
 *
 * Invariant: one grant at a time; bytes of it that are not used are given back.
 */
import type { BudgetAccount, ByteBudget } from '../../core/byte-budget.ts';

export interface ReadGrantOptions {
  readonly budget: ByteBudget;
  readonly account: BudgetAccount;
  readonly readBytesMax: number;
  /** Aborted: nothing is granted any more. */
  readonly signal: AbortSignal;
  /** The bytes that were asked for are granted, or will not come. */
  readonly onGiven: () => void;
}

export class ReadGrant {
  readonly #options: ReadGrantOptions;
  #bytes = 0;
  #asking = false;

  constructor(options: ReadGrantOptions) {
    this.#options = options;
  }

  /** How much one read may take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is a grant. If not, it is asked for, and `onGiven` tells when it is there. */
  has(): boolean {
    if (this.#bytes > 0) return true;
    if (this.#asking) return false;
    const { budget, account, readBytesMax, signal } = this.#options;
    const wantedBytes = Math.min(budget.takeBytesMax(account), readBytesMax);
    const granted = budget.take(account, wantedBytes, signal);
    if (granted === true) {
      this.#bytes = wantedBytes;
      return true;
    }
    if (granted === false) return false;
    this.#asking = true;
    void granted.then((given) => {
      this.#asking = false;
      if (given) this.#bytes = wantedBytes;
      if (signal.aborted) this.release();
      this.#options.onGiven();
    });
    return false;
  }

  /** `bytes` were handed on: they stay taken until their spans are resolved. The rest is given back; the next read asks anew. */
  use(bytes: number): void {
    this.#bytes -= bytes;
    this.release();
  }

  /** Gives back what is granted. */
  release(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    if (bytes > 0) this.#options.budget.release(this.#options.account, bytes);
  }
}
