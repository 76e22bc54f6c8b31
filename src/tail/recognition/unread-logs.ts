/**
 * Logs that cannot be read just now. A file with a rotated name of such a log may be its copy: it is not taken for a new file meanwhile.
 *
 * Invariant: nothing waits for a log for longer than `AWAITED_MS`.
 */
import { canBeCopyOf } from '../generation/rotation.ts';
import { ByLog } from '../listing/by-log.ts';
import type { Looks } from '../listing/looks.ts';

/** A log that cannot be read for this long may never be readable. */
const AWAITED_MS = 10_000;

interface UnreadLogsOptions {
  readonly looks: Pick<Looks, 'failing'>;
  /** Whether the file at the path is being read: then its copies can be judged without another look at it. */
  readonly isRead: (path: string) => boolean;
  /** Monotonic. */
  readonly nowMs: number;
}

/** The logs as they are when the first question is asked. */
export class UnreadLogs {
  readonly #options: UnreadLogsOptions;
  #byLog: ByLog<string> | undefined;

  constructor(options: UnreadLogsOptions) {
    this.#options = options;
  }

  /** Whether the file at `path` can be a rotated form of one of the logs, by its name and place. */
  hasLogOf(path: string): boolean {
    this.#byLog ??= this.#awaited();
    for (const log of this.#byLog.near(path)) if (canBeCopyOf(path, log)) return true;
    return false;
  }

  #awaited(): ByLog<string> {
    const { looks, isRead, nowMs } = this.#options;
    const byLog = new ByLog<string>();
    for (const [path, sinceMs] of looks.failing()) if (nowMs - sinceMs < AWAITED_MS && !isRead(path)) byLog.add(path, path);
    return byLog;
  }
}
