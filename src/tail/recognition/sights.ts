/**
 * When bytes came to files that could not be judged yet: such a file repeated another one, it was unclear what it is, or it had another
 * name by the time it was to be opened. When the file is read later, its bytes have their own age, not that of the last look. And
 * `initialPosition` holds for the bytes that were in it at the first look at its directory.
 *
 * Invariant: only files that the last look listed, or that are undecided and open: as many as there are.
 */
import { NO_END, type Storage } from '../../core/checkpoint-row.ts';
import type { FileStat } from '../../core/ports.ts';
import { inodeKey } from '../content/file-identity.ts';
import { GrowthTimes, type Mark } from '../content/growth-times.ts';

interface Sight {
  readonly growth: GrowthTimes;
  readonly birthMs: number | undefined;
  /** Its size at the first look at its directory; undefined: it came later. */
  readonly firstBytes: number | undefined;
  sizeBytes: number;
}

export class Sights {
  /** By inode. */
  readonly #sights = new Map<string, Sight>();

  /** Whether the file was seen before, and nothing shows that it is another one. */
  has(stat: FileStat): boolean {
    const sight = this.#sights.get(inodeKey(stat));
    return sight !== undefined && sight.sizeBytes <= stat.sizeBytes && sight.birthMs === stat.birthMs;
  }

  /** The file is seen as `stat` tells. Bytes that were not in it before came since `sinceMs`, monotonic. `isFirst`: it is the first look at its directory. */
  saw(stat: FileStat, sinceMs: number, { isFirst = false } = {}): void {
    const { birthMs, sizeBytes } = stat;
    const known = this.has(stat) ? this.#sights.get(inodeKey(stat)) : undefined;
    const sight = known ?? { growth: new GrowthTimes([], undefined), birthMs, sizeBytes, firstBytes: isFirst ? sizeBytes : undefined };
    sight.sizeBytes = sizeBytes;
    sight.growth.grew(sizeBytes, sinceMs, 0);
    this.#sights.set(inodeKey(stat), sight);
  }

  /** Since when the bytes of the file are there, as far as it was seen. All content of a compressed file counts as seen at once. */
  of(stat: FileStat, storage: Storage): readonly Mark[] {
    const marks = this.has(stat) ? (this.#sights.get(inodeKey(stat))?.growth.marks ?? []) : [];
    if (storage === 'plain') return marks;
    const first = marks.find(({ end }) => end > 0);
    return first === undefined ? [] : [{ end: NO_END, seenMs: first.seenMs }];
  }

  /** How much was in the file, as it is stored, at the first look at its directory; undefined: it was not there. */
  firstBytes(stat: FileStat): number | undefined {
    return this.has(stat) ? this.#sights.get(inodeKey(stat))?.firstBytes : undefined;
  }

  /** The file is read. */
  forget(stat: FileStat): void {
    this.#sights.delete(inodeKey(stat));
  }

  /** Forgets inodes that are neither listed nor undecided: they may come back as other files. */
  forgetAllBut(listed: ReadonlySet<string>, undecided: Pick<ReadonlySet<string>, 'has'>): void {
    for (const key of this.#sights.keys()) if (!listed.has(key) && !undecided.has(key)) this.#sights.delete(key);
  }
}
