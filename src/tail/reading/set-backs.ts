/**
 * Notices that the wall clock was set back. The modification time tells copies of a file that was cut from files that
 * merely begin like it (lineage.ts). So what is written after the clock was set back must not seem to come from before.
 *
 * Invariant: no file is known to have reached some length at a time that the clock comes to once more. In doubt, the copy of a file
 * is sent again rather than a new file not at all.
 */
import type { Now } from '../../core/ports.ts';
import type { Generation } from '../generation/generation.ts';

export interface SetBacksOptions {
  /** When a predecessor looked last; undefined: not known. */
  readonly lookedWallMs: number | undefined;
  /** Every file that is known. */
  readonly known: () => Iterable<Pick<Generation, 'readEnds' | 'dirty'>>;
}

export class SetBacks {
  readonly #known: SetBacksOptions['known'];
  #last: Now | undefined;

  constructor({ lookedWallMs, known }: SetBacksOptions) {
    this.#known = known;
    // Nobody knows what the clock showed since then.
    this.#last = lookedWallMs === undefined ? undefined : { nowMs: -Infinity, wallMs: lookedWallMs };
  }

  /** The clocks show `now`. Call before an end is noted at that time. Where the wall clock was set back, all known ends become older. */
  notice(now: Now): void {
    const last = this.#last;
    this.#last = now;
    if (last === undefined || now.wallMs >= last.wallMs) return;
    // The clock was set back right after the last call, at the earliest.
    const setToMs = now.wallMs - (now.nowMs - last.nowMs);
    for (const generation of this.#known()) if (generation.readEnds.reachedBefore(setToMs)) generation.dirty = true;
  }
}
