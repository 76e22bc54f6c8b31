/**
 * Files that could not be read when it was to be told what they are. One of them may be the compressed form of a deleted
 * file that is still open, made before the last bytes were written: no end is known there, only the open file tells.
 *
 * Invariant: a file that cannot be read keeps no other one open for longer than `AWAITED_MS`.
 */
import { FileFault } from '../../core/errors.ts';
import type { Generation } from '../generation/generation.ts';
import { isNamedAfter } from '../generation/rotation.ts';
import type { LogNames } from '../search/log-names.ts';

/** What cannot be read for so long, as what belongs to another user, may never be. */
const AWAITED_MS = 60_000;
/** What was not asked for in so long is gone, or has another name. */
const FORGOTTEN_MS = 10_000;

export class UnreadForms {
  /** By path, monotonic: since when it fails, and when it did last. */
  readonly #failing = new Map<string, { readonly sinceMs: number; readonly lastMs: number }>();
  readonly #logNames: Pick<LogNames, 'besideLog'>;

  /** `logNames`: of files that lie far from all logs. */
  constructor(logNames: Pick<LogNames, 'besideLog'>) {
    this.#logNames = logNames;
  }

  /** What `judge` says of the file at `path`; that it failed is remembered. Rejects with its `FileFault`. */
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

  /** Whether one of them may repeat `generation`, by its name, and may be read yet. `nowMs`: monotonic. */
  mayRepeat(generation: Generation, nowMs: number): boolean {
    for (const [path, { sinceMs, lastMs }] of this.#failing) {
      if (nowMs - lastMs > FORGOTTEN_MS) this.#failing.delete(path);
      else if (nowMs - sinceMs < AWAITED_MS && isNamedAfter({ path, besideLog: this.#logNames.besideLog(path, generation.originalPath) }, generation)) return true;
    }
    return false;
  }
}
