/**
 * Room for the next file: with as many open as are allowed, some are closed before one more is opened.
 *
 * Guarantees: what is closed can be done without (`closableOf`, `closeUnchanged`); where nothing can, more are opened than are allowed, for a file that is
 * not read and delivered to its end may be all that is left of it. Invariant: one sweep asks every open file, so there is one for a
 * share of what is open, or for a time, not one for each file that is opened.
 */
import type { Generation } from './generation.ts';
import { closableOf, closeUnchanged } from './retirement.ts';

/** Of those that may be open, so many are closed at once. */
const SWEPT_SHARE = 0.25;
/** While too many are open, and nothing is opened. */
const SWEEP_EVERY_MS = 250;
/** What grew so shortly ago will most likely grow again, and would have to be opened again at once. */
const HOT_MS = 1000;

export class HandleRoom {
  readonly #open: ReadonlySet<Generation>;
  readonly #openFilesMax: number;
  #sweptMs = -Infinity;
  /** With fewer open the last sweep still holds. */
  #leastCount = 0;

  constructor(open: ReadonlySet<Generation>, { openFilesMax }: { readonly openFilesMax: number }) {
    this.#open = open;
    this.#openFilesMax = openFilesMax;
  }

  /** When too many are open, and some of them may be closed by then: monotonic; never: infinite. */
  get dueMs(): number {
    return this.#open.size > this.#openFilesMax ? this.#sweptMs + SWEEP_EVERY_MS : Infinity;
  }

  /** As many are open as may be. */
  get isFull(): boolean {
    return this.#open.size >= this.#openFilesMax;
  }

  /** One more is to be opened, or `dueMs` has come: closes those that were idle longest, where there is no room. */
  async make(nowMs: number): Promise<void> {
    const count = this.#open.size;
    if (!this.isFull || (count < this.#leastCount && nowMs < this.#sweptMs + SWEEP_EVERY_MS)) return;
    this.#sweptMs = nowMs;
    const wanted = count - this.#openFilesMax + Math.ceil(this.#openFilesMax * SWEPT_SHARE);
    const idle = closableOf(this.#open).filter((one) => one.readBytes === 0 || nowMs - one.grownMs >= HOT_MS);
    await closeUnchanged(idle.slice(0, wanted));
    this.#leastCount = this.#open.size + Math.ceil(this.#open.size * SWEPT_SHARE);
  }
}
