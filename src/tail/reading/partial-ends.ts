/**
 * Generations at whose end something waits that no byte completes: an open group of lines, or a line without an end.
 *
 * Time completes it: a group by its time-out, the last line of a rotated file once that file is quiet. Invariant: what was
 * tried in vain is tried again after `RETRY_MS` at the earliest.
 */
import type { Generation } from '../generation/generation.ts';
import type { CutOrder } from './read-step.ts';

/** A rotated file that stays unchanged for this long has ended: its last line is sent without newline. */
const ENDED_QUIET_MS = 5000;
/** What is due and cannot be completed yet, or could not be read, is tried again after this long. */
const RETRY_MS = 1000;

export class PartialEnds {
  readonly #groupTimeoutMs: number | undefined;
  readonly #generations = new Set<Generation>();

  /** `groupTimeoutMs`: a multi-line record to which nothing was added for this long is complete; undefined: lines are not joined. */
  constructor(groupTimeoutMs: number | undefined) {
    this.#groupTimeoutMs = groupTimeoutMs;
  }

  get isEmpty(): boolean {
    return this.#generations.size === 0;
  }

  /** Monotonic time at which the first generation is due; infinite: none is. */
  get dueMs(): number {
    let dueMs = Infinity;
    for (const generation of this.#generations) dueMs = Math.min(dueMs, this.#completeAtMs(generation));
    return dueMs;
  }

  /** Something waits at the generation's end. */
  add(generation: Generation): void {
    this.#generations.add(generation);
  }

  /** The generations that are due at `nowMs`, monotonic. Forgets generations at whose end nothing waits any more. */
  takeDue(nowMs: number): readonly Generation[] {
    const due: Generation[] = [];
    for (const generation of this.#generations) {
      if (!generation.partial || generation.cuts.planned !== undefined) this.#generations.delete(generation);
      else if (this.#completeAtMs(generation) <= nowMs) due.push(generation);
    }
    return due;
  }

  /** How a read of `generation` at `nowMs`, monotonic, is to complete what waits. Rejects with a `FileFault`. */
  async cutOrder(generation: Generation, nowMs: number): Promise<CutOrder> {
    const due = generation.partial && this.#completeAtMs(generation) <= nowMs;
    const ended = due && generation.state === 'rotated' && generation.grownMs + ENDED_QUIET_MS <= nowMs;
    const groupCut: CutOrder = due && this.#groupTimeoutMs !== undefined ? 'group' : 'none';
    return ended && (await generation.hasEnd()) ? 'end' : groupCut;
  }

  /** A read at `nowMs` has done what `cut` ordered, as far as it could. */
  tried(generation: Generation, cut: CutOrder, nowMs: number): void {
    // A group that was due and still waits holds an unterminated line: only the file's end completes it.
    generation.partialTried = cut === 'group' && generation.partial && generation.cuts.planned === undefined;
    if (generation.partial && this.#completeAtMs(generation) <= nowMs) this.failed(generation, nowMs);
  }

  /** What waits could not be read at `nowMs`: without a pause it would be due all the time. */
  failed(generation: Generation, nowMs: number): void {
    generation.partialRetryMs = nowMs + RETRY_MS;
  }

  /** When what waits at the generation's end is taken as it is: a group after its time-out, a line once the file has ended. */
  #completeAtMs(generation: Generation): number {
    const groupMs = this.#groupTimeoutMs === undefined ? Infinity : generation.grownMs + this.#groupTimeoutMs;
    const endMs = generation.state === 'rotated' ? generation.grownMs + ENDED_QUIET_MS : Infinity;
    return Math.max(generation.partialRetryMs, generation.partialTried ? endMs : Math.min(groupMs, endMs));
  }
}
