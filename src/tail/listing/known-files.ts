/**
 * Files that match a flow's patterns, as they were looked at last, and when each is due again.
 *
 * A file that is written to is looked at because of its hint. For the case that a hint was lost, every file is looked at
 * from time to time: soon after it changed, seldom when it was idle for long, and all together not more often than
 * `STATS_PER_SECOND`, so that thousands of idle files cost nothing to speak of.
 */
import type { FileStat } from '../../core/ports.ts';
import { inodeKey } from '../content/file-identity.ts';

/** A file is looked at again after this share of the time for which it did not change. */
const IDLE_SHARE = 0.1;
const IDLE_LOOK_MS = 60_000;
/** A look at one file costs about 10 µs of CPU: 0.03 % of a core. */
const STATS_PER_SECOND = 30;
/** Files found together are not due together. */
const SPREAD = 97;

export interface LookedAt {
  readonly nowMs: number;
  readonly wallMs: number;
  /** No file is due sooner than this. */
  readonly intervalMsMin: number;
  /** Files that match. */
  readonly fileCount: number;
}

export class KnownFile {
  readonly path: string;
  /** Its place in a directory is a symbolic link: what it leads to can change without a trace in that directory. */
  readonly isLink: boolean;
  /** Undefined: nothing was there, or no file. */
  stat: FileStat | undefined;
  dueMs = -Infinity;
  /** Nothing is to be done about the file as it is. */
  settled = false;
  #changedMs: number | undefined;

  constructor(path: string, isLink: boolean) {
    this.path = path;
    this.isLink = isLink;
  }

  /** Takes over what is there now; true when that is another file than before, or none any more. */
  see(stat: FileStat | undefined, looked: LookedAt): boolean {
    const before = this.stat;
    this.stat = stat;
    this.settled = false;
    const replaced = before === undefined || stat === undefined ? before !== stat : inodeKey(before) !== inodeKey(stat);
    if (stat === undefined) return replaced;
    const { nowMs, wallMs } = looked;
    // Only its modification time tells how long the file was idle before the first look at it.
    if (before === undefined) this.#changedMs = nowMs - Math.max(0, wallMs - stat.modifiedMs);
    else if (replaced || before.sizeBytes !== stat.sizeBytes || before.modifiedMs !== stat.modifiedMs) this.#changedMs = nowMs;
    const intervalMs = lookIntervalMs(nowMs - (this.#changedMs ?? nowMs), looked);
    this.dueMs = nowMs + (before === undefined ? intervalMs * spreadOf(stat.inode) : intervalMs);
    return replaced;
  }
}

/** After how long a file that did not change for `idleMs` is looked at again. */
export function lookIntervalMs(idleMs: number, { intervalMsMin, fileCount }: Omit<LookedAt, 'nowMs' | 'wallMs'>): number {
  const intervalMsMax = Math.max(IDLE_LOOK_MS, (1000 * fileCount) / STATS_PER_SECOND);
  return Math.max(intervalMsMin, Math.min(idleMs * IDLE_SHARE, intervalMsMax));
}

/** Evenly in (0, 1]. */
function spreadOf(inode: string): number {
  return ((Number(inode) % SPREAD) + 1) / SPREAD;
}
