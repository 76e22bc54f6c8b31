/**
 * Which open files of a flow are closed, and when: those that are idle, some for the next file where as many are open as are allowed, and
 * some where the system gives no handle.
 *
 * Guarantees: a file is closed only if everything of it was read and delivered, a name leads to it, and it is as it was seen last, asked
 * right before. The handle of any other file may be all that is left of it: where there are only such files, more are opened than are
 * allowed.
 * Invariant: a sweep can ask every open file, so it does not come for each file that is opened, but once for a share of the open files, or
 * once in `SWEEP_EVERY_MS`.
 */
import { FileFault } from '../../core/errors.ts';
import { statOrForgotten } from '../content/content.ts';
import type { Generation } from './generation.ts';

/** Share of the files that may be open, or of those that can be closed: so many are closed at once. */
const SWEPT_SHARE = 0.25;
/** Where the system gives no handle, at least so many are closed: one handle at a time would not do. */
const SPARED_MIN = 16;
/** Time between two sweeps that found too little. */
const SWEEP_EVERY_MS = 250;
/** A file that grew so shortly ago will most likely grow again, and would be opened again at once. */
const HOT_MS = 1000;

export interface HandlePolicy {
  /** A file that did not grow for this long is closed until it grows. */
  readonly idleCloseMs: number;
  readonly openFilesMax: number;
}

export class HandleRoom {
  readonly #open: ReadonlySet<Generation>;
  readonly #policy: HandlePolicy;
  /** When `make` swept last, monotonic. */
  #madeMs = -Infinity;
  /** With fewer files open, `make` would find little that it did not find then. */
  #leastCount = 0;
  /** When `spare` found nothing to close last, monotonic. */
  #noneMs = -Infinity;

  constructor(open: ReadonlySet<Generation>, policy: HandlePolicy) {
    this.#open = open;
    this.#policy = policy;
  }

  /** When `make` is to be called because too many files are open, monotonic; infinite: not at all. */
  get dueMs(): number {
    return this.#open.size > this.#policy.openFilesMax ? this.#madeMs + SWEEP_EVERY_MS : Infinity;
  }

  /** Whether as many files are open as may be. */
  get isFull(): boolean {
    return this.#open.size >= this.#policy.openFilesMax;
  }

  /**
   * Call it before a file is opened, and when `dueMs` has come: where there is no room, closes the files that were idle longest. Between two
   * steps only: within one it may be known already of a file that it grew, or left its place, and nothing but its handle may lead to it.
   */
  async make(nowMs: number): Promise<void> {
    const { openFilesMax } = this.#policy;
    const count = this.#open.size;
    if (!this.isFull || (count < this.#leastCount && nowMs < this.#madeMs + SWEEP_EVERY_MS)) return;
    this.#madeMs = nowMs;
    const wanted = count - openFilesMax + Math.ceil(openFilesMax * SWEPT_SHARE);
    const idle = this.#closable().filter((one) => one.readBytes === 0 || nowMs - one.grownMs >= HOT_MS);
    await closeUnchanged(idle.slice(0, wanted));
    this.#leastCount = this.#open.size + Math.ceil(this.#open.size * SWEPT_SHARE);
  }

  /**
   * The system gives no handle: closes the files that were idle longest, also hot ones. False: none can be closed, or none could at most
   * `SWEEP_EVERY_MS` ago. A sweep of `make` does not count: it comes right before, and leaves the hot ones open.
   */
  async spare(nowMs: number): Promise<boolean> {
    if (nowMs < this.#noneMs + SWEEP_EVERY_MS) return false;
    const closable = this.#closable();
    const count = await closeUnchanged(closable.slice(0, Math.max(SPARED_MIN, Math.ceil(closable.length * SWEPT_SHARE))));
    if (count === 0) this.#noneMs = nowMs;
    return count > 0;
  }

  /** Call it once a look: closes the files that are idle, or too many. */
  async closeIdle(nowMs: number): Promise<void> {
    const { idleCloseMs, openFilesMax } = this.#policy;
    const excess = this.#open.size - openFilesMax;
    await closeUnchanged(this.#closable().filter((one, index) => index < excess || nowMs - one.grownMs >= idleCloseMs));
  }

  /** The files that can be closed: read to the end, all of it resolved, and the name leads to the file again. Longest idle first. */
  #closable(): readonly Generation[] {
    // Bytes on their way may have to be read again, as at a reload: by then the file, or its copy, may be deleted.
    const closable = [...this.#open].filter(
      (one) => one.unreadBytes === 0 && one.tracker.pendingBytes === 0 && one.storable && !one.outOfPattern && one.storage === 'plain',
    );
    return closable.sort((a, b) => a.grownMs - b.grownMs);
  }
}

/**
 * Closes the files that are as they were seen last; returns how many. Bytes that were written since, or that are still written to a file
 * without a name, may be reached by nothing but the open handle.
 */
async function closeUnchanged(generations: readonly Generation[]): Promise<number> {
  let count = 0;
  for (const generation of generations) {
    if (!(await isAsSeen(generation))) continue;
    await closed(generation);
    count += 1;
  }
  return count;
}

/** The descriptor is gone whatever close(2) says, and a file that is only read has nothing that could fail to be written. */
async function closed(generation: Generation): Promise<void> {
  try {
    await generation.close();
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
  }
}

async function isAsSeen({ handle, sizeBytes }: Generation): Promise<boolean> {
  try {
    const stat = handle === undefined ? undefined : await statOrForgotten(handle);
    return stat === undefined || (stat.sizeBytes === sizeBytes && stat.linkCount > 0);
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    return false;
  }
}
