/**
 * What happened in a run: a rolling hash of everything, for the determinism test, and the last events in words, for
 * the person who has to understand a failure.
 */
interface Entry {
  readonly atMs: number;
  readonly kind: string;
  readonly what: string;
  readonly detail: string;
  readonly amount: number;
}

export class Trace {
  readonly #now: () => number;
  readonly #keep: number;
  readonly #entries: Entry[] = [];
  #next = 0;
  #hash = 0x811c9dc5;
  #count = 0;

  /** Keeps the last `keep` events. */
  constructor(options: { now: () => number; keep: number }) {
    this.#now = options.now;
    this.#keep = options.keep;
  }

  /** One event. `amount` takes part in the hash like the words. */
  note(kind: string, what: string, detail = '', amount = 0): void {
    const entry = { atMs: this.#now(), kind, what, detail, amount };
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#keep;
    this.#count += 1;
    this.#mix(kind);
    this.#mix(what);
    this.#mix(detail);
    this.#hash = Math.imul(this.#hash ^ (amount | 0), 0x01000193);
    this.#hash = Math.imul(this.#hash ^ ((entry.atMs * 1000) | 0), 0x01000193);
  }

  /** Equal for equal runs. */
  get digest(): string {
    return `${this.#count}-${(this.#hash >>> 0).toString(16)}`;
  }

  /** The last events, oldest first, one a line. */
  lines(): readonly string[] {
    const inOrder = [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)];
    return inOrder.map((entry) => {
      const amount = entry.amount === 0 ? '' : ` (${entry.amount})`;
      return `${(entry.atMs / 1000).toFixed(4).padStart(10)} s  ${entry.kind}: ${entry.what} ${entry.detail}${amount}`;
    });
  }

  #mix(text: string): void {
    let hash = this.#hash;
    for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    this.#hash = hash;
  }
}
