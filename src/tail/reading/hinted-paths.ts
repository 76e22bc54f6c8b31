/**
 * Paths at which something may have changed, until each was looked at.
 *
 * Several paths are asked together, and what they hold is read before the next ones are asked. To ask one after the other takes half
 * as long again, most of it to change threads. Of a thousand asked at once, most files would have grown again before they are read.
 */
import type { Clock, FileSystem } from '../../core/ports.ts';
import { statOrNothing } from '../content/content.ts';
import type { SeenStat } from './read-queue.ts';

export interface HintedPath {
  readonly path: string;
  /** Undefined: nothing is there, or the path was not asked. */
  readonly seen: SeenStat | undefined;
}

export interface HintedPathsOptions {
  readonly files: FileSystem;
  readonly clock: Clock;
  /** Whether the file at the path is being read. Other paths are not asked: they are listed anew in any case. */
  readonly isRead: (path: string) => boolean;
}

const ASKED_AT_ONCE = 16;
/** What waits to be read holds hints up for this long at most: it can be much, and hints tell of files that may be gone soon, too. */
const HELD_MS_MAX = 100;

export class HintedPaths {
  readonly #options: HintedPathsOptions;
  /** Each with the time at which something may have changed there first, monotonic. */
  readonly #paths = new Map<string, number>();
  /** So many reads come before the next paths are asked: those of the paths that were asked last. */
  #readsFirst = 0;
  /** After them come so many reads of what waited before, until `#waitingUntilMs`, monotonic. */
  #waitingFirst = 0;
  #waitingUntilMs = 0;

  constructor(options: HintedPathsOptions) {
    this.#options = options;
  }

  /** Something may have changed there at `hintedMs`, monotonic. */
  add(path: string, hintedMs: number): void {
    if (!this.#paths.has(path)) this.#paths.set(path, hintedMs);
  }

  clear(): void {
    this.#paths.clear();
  }

  /** The paths that `take` asks next. */
  next(): IteratorObject<string> {
    return this.#paths.keys().take(ASKED_AT_ONCE);
  }

  /** Whether paths are to be looked at now. `canRead`: something waits that can be read at once. */
  isDue(canRead: boolean): boolean {
    if (this.#paths.size === 0) return false;
    if (!canRead) return true;
    return this.#readsFirst <= 0 && this.#isWaitingOver();
  }

  #isWaitingOver(): boolean {
    return this.#waitingFirst <= 0 || this.#options.clock.monotonicMs() >= this.#waitingUntilMs;
  }

  /** Something was read. */
  wasRead(): void {
    if (this.#readsFirst > 0) this.#readsFirst -= 1;
    else this.#waitingFirst -= 1;
  }

  /**
   * Takes the next paths, with what stands there. `waiting`: so many generations wait to be read already. They are read before the next
   * paths are asked, too, for `HELD_MS_MAX` at most: else what was seen of a file is old when its turn comes, and has to be asked again.
   */
  async take(waiting: number): Promise<readonly HintedPath[]> {
    const { files, clock, isRead } = this.#options;
    const askedMs = clock.monotonicMs();
    const asked: Promise<HintedPath>[] = [];
    for (const [path, hintedMs] of this.#paths) {
      if (asked.length === ASKED_AT_ONCE) break;
      this.#paths.delete(path);
      const stat = isRead(path) ? statOrNothing(files, path) : Promise.resolve(undefined);
      asked.push(stat.then((known) => ({ path, seen: known && { stat: known, askedMs, hintedMs } })));
    }
    this.#readsFirst = asked.length;
    this.#waitingFirst = waiting;
    this.#waitingUntilMs = askedMs + HELD_MS_MAX;
    return Promise.all(asked);
  }
}
