/**
 * All that a flow knows of its generations, by what is to be done for them: nothing but to read on, to look for their files, or
 * nothing any more.
 */
import type { FileStat } from '../../core/ports.ts';
import { FinishedGenerations, type FinishedOptions } from './finished-generations.ts';
import { GenerationSet } from './generation-set.ts';
import type { Generation } from './generation.ts';
import { LiveGenerations } from './live-generations.ts';

export class KnownGenerations implements Iterable<Generation> {
  /** Being read. */
  readonly live = new LiveGenerations();
  /** Their files are not where they were. */
  readonly missing = new GenerationSet();
  /** Remembered so that no copy of them is sent again. */
  readonly finished: FinishedGenerations;

  constructor(options: FinishedOptions) {
    this.finished = new FinishedGenerations(options);
  }

  *[Symbol.iterator](): Generator<Generation, void> {
    yield* this.live;
    yield* this.missing;
    yield* this.finished;
  }

  includes(generation: Generation): boolean {
    return this.live.of(generation) === generation || this.missing.has(generation) || this.finished.includes(generation);
  }

  /** Whether a generation is read from the file, or was, and it looks as it did then. */
  isIn(stat: FileStat): boolean {
    return this.live.has(stat) || this.finished.isIn(stat);
  }
}
