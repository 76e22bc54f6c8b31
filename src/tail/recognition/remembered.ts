/** What is known of a flow's files before it begins: from the store, or from its predecessor in this process. */
import type { CheckpointRow, DirectorySeen } from '../../core/checkpoint-row.ts';
import type { FileHandle } from '../../core/ports.ts';
import type { UnseenMemory } from '../search/unseen.ts';
import type { CopyMemory } from './copies.ts';
import type { UndecidedFiles } from './undecided-files.ts';
import type { Sights } from './sights.ts';

export interface Remembered {
  readonly rows: readonly CheckpointRow[];
  readonly directories: readonly DirectorySeen[];
  /** When the flow had last looked at all its files; undefined: nobody knows, or never. */
  readonly lookedWallMs: number | undefined;
  /** What a predecessor gave besides these; undefined: there is none, and all comes from the store. */
  readonly inherited?: Inheritance | undefined;
}

/** What a predecessor gives beyond rows: whoever gets the open files owns them. */
export interface Inheritance {
  /** Files that are open, by generation: they may have no name any more. */
  readonly handles: ReadonlyMap<number, FileHandle>;
  /** Open files of which it is not known yet what they are. */
  readonly undecided: UndecidedFiles;
  readonly copies: CopyMemory;
  readonly unseen: UnseenMemory;
  readonly sights: Sights;
}
