/**
 * Cuts that are decided and not stored yet. Those of all files of a flow are stored together, and only then carried out.
 *
 * A store that fails does not hold reading up for long: after `UNSTORED_MAX_MS` a cut is carried out unstored, and a crash
 * before the next commit could frame its record anew.
 */
import type { Generation } from '../generation/generation.ts';

/** Commits are at least `PAUSE_MS` apart, and at least `PAUSE_FACTOR` times as long as one takes. */
const PAUSE_MS = 50;
const PAUSE_FACTOR = 10;
const RETRY_MS = 1000;
const UNSTORED_MAX_MS = 5000;

export class PlannedCuts {
  readonly #commit: () => boolean;
  readonly #nowMs: () => number;
  readonly #generations = new Set<Generation>();
  #nextMs = 0;
  #failingSinceMs: number | undefined;

  /** `commit` stores everything at once; false: it could not. `nowMs` is monotonic. */
  constructor(options: { commit: () => boolean; nowMs: () => number }) {
    this.#commit = options.commit;
    this.#nowMs = options.nowMs;
  }

  /** The generation's planned cut is to be stored. */
  add(generation: Generation): void {
    generation.dirty = true;
    this.#generations.add(generation);
  }

  /** When `store` is to be called, monotonic; infinite: never. */
  get dueMs(): number {
    return this.#generations.size === 0 ? Infinity : this.#nextMs;
  }

  /** Stores the planned cuts. Returns the generations that can be read on: none where it failed, for a while. */
  store(): readonly Generation[] {
    const startMs = this.#nowMs();
    const stored = this.#commit();
    const endMs = this.#nowMs();
    if (stored) this.#failingSinceMs = undefined;
    else this.#failingSinceMs ??= startMs;
    this.#nextMs = endMs + (stored ? Math.max(PAUSE_MS, PAUSE_FACTOR * (endMs - startMs)) : RETRY_MS);
    if (this.#failingSinceMs !== undefined && endMs - this.#failingSinceMs < UNSTORED_MAX_MS) return [];
    const ready = [...this.#generations];
    this.#generations.clear();
    for (const { cuts } of ready) cuts.confirm();
    return ready;
  }
}
