/** What became of the bytes of a flow or a file generation: exact, by outcome. */
import { type Outcome, outcomes, type Resolution } from './offset-tracker.ts';
import type { OutcomeCount } from './status.ts';

export class OutcomeCounts {
  readonly #counts = new Map<Outcome, { bytes: number; records: number }>();
  /** The last answers of `all` and `occurred`, kept until the next `add`. */
  #all: Readonly<Record<Outcome, OutcomeCount>> | undefined;
  #occurred: Readonly<Partial<Record<Outcome, OutcomeCount>>> | undefined;

  add({ outcome, bytes, records }: Resolution): void {
    this.#all = undefined;
    this.#occurred = undefined;
    const count = this.#counts.get(outcome);
    if (count === undefined) {
      this.#counts.set(outcome, { bytes, records });
      return;
    }
    count.bytes += bytes;
    count.records += records;
  }

  /** Bytes of all outcomes. */
  get totalBytes(): number {
    let bytes = 0;
    for (const count of this.#counts.values()) bytes += count.bytes;
    return bytes;
  }

  of(outcome: Outcome): OutcomeCount {
    return this.#counts.get(outcome) ?? NOTHING;
  }

  /** Every outcome, also those that did not occur. */
  all(): Readonly<Record<Outcome, OutcomeCount>> {
    this.#all ??= this.#copied(outcomes) as Record<Outcome, OutcomeCount>;
    return this.#all;
  }

  /** Only those that occurred. */
  occurred(): Readonly<Partial<Record<Outcome, OutcomeCount>>> {
    this.#occurred ??= this.#copied(this.#counts.keys());
    return this.#occurred;
  }

  #copied(chosen: Iterable<Outcome>): Partial<Record<Outcome, OutcomeCount>> {
    const copied: Partial<Record<Outcome, OutcomeCount>> = {};
    for (const outcome of chosen) copied[outcome] = { ...this.of(outcome) };
    return copied;
  }
}

const NOTHING: OutcomeCount = { bytes: 0, records: 0 };
