/** What a flow's generations are told, and what is remembered of them from before. */
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import type { FileHandle } from '../core/ports.ts';
import type { BirthOptions } from './births.ts';
import type { ContentFiles } from './content.ts';
import type { DeletedFilesPolicy } from './deleted-files.ts';
import type { Discovery } from './discovery.ts';
import type { FinishedOptions } from './finished-generations.ts';
import type { Generation } from './generation.ts';

export interface GenerationsOptions extends BirthOptions, FinishedOptions {
  readonly content: ContentFiles;
  /** A file that did not grow for this long is closed until it does. */
  readonly idleCloseMs: number;
  readonly openFilesMax: number;
  /** Where rotated files go beyond what the flow reads. */
  readonly rotated: Discovery | undefined;
  readonly deletedFiles: DeletedFilesPolicy;
  /** Everything `generation` will ever have is handed on and resolved, or counted as lost. */
  readonly onFinished: (generation: Generation) => void;
}

/** What the store holds of the flow; `nowMs` is monotonic. */
export interface Remembered {
  readonly rows: readonly CheckpointRow[];
  readonly directories: readonly string[];
  /** Whether it is in the store already. */
  readonly stored: boolean;
  /** Files that a predecessor holds open, by generation: they may have no name any more. */
  readonly handles?: ReadonlyMap<number, FileHandle> | undefined;
  readonly nowMs: number;
}
