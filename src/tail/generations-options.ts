/** The options of a flow's generations. */
import type { ContentFiles } from './content/content.ts';
import type { DeletedFilesPolicy } from './generation/deleted-files.ts';
import type { FinishedOptions } from './generation/finished-generations.ts';
import type { Generation } from './generation/generation.ts';
import type { HandlePolicy } from './generation/handle-room.ts';
import type { Discovery } from './listing/discovery.ts';
import type { BirthOptions } from './recognition/births.ts';

export interface GenerationsOptions extends Omit<BirthOptions, 'changed' | 'open'>, FinishedOptions, HandlePolicy {
  /** When the flow's generations begin, monotonic. */
  readonly startMs: number;
  readonly content: ContentFiles;
  /** Whether the flow lists a file of that name. */
  readonly lists: (path: string) => boolean;
  /** Lists rotated files that the flow does not read (`rotatedPattern`). */
  readonly rotated: Discovery | undefined;
  readonly deletedFiles: DeletedFilesPolicy;
  /** Everything `generation` will ever have is handed on and resolved, or counted as lost. */
  readonly onFinished: (generation: Generation) => void;
}
