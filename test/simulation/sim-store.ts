/**
 * The checkpoint store as a medium that outlives processes. A commit is one transaction. A crash may take back the last
 * commits (a journal that was not yet on the disk), never one from the middle.
 */
import type { CheckpointChange, CheckpointRow, FlowLook } from '../../src/core/checkpoint-row.ts';
import { StoreFault } from '../../src/core/errors.ts';
import type { CheckpointStore } from '../../src/core/ports.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimRandom } from './sim-random.ts';
import type { Trace } from './trace.ts';

interface StoreParts {
  readonly clock: SimClock;
  readonly random: SimRandom;
  readonly faults: FaultPlan;
  readonly trace: Trace;
  /** Hears of every commit right before it takes effect. */
  readonly onCommit: (change: CheckpointChange) => void;
}

/** How long a commit may take to reach the disk for good. */
export const COMMIT_LOSS_MS = 3000;

export class SimStore {
  readonly #parts: StoreParts;
  readonly #commits: { readonly atMs: number; readonly change: CheckpointChange }[] = [];
  #rows = new Map<string, CheckpointRow>();
  #directories = new Map<string, { readonly flow: string; readonly directory: string }>();
  #looks = new Map<string, FlowLook>();

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  get rows(): readonly CheckpointRow[] {
    return [...this.#rows.values()];
  }

  get looks(): readonly FlowLook[] {
    return [...this.#looks.values()];
  }

  /** The machine went down: with the fault `lost-commits`, the last commits may be gone. */
  crash(): void {
    const { faults, random, clock, trace } = this.#parts;
    if (!faults.has('lost-commits')) return;
    const keptMs = clock.nowMs - random.between(0, COMMIT_LOSS_MS);
    while ((this.#commits.at(-1)?.atMs ?? -Infinity) > keptMs) this.#commits.pop();
    this.#rows = new Map();
    this.#directories = new Map();
    this.#looks = new Map();
    for (const { change } of this.#commits) this.#apply(change);
    trace.note('store', 'lost commits', '', this.#commits.length);
  }

  /** The store as a process opens it. */
  open(): CheckpointStore {
    return {
      load: () => {
        if (this.#parts.faults.hits('store-busy', this.#parts.clock.nowMs)) throw storeFault('busy', 'database is locked');
        return this.rows;
      },
      directories: () => [...this.#directories.values()],
      looks: () => this.looks,
      commit: (change) => this.#commit(change),
      secure: () => undefined,
      close: () => {},
    };
  }

  #commit(change: CheckpointChange): void {
    const { faults, clock, trace, onCommit } = this.#parts;
    const nowMs = clock.nowMs;
    if (faults.hits('store-busy', nowMs)) throw storeFault('busy', 'database is locked');
    if (faults.hits('store-full', nowMs)) throw storeFault('full', 'database or disk is full');
    for (const row of change.upserts) trace.note('store', 'row', `${row.path} #${row.generation} ${row.state}`, row.offset);
    onCommit(change);
    this.#commits.push({ atMs: nowMs, change });
    this.#apply(change);
  }

  #apply(change: CheckpointChange): void {
    for (const row of change.upserts) this.#rows.set(`${row.flow} ${row.generation}`, row);
    for (const row of change.removals) this.#rows.delete(`${row.flow} ${row.generation}`);
    for (const seen of change.directoriesSeen) this.#directories.set(`${seen.flow} ${seen.directory}`, seen);
    for (const look of change.looks) this.#looks.set(look.flow, look);
  }
}

function storeFault(code: 'busy' | 'full', message: string): StoreFault {
  return new StoreFault({ code, message, hint: 'wait until the simulation heals' });
}
