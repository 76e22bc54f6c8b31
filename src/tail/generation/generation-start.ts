/** What a generation begins with, of a new file or as its row remembers it, and whose it is. */
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
  /** Since when the bytes beyond `offset` wait, as far as it is known. */
  readonly waits?: readonly Mark[];
  /** Since when what else is there waits. Monotonic. */
  readonly unreadSinceMs: number;
  /** Since when it may have grown unseen. Monotonic. */
  readonly unseenSinceMs?: number | undefined;
  /** When its row was stored last. */
  readonly rowWallMs: number;
  readonly ends?: Ends | undefined;
  readonly beganBytes?: number | undefined;
}

/** Whose it is: lives as long as its flow is followed. `Generation` is generation.ts's, which needs this file. */
export interface GenerationOwner<Generation> {
  /** Hears of every resolution of its bytes. */
  readonly onResolve: (generation: Generation, resolution: Resolution) => void;
  /** Those of which the row in the store is behind: a commit costs what changed, however many files there are. */
  readonly changed: Set<Generation>;
  /** Those of which the file is open: to close some costs what is open, however many files there are. */
  readonly open: Set<Generation>;
}
