/**
 * Room for the next file: when as many files are open as are allowed, some are closed before one more is opened.
 *
 * Guarantees: only files that can be done without are closed (`closableOf`, `closeUnchanged`). Where there are none, more files are opened
 * than are allowed: the handle of a file that is not read and delivered to its end may be all that is left of it.
 * Invariant: a sweep asks every open file, so it does not come for each file that is opened, but once for a share of the open files, or
 * once in `SWEEP_EVERY_MS`.
 */
import type { Generation } from './generation.ts';
import { closableOf, closeUnchanged } from './retirement.ts';

/** Share of the files that may be open: so many are closed at once. */
const SWEPT_SHARE = 0.25;
/** Time between two sweeps while too many files are open. */
const SWEEP_EVERY_MS = 250;
/** A file that grew so shortly ago will most likely grow again, and would be opened again at once. */
const HOT_MS = 1000;

export class HandleRoom {
  readonly #open: ReadonlySet<Generation>;
  readonly #openFilesMax: number;
  #sweptMs = -Infinity;
  /** With fewer files open, another sweep would find little that the last one did not. */
  #leastCount = 0;

  constructor(open: ReadonlySet<Generation>, { openFilesMax }: { readonly openFilesMax: number }) {
    this.#open = open;
    this.#openFilesMax = openFilesMax;
  }

  /** When the next sweep is due because too many files are open, monotonic; infinite: not at all. */
  get dueMs(): number {
    return this.#open.size > this.#openFilesMax ? this.#sweptMs + SWEEP_EVERY_MS : Infinity;
  }

  /** Whether as many files are open as may be. */
  get isFull(): boolean {
    return this.#open.size >= this.#openFilesMax;
  }

  /** Call it before a file is opened, and when `dueMs` has come: where there is no room, closes the files that were idle longest. */
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
