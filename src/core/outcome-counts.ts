/** What became of the bytes of a flow or a file generation: exact, by outcome. */
import { type Outcome, outcomes, type Resolution } from './offset-tracker.ts';
import type { OutcomeCount } from './status.ts';

export class OutcomeCounts {
  readonly #counts = new Map<Outcome, { bytes: number; records: number }>();

  add({ outcome, bytes, records }: Resolution): void {
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
    const all: Partial<Record<Outcome, OutcomeCount>> = {};
    for (const outcome of outcomes) all[outcome] = { ...this.of(outcome) };
    return all as Record<Outcome, OutcomeCount>;
  }

  /** Only those that occurred. */
  occurred(): Readonly<Partial<Record<Outcome, OutcomeCount>>> {
    const occurred: Partial<Record<Outcome, OutcomeCount>> = {};
    for (const [outcome, count] of this.#counts) occurred[outcome] = { ...count };
    return occurred;
  }
}

const NOTHING: OutcomeCount = { bytes: 0, records: 0 };
