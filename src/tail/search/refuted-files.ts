/**
 * Files that were found not to hold a missing generation: as long as they look the same, they are not opened again for it.
 *
 * Invariant: only what the content showed is remembered, with the file's inode, size and times. Two writes within one tick of the file
 * system's clock leave the same times. So a file is believed to be unchanged only if it had looked the same for longer than a tick when
 * it was read, or if its last write was more than a tick before the generation's.
 */
import type { FileStat } from '../../core/ports.ts';
import { inodeKey } from '../content/file-identity.ts';
import type { Generation } from '../generation/generation.ts';
import { TICK_MS } from '../listing/known-directories.ts';

/** Files remembered for each generation: a log seldom has more of them than a month has days. */
const FILES_MAX = 64;

interface Refutation {
  readonly looks: string;
  /** The file has looked like this since before this time, monotonic; Infinity: since the search that is under way. */
  sinceMs: number;
  sure: boolean;
}

export class RefutedFiles {
  /** By generation, then by inode. */
  readonly #refuted = new Map<Generation, Map<string, Refutation>>();
  /** Added in the search that is under way. */
  #found: Refutation[] = [];
  #beganMs = 0;

  /** A search begins at `nowMs`, monotonic; the one before is over. */
  begin(nowMs: number): void {
    for (const refutation of this.#found) refutation.sinceMs = nowMs;
    this.#found = [];
    this.#beganMs = nowMs;
  }

  /** Whether the file, as `stat` says, surely does not hold the generation. */
  has(generation: Generation, stat: FileStat): boolean {
    const known = this.#refuted.get(generation)?.get(inodeKey(stat));
    return known?.sure === true && known.looks === looksOf(stat, generation);
  }

  /** The file was read after `stat` was asked for, and does not hold the generation. */
  add(generation: Generation, stat: FileStat): void {
    const files = this.#refuted.get(generation) ?? new Map<string, Refutation>();
    this.#refuted.set(generation, files);
    const key = inodeKey(stat);
    const looks = looksOf(stat, generation);
    const known = files.get(key);
    if (known?.looks === looks) {
      known.sure ||= this.#beganMs - known.sinceMs > TICK_MS;
      return;
    }
    if (known === undefined && files.size >= FILES_MAX) return;
    const isOlder = stat.device === generation.device && stat.modifiedMs + TICK_MS < generation.modifiedMs;
    const refutation = { looks, sinceMs: Infinity, sure: isOlder };
    files.set(key, refutation);
    this.#found.push(refutation);
  }

  /** Forgets generations that are not missing any more. */
  keepMissing(): void {
    for (const generation of this.#refuted.keys()) if (generation.missingSinceMs === undefined) this.#refuted.delete(generation);
  }
}

/** What tells that a file changed, and what the search for a generation compares: if one of them differs, the file is read again. */
function looksOf({ sizeBytes, modifiedMs, birthMs }: FileStat, { position, head, cut }: Generation): string {
  return `${sizeBytes} ${modifiedMs} ${birthMs} ${position} ${head.digest} ${cut}`;
}
