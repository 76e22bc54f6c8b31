/**
 * Files that were written to shortly before the process began. The one before had them open, most likely, so that what is
 * written to one right before it is deleted could be read: they are opened again at the first look, though nothing is new in them.
 */
import type { Generation } from '../generation/generation.ts';

export interface RecentFilesOptions {
  /** A file that was not written to for longer is closed. */
  readonly idleCloseMs: number;
  readonly openFilesMax: number;
  readonly wallMs: () => number;
}

interface HowToOpen {
  /** Whether nobody could look where the file is: that was told of the directory, and is not told of every file. */
  readonly isHidden: (generation: Generation) => boolean;
  readonly open: (generation: Generation) => Promise<void>;
}

export class RecentFiles {
  readonly #options: RecentFilesOptions;
  /** Undefined: nobody has looked yet. */
  #closed: Set<Generation> | undefined;

  constructor(options: RecentFilesOptions) {
    this.#options = options;
  }

  /**
   * Called at every look: has `open` open those of the first one's `live` generations that were written to last, as many as may
   * be open. What `isHidden` or could not be opened is tried again at the next look.
   */
  async open(live: Iterable<Generation>, { isHidden, open }: HowToOpen): Promise<void> {
    this.#closed ??= new Set(this.#latest(live));
    for (const generation of this.#closed) {
      if (isClosed(generation) && !isHidden(generation)) await open(generation);
      if (!isClosed(generation)) this.#closed.delete(generation);
    }
  }

  #latest(live: Iterable<Generation>): readonly Generation[] {
    const { idleCloseMs, openFilesMax, wallMs } = this.#options;
    const sinceMs = wallMs() - idleCloseMs;
    const all = [...live];
    const recent = all.filter((one) => isClosed(one) && one.storage === 'plain' && one.modifiedMs > sinceMs);
    const openCount = all.filter((one) => one.handle !== undefined).length;
    return recent.sort((a, b) => b.modifiedMs - a.modifiedMs).slice(0, Math.max(0, openFilesMax - openCount));
  }
}

/** Whether its file is there, and not open. */
function isClosed({ handle, missingSinceMs, state }: Generation): boolean {
  return handle === undefined && missingSinceMs === undefined && state !== 'finished';
}
