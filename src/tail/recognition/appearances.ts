/**
 * The files that one look found new, or in the place of others: the order in which they are judged, and the order in which they are read.
 *
 * A copy is recognised only next to its log (copies.ts), and where one look finds both, the copy is the older file. So a file of which
 * nothing is known waits until every file that may be its log, by its name, is judged. Invariant: the files are read oldest first,
 * whatever the order in which they were judged.
 */
import type { Generation } from '../generation/generation.ts';
import { canBeCopyOf } from '../generation/rotation.ts';
import { ByLog } from '../listing/by-log.ts';
import type { FoundFile } from '../listing/discovery.ts';
import type { UnreadLogs } from './unread-logs.ts';

/** Why a file of which nothing is known is not taken for a new one yet. */
export type Postponed =
  /** The file that may be its log is judged first, in this look. */
  | 'log-first'
  /** The file that may be its log could not be read in this look. */
  | 'unsure';

/** Where the file of a generation was replaced by another one, of which nothing is known. */
export interface Place {
  readonly generation: Generation;
  readonly path: string;
}

/** How the files are judged, and what is done around that. */
interface HowToJudge<File> {
  /**
   * The generation as which the file is to be read, if any. `postponed` tells why a file cannot be taken for a new one yet.
   * Rejects with a `FileFault`.
   */
  readonly judge: (file: File, postponed: (path: string) => Postponed | undefined) => Promise<Generation | 'log-first' | undefined>;
  /** Runs the action for the path. A failure is reported, and the next look tries again. */
  readonly guard: (path: string, action: () => Promise<void>) => Promise<void>;
  /** Logs that cannot be read, as far as is known when this is called. */
  readonly unreadLogs: () => UnreadLogs;
  readonly signal: AbortSignal;
}

/** Judges `files`, which come oldest first. Returns the generations to be read, in the same order. */
export async function judgeAppeared<File extends Pick<FoundFile, 'path'>>(files: readonly File[], how: HowToJudge<File>): Promise<readonly Generation[]> {
  const { judge, guard, unreadLogs, signal } = how;
  const unjudged = new Logs(files);
  const found = new Map<File, Generation>();
  const waiting: File[] = [];
  const take = async (file: File, postponed: (path: string) => Postponed | undefined) => {
    const known = await judge(file, postponed);
    if (known === 'log-first') waiting.push(file);
    else unjudged.delete(file.path);
    if (typeof known === 'object') found.set(file, known);
  };
  const before = unreadLogs();
  for (const file of files) {
    if (signal.aborted) break;
    await guard(file.path, () => take(file, (path) => (unjudged.hasLogOf(path) || before.hasLogOf(path) ? 'log-first' : undefined)));
  }
  // By their names, files of one log can be rotated forms of each other: a waiting file does not wait for another waiting one.
  const unread = unreadLogs();
  for (const file of waiting) {
    if (signal.aborted) break;
    await guard(file.path, () => take(file, (path) => (unread.hasLogOf(path) ? 'unsure' : undefined)));
  }
  return files.map((file) => found.get(file)).filter((generation) => generation !== undefined);
}

/** Files that may be logs of others. */
class Logs {
  readonly #byLog = new ByLog<string>();

  constructor(files: readonly Pick<FoundFile, 'path'>[]) {
    for (const { path } of files) this.#byLog.add(path, path);
  }

  delete(path: string): void {
    this.#byLog.delete(path, path);
  }

  /** Whether the file at `path` can be a rotated form of one of these, by its name and place. */
  hasLogOf(path: string): boolean {
    for (const log of this.#byLog.near(path)) if (canBeCopyOf(path, log)) return true;
    return false;
  }
}
