/**
 * Files that could not be read when they were judged. One of them may be the compressed form of a deleted file that is still open here,
 * made before the last bytes were written. No end of the generation is known where such a form ends: only the open file tells.
 *
 * Invariant: a file that cannot be read keeps no other one open for longer than `AWAITED_MS`.
 */
import { FileFault } from '../../core/errors.ts';
import type { Generation } from '../generation/generation.ts';
import { isNamedAfter } from '../generation/rotation.ts';
import type { LogNames } from '../search/log-names.ts';

/** A file that cannot be read for this long, such as one of another user, may never be readable. */
const AWAITED_MS = 60_000;
/** A file that was not judged for this long is gone, or has another name. */
const FORGOTTEN_MS = 10_000;

export class UnreadForms {
  /** By path: since when the file fails, and when it failed last, monotonic. */
  readonly #failing = new Map<string, { readonly sinceMs: number; readonly lastMs: number }>();
  readonly #logNames: Pick<LogNames, 'besideLog'>;

  /** `logNames` tells whose form a file is that lies far from all logs. */
  constructor(logNames: Pick<LogNames, 'besideLog'>) {
    this.#logNames = logNames;
  }

  /** Gives what `judge` says of the file at `path`, and remembers if it fails. Rejects with the `FileFault` of `judge`. */
  async judging<Known>(path: string, nowMs: number, judge: () => Promise<Known>): Promise<Known> {
    try {
      const known = await judge();
      this.#failing.delete(path);
      return known;
    } catch (fault) {
      if (fault instanceof FileFault && fault.code !== 'not-found') this.#failing.set(path, { sinceMs: this.#failing.get(path)?.sinceMs ?? nowMs, lastMs: nowMs });
      else this.#failing.delete(path);
      throw fault;
    }
  }

  /** Whether one of these files may repeat `generation`, by its name, and may still become readable. `nowMs`: monotonic. */
  mayRepeat(generation: Generation, nowMs: number): boolean {
    for (const [path, { sinceMs, lastMs }] of this.#failing) {
      if (nowMs - lastMs > FORGOTTEN_MS) this.#failing.delete(path);
      else if (nowMs - sinceMs < AWAITED_MS && isNamedAfter({ path, besideLog: this.#logNames.besideLog(path, generation.originalPath) }, generation)) return true;
    }
    return false;
  }
}
