/** What a generation begins with, for a new file or as its row remembers it, and who owns it. */
import type { Ends, GenerationState, Head, Storage } from '../../core/checkpoint-row.ts';
import type { Resolution } from '../../core/offset-tracker.ts';
import type { FileStat } from '../../core/ports.ts';
import type { Mark } from '../content/growth-times.ts';

export interface GenerationStart {
  readonly flow: string;
  readonly number: number;
  readonly path: string;
  readonly originalPath: string;
  readonly stat: FileStat;
  readonly head: Head;
  readonly offset: number;
  readonly cuts?: readonly number[];
  readonly marker: Buffer;
  readonly state: GenerationState;
  readonly storage: Storage;
  readonly nowMs: number;
  /** Since when the bytes beyond `offset` wait, as far as known. */
  readonly waits?: readonly Mark[];
  /** Since when all other bytes of the file wait. Monotonic. */
  readonly unreadSinceMs: number;
  /** Since when the file may have grown unseen. Monotonic. */
  readonly unseenSinceMs?: number | undefined;
  /** When its row was stored last. */
  readonly rowWallMs: number;
  readonly ends?: Ends | undefined;
  readonly beganBytes?: number | undefined;
}

/** The owner of generations: lives as long as its flow is followed. `Generation` is the class of generation.ts, which imports this file. */
export interface GenerationOwner<Generation> {
  /** Hears of every resolution of a generation's bytes. */
  readonly onResolve: (generation: Generation, resolution: Resolution) => void;
  /** Generations whose row in the store is behind: so a commit costs what changed, however many files there are. */
  readonly changed: Set<Generation>;
  /** The generations whose file is open: to close some takes a look at these, however many files there are. */
  readonly open: Set<Generation>;
}
