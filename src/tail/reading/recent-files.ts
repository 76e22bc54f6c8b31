/**
 * Files that were written to shortly before the process began. The process before most likely had them open, so that it could read what
 * is written to a file right before it is deleted. So they are opened again at the first look, though nothing is new in them.
 */
import type { Generation } from '../generation/generation.ts';

export interface RecentFilesOptions {
  /** A file that was not written to for longer is closed. */
  readonly idleCloseMs: number;
  readonly openFilesMax: number;
  readonly wallMs: () => number;
}

interface HowToOpen {
  /** Whether nobody could look where the file is. That was told of the directory, and is not told of every file. */
  readonly isHidden: (generation: Generation) => boolean;
  readonly open: (generation: Generation) => Promise<void>;
}

export class RecentFiles {
  readonly #options: RecentFilesOptions;
  /** The files of the first look that are to be opened; undefined: nobody has looked yet. */
  #closed: Set<Generation> | undefined;

  constructor(options: RecentFilesOptions) {
    this.#options = options;
  }

  /**
   * Called at every look. Calls `open` for those of the first look's `live` generations that were written to last, as many as may be
   * open. A file that `isHidden`, or that could not be opened, is tried again at the next look.
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

/** Whether the generation's file is there, and not open. */
function isClosed({ handle, missingSinceMs, state }: Generation): boolean {
  return handle === undefined && missingSinceMs === undefined && state !== 'finished';
}
