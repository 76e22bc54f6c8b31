/**
 * Offsets at which a record of a generation begins whatever its bytes say: where a group of lines was complete by its
 * time-out, or a file had ended in the middle of a line. Where they are depends on time, so they are stored.
 *
 * Invariant: a record that a cut ends is handed on only after the cut is stored. So bytes that are read again after a
 * crash are framed as before, whatever was written meanwhile.
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

  /** The cut that is decided and not stored. */
  get planned(): number | undefined {
    return this.#planned;
  }

  /** As many cuts are remembered as may be: the next one waits until the bytes before the first are resolved. */
  isFull(watermark: number): boolean {
    return this.from(watermark).length >= limits.cutsMax;
  }

  plan(offset: number): void {
    this.#planned = offset;
  }

  /** The planned cut is stored: it counts from now on. */
  confirm(): void {
    const planned = this.#planned;
    this.#planned = undefined;
    if (planned === undefined || this.#offsets.includes(planned)) return;
    // It may lie before other cuts: the copy in which reading goes on may end before where the original was read to.
    this.#offsets.push(planned);
    this.#offsets.sort(ascending);
  }

  /** The cuts were made in other bytes than those that are there. */
  forget(): void {
    this.#offsets.length = 0;
    this.#planned = undefined;
  }

  /** The cut was made in other bytes than those that are there. */
  drop(offset: number): void {
    if (this.#planned === offset) this.#planned = undefined;
    const index = this.#offsets.indexOf(offset);
    if (index >= 0) this.#offsets.splice(index, 1);
  }

  has(offset: number): boolean {
    return this.#offsets.includes(offset);
  }

  /** The first cut after `offset`. */
  after(offset: number): number | undefined {
    return this.#offsets.find((cut) => cut > offset);
  }

  /** The cuts that matter to a reader that begins again at `watermark`, the planned one included. Forgets the cuts before. */
  from(watermark: number): readonly number[] {
    const past = this.#offsets.findIndex((cut) => cut >= watermark);
    this.#offsets.splice(0, past < 0 ? this.#offsets.length : past);
    const planned = this.#planned;
    if (planned === undefined || this.#offsets.includes(planned)) return [...this.#offsets];
    return [...this.#offsets, planned].sort(ascending);
  }
}

const ascending = (one: number, other: number) => one - other;
