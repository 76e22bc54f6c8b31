/**
 * Reads whichever generation has something new: one read at a time, in turn, as far as the byte budget goes.
 *
 * What no byte completes (the last line of a file that has ended, a group of lines) is read again when its time has come. A cut
 * that a read would make is stored first (planned-cuts.ts). Invariant: nothing is read while reading is paused, and no budget is
 * kept while nothing waits to be read.
 */
import { FileFault } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { Generation } from '../generation/generation.ts';
import { PartialEnds } from './partial-ends.ts';
import { PlannedCuts } from './planned-cuts.ts';
import { ReadGrant, type ReadGrantOptions } from './read-grant.ts';
import { ReadQueue, type SeenStat, type Turn } from './read-queue.ts';
import type { ReadStep } from './read-step.ts';

export interface ReaderOptions extends ReadGrantOptions {
  readonly clock: Clock;
  readonly readStep: ReadStep;
  /** A multi-line record to which nothing was added for this long is complete; undefined: lines are not joined. */
  readonly groupTimeoutMs: number | undefined;
  /** Stores what must be known before reading goes on: where files were first taken up, where records were cut. */
  readonly commitNow: () => boolean;
  /** The file of `generation` is another one now. May reject with a `FileFault`. */
  readonly onReplaced: (generation: Generation) => Promise<void>;
  /** The file of `generation`, taken for a plain one while it was empty, is compressed. */
  readonly onCompressed: (generation: Generation) => Promise<void>;
}

export class Reader {
  readonly #options: ReaderOptions;
  readonly #queue = new ReadQueue();
  readonly #partial: PartialEnds;
  readonly #planned: PlannedCuts;
  readonly #grant: ReadGrant;
  #paused = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#partial = new PartialEnds(options.groupTimeoutMs);
    this.#planned = new PlannedCuts({ commit: options.commitNow, nowMs: () => options.clock.monotonicMs() });
    this.#grant = new ReadGrant(options);
  }

  /** The generation has something new. `seen`: of the file that it is read from. */
  add(generation: Generation, seen?: SeenStat): void {
    this.#queue.add(generation, seen);
  }

  /** These generations are older than all that wait. */
  addFirst(generations: readonly Generation[]): void {
    this.#queue.addFirst(generations);
  }

  /** Nothing of the generation is to be read now. */
  delete(generation: Generation): void {
    this.#queue.delete(generation);
  }

  /** Generations that wait to be read. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Nothing waits to be read, and no generation's end waits for its time to come. */
  get isDone(): boolean {
    return this.#queue.size === 0 && this.#partial.isEmpty;
  }

  /** Whether something could be read at once. If only the budget is missing, it is asked for, and `onGiven` tells. */
  mayRead(): boolean {
    return !this.#paused && this.#grant.has();
  }

  /** Whether something waits that can be read at once. */
  canRead(): boolean {
    return this.#queue.size > 0 && this.mayRead();
  }

  /** From now on nothing is read any more. */
  pause(): void {
    this.#paused = true;
  }

  /** When there is something to do that nobody tells of, monotonic; infinite: never. */
  get dueMs(): number {
    return this.#paused ? this.#planned.dueMs : Math.min(this.#planned.dueMs, this.#partial.dueMs);
  }

  /** Queues the generations at whose end something waits that is due at `nowMs`, monotonic. */
  wake(nowMs: number): void {
    for (const generation of this.#partial.takeDue(nowMs)) this.#queue.add(generation);
  }

  /** Stores the planned cuts if they are due at `nowMs`, monotonic; false: they are not. */
  storeCuts(nowMs: number): boolean {
    if (nowMs < this.#planned.dueMs) return false;
    for (const generation of this.#planned.store()) this.#queue.add(generation);
    return true;
  }

  /** There is nothing to do for now: a grant that nothing waits for is given back. */
  rest(): void {
    if (this.#queue.size === 0 || this.#paused) this.#grant.release();
  }

  /** Reads no more. */
  end(): void {
    this.#grant.release();
  }

  /** The next generation to read. One that is finished, has no file, or whose cut is not stored yet loses its turn. */
  take(): Turn | undefined {
    const turn = this.#queue.take();
    if (turn === undefined) return undefined;
    const { state, missingSinceMs, cuts } = turn.generation;
    return state === 'finished' || missingSinceMs !== undefined || cuts.planned !== undefined ? undefined : turn;
  }

  /** One read, of what `take` returned. Rejects with a `FileFault`: the bytes are read at a later turn. */
  async read(turn: Turn): Promise<void> {
    const { generation } = turn;
    try {
      await this.#readOnce(turn);
      if (generation.cuts.planned !== undefined) this.#planned.add(generation);
      else if (generation.partial) this.#partial.add(generation);
    } catch (fault) {
      // The server forgot the handle (NFS): the next look opens the file anew, by whatever name it has.
      if (fault instanceof FileFault && fault.code === 'stale') await generation.close();
      this.#partial.failed(generation, this.#options.clock.monotonicMs());
      throw fault;
    }
  }

  async #readOnce({ generation, seen }: Turn): Promise<void> {
    const { readStep, clock, onReplaced, onCompressed } = this.#options;
    const nowMs = clock.monotonicMs();
    const cut = await this.#partial.cutOrder(generation, nowMs);
    const outcome = await readStep.read(generation, { grantBytes: this.#grant.bytes, cut, seen });
    this.#partial.tried(generation, cut, nowMs);
    if (outcome.kind === 'replaced') return onReplaced(generation);
    if (outcome.kind === 'compressed') return onCompressed(generation);
    if (outcome.kind === 'idle') return;
    // What was handed on stays taken until its spans are resolved; the next read asks anew.
    this.#grant.use(outcome.bytes);
    if (outcome.more) this.#queue.add(generation);
  }
}
