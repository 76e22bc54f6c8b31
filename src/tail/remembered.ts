/** What is known of a flow's files before it begins: from the store, or from its predecessor in this process. */
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import type { FileHandle } from '../core/ports.ts';
import type { Ends } from './past-ends.ts';

export interface Remembered {
  readonly rows: readonly CheckpointRow[];
  readonly directories: readonly string[];
  /** When the flow had last looked at all its files; undefined: nobody knows, or never. */
  readonly lookedWallMs: number | undefined;
  /** Whether the store holds the rows and directories. */
  readonly stored: boolean;
  /** Files that a predecessor holds open, by generation: they may have no name any more. Whoever gets them owns them. */
  readonly handles?: ReadonlyMap<number, FileHandle>;
  /** What a predecessor knew of the ends of its files, by generation. */
  readonly ends?: ReadonlyMap<number, Ends>;
}
