/**
 * Where earlier reads of a generation ended, and what stood before there: the proof for a copy that ends below the
 * position. `copytruncate` makes one whenever something is written, and read, between its copy and its cut.
 *
 * Invariant: at most `ENDS_MAX` ends, the denser the newer they are: such a copy ends shortly below the position.
 */
import { hash } from 'node:crypto';
import type { FileHandle } from '../core/ports.ts';
import { readMarker } from './content-proof.ts';

interface PastEnd {
  readonly offset: number;
  /** Digest of the marker for `offset`. */
  readonly digest: string;
  /** When the file was known to reach so far. */
  readonly reachedWallMs: number;
}

const ENDS_MAX = 12;

/** By which copies of a generation are known that do not end where it was read to; see there. */
export interface Ends {
  readonly pastEnds: PastEnds;
  readonly seenEnds: PastEnds;
  readonly cutInPlace: CutInPlace | undefined;
}

/** A file was cut short in place. */
export interface CutInPlace {
  readonly inode: string;
  /** When that was noticed: its copies were made before. */
  readonly noticedWallMs: number;
}

export class PastEnds {
  readonly #ends: PastEnd[] = [];

  /** Reading came to `offset`, before which `marker` stands, at `reachedWallMs` at the latest. Offsets only grow. */
  note(offset: number, marker: Buffer, reachedWallMs = Infinity): void {
    // A hole is no proof: after copytruncate, every file of a writer without O_APPEND begins with one.
    if (offset <= (this.#ends.at(-1)?.offset ?? 0) || marker.every((byte) => byte === 0)) return;
    this.#ends.push({ offset, digest: digestOf(marker), reachedWallMs });
    if (this.#ends.length > ENDS_MAX) this.#ends.splice(this.#leastNeeded(), 1);
  }

  /** Whether the file of `sizeBytes` behind `handle` holds every end that lies within it, and at least one does. */
  async proves(handle: FileHandle, sizeBytes: number): Promise<boolean> {
    return (await this.provenTo(handle, sizeBytes)) > 0;
  }

  /** The last end within the file of `sizeBytes` behind `handle`, if it holds every one that lies within it; else 0. */
  async provenTo(handle: FileHandle, sizeBytes: number): Promise<number> {
    const within = this.#ends.filter((end) => end.offset <= sizeBytes);
    for (const { offset, digest } of within) {
      if (digestOf(await readMarker(handle, offset)) !== digest) return 0;
    }
    return within.at(-1)?.offset ?? 0;
  }

  /** Whether the file of `sizeBytes` behind `handle` ends as this one did when it had that size. */
  async provesEnd(handle: FileHandle, sizeBytes: number): Promise<boolean> {
    const last = this.#ends.find((end) => end.offset === sizeBytes);
    return last !== undefined && (await this.proves(handle, sizeBytes));
  }

  /** When the file was known to be longer than `sizeBytes`: a copy of that length was made before. Infinite: not known. */
  outgrownWallMs(sizeBytes: number): number {
    return this.#ends.find((end) => end.offset > sizeBytes)?.reachedWallMs ?? Infinity;
  }

  /** Index of the end whose neighbours are closest together, as seen from the newest one. */
  #leastNeeded(): number {
    const newest = this.#ends.at(-1)?.offset ?? 0;
    let least = 1;
    let leastGap = Infinity;
    for (let index = 1; index < this.#ends.length - 1; index += 1) {
      const [before, end, after] = this.#ends.slice(index - 1, index + 2);
      if (before === undefined || end === undefined || after === undefined) continue;
      const gap = (after.offset - before.offset) / (newest - end.offset);
      if (gap < leastGap) [least, leastGap] = [index, gap];
    }
    return least;
  }
}

function digestOf(marker: Buffer): string {
  return hash('sha256', marker, 'base64');
}
