/**
 * The search for unseen generations of one log, and which of its rotated files are candidates (unseen.ts says when and where is searched).
 *
 * Invariant: each file is a candidate once as it looks, and none is that was rotated before the search's time.
 */
import { dirname } from '../../core/paths.ts';
import type { FileStat } from '../../core/ports.ts';
import { inodeKey } from '../content/file-identity.ts';
import type { FoundFile } from '../listing/discovery.ts';

/** A file that may be an unseen generation of the log at `originalPath`. */
export interface UnseenFile extends FoundFile {
  readonly originalPath: string;
  /** Monotonic time since which it looks as it does. */
  readonly sinceMs: number;
  /** When the file was last known not to be there, monotonic. Where nobody knew that, when it was first seen. */
  readonly absentMs: number;
}

/** What was seen of a rotated file last. */
export interface Sight extends Pick<UnseenFile, 'sinceMs' | 'absentMs'> {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** As the file looks, it is no unseen generation, or is known already. */
  judged: boolean;
}

export interface LogSearch {
  readonly originalPath: string;
  /** An unseen generation was written to after `afterMs`, and made at `bornMs` or later (undefined: not known). */
  afterMs: number;
  bornMs: number | undefined;
  readonly device: string;
  untilMs: number;
  ran: boolean;
  /** When all rotated files were last looked at, monotonic; before the first time, when the log was. */
  lookedMs: number | undefined;
  sawAll: boolean;
  /** No rotated file of the log is older than its first known generation: all that are next to the log came with that one. */
  isNewLog: boolean;
  /** What the search finds is kept with the log. */
  isSurvey: boolean;
  /** By inode. */
  readonly sights: Map<string, Sight>;
}

/** The file as a candidate of the search; undefined: it was there before, or was judged. `absentMs`: if it is seen for the first time. */
export function candidate(search: LogSearch, { path, stat }: FoundFile, look: { nowMs: number; absentMs: number; isNamed: boolean }): UnseenFile | undefined {
  const { originalPath, sights } = search;
  const { sizeBytes, modifiedMs } = stat;
  const known = sights.get(inodeKey(stat));
  const same = known?.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs;
  const sight = {
    sizeBytes,
    modifiedMs,
    sinceMs: same ? known.sinceMs : look.nowMs,
    // A file that became smaller is another one.
    absentMs: known !== undefined && known.sizeBytes <= sizeBytes ? known.absentMs : look.absentMs,
    judged: same && known.judged,
  };
  sights.set(inodeKey(stat), sight);
  // That no rotated name was there before says nothing of other names.
  const cameWithLog = search.isNewLog && look.isNamed && dirname(path) === dirname(originalPath);
  if (sight.judged || (!cameWithLog && !isYounger(stat, search))) return undefined;
  const { sinceMs, absentMs } = sight;
  return { path, stat, originalPath, sinceMs, absentMs };
}

/** Whether the file was made, and written to, after what is known of the log, by the file system's own times. */
function isYounger(stat: FileStat, { afterMs, bornMs, device }: LogSearch): boolean {
  if (stat.modifiedMs <= afterMs) return false;
  return stat.device !== device || bornMs === undefined || stat.birthMs === undefined || stat.birthMs >= bornMs;
}
