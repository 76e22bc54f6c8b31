/**
 * Offsets at which a record of a generation begins whatever its bytes say: where a group of lines was complete by its
 * time-out, or a file had ended in the middle of a line. When they were taken depends on time, so they are stored.
 *
 * Invariant: no byte before a cut goes on its way in a record that the cut ended before the cut is stored. So what is
 * read again after a crash is framed as it was before, whatever was written meanwhile.
 */
import { limits } from '../../core/limits.ts';

export class Cuts {
  /** Ascending. */
  readonly #offsets: number[];
  /** Not stored yet: nothing is read beyond it. */
  #planned: number | undefined;

  constructor(offsets: readonly number[]) {
    this.#offsets = [...offsets];
  }

  /** Decided, not stored. */
  get planned(): number | undefined {
    return this.#planned;
  }

  /** As many as are remembered: a further one has to wait until what is before the first is resolved. */
  isFull(watermark: number): boolean {
    return this.from(watermark).length >= limits.cutsMax;
  }

  plan(offset: number): void {
    this.#planned = offset;
  }

  /** The planned cut is stored. */
  confirm(): void {
    const planned = this.#planned;
    this.#planned = undefined;
    if (planned === undefined || this.#offsets.includes(planned)) return;
    // Also before others: a copy that is read on from may end before what was read of its original.
    this.#offsets.push(planned);
    this.#offsets.sort(ascending);
  }

  /** They were made in other bytes than those that are there. */
  forget(): void {
    this.#offsets.length = 0;
    this.#planned = undefined;
  }

  /** It was made in other bytes than those that are there. */
  drop(offset: number): void {
    if (this.#planned === offset) this.#planned = undefined;
    const index = this.#offsets.indexOf(offset);
    if (index >= 0) this.#offsets.splice(index, 1);
  }

  has(offset: number): boolean {
    return this.#offsets.includes(offset);
  }

  /** The first one after `offset`. */
  after(offset: number): number | undefined {
    return this.#offsets.find((cut) => cut > offset);
  }

  /** Those that matter to whoever reads again from `watermark` on, the planned one included; forgets the others. */
  from(watermark: number): readonly number[] {
    const past = this.#offsets.findIndex((cut) => cut >= watermark);
    this.#offsets.splice(0, past < 0 ? this.#offsets.length : past);
    const planned = this.#planned;
    if (planned === undefined || this.#offsets.includes(planned)) return [...this.#offsets];
    return [...this.#offsets, planned].sort(ascending);
  }
}

const ascending = (one: number, other: number) => one - other;
