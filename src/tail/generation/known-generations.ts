/**
 * All generations that a flow knows, by what is left to do for them: to read on, to search for their files, or nothing.
 */
import type { FileStat } from '../../core/ports.ts';
import { FinishedGenerations, type FinishedOptions } from './finished-generations.ts';
import { GenerationSet } from './generation-set.ts';
import type { Generation } from './generation.ts';
import { wasReadFrom } from './lineage.ts';
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

  /** Whether a generation is being read from the file, or a finished one was and the file looks as it did then. */
  isIn(stat: FileStat): boolean {
    return this.live.has(stat) || this.finished.isIn(stat);
  }
  /** Whether a generation was read from the file, whatever that holds now: see `wasReadFrom`. */
  wereReadFrom(stat: FileStat): boolean {
    return [this.live, this.missing, this.finished].some((ones) => ones.readFrom(stat.inode).some((one) => wasReadFrom(stat, one)));
  }
}
