/**
 * The logs of a flow by their names. A file that `rotatedPattern` found far from all logs is known for one's by its name alone: logs
 * of several directories can have the same, and one's file must never pass for another's.
 */
import { basename, dirname, join } from '../../core/paths.ts';
import { isRotatedNameOf, stemOf } from '../content/file-identity.ts';
import { nearby } from '../generation/rotation.ts';
import { logStemsIn } from '../listing/by-log.ts';

export class LogNames {
  /** Paths by the name without its extension. */
  readonly #byStem = new Map<string, Set<string>>();

  add(log: string): void {
    const stem = stemOf(basename(log));
    const known = this.#byStem.get(stem);
    if (known === undefined) this.#byStem.set(stem, new Set([log]));
    else known.add(log);
  }

  delete(log: string): void {
    this.#byStem.get(stemOf(basename(log)))?.delete(log);
  }

  /** `OpenContent.besideLog` of the file at `path`, as one of the log's; undefined also where it may be another one's. */
  besideLog(path: string, log: string): string | undefined {
    if (nearby(dirname(path), dirname(log)) || this.#ownerOf(path) !== log) return undefined;
    return join(dirname(log), basename(path));
  }

  /** Whether the file at `path`, far from the log, is another one's by its name and its directories. */
  isAnothers(path: string, log: string): boolean {
    if (nearby(dirname(path), dirname(log))) return false;
    const owner = this.#ownerOf(path);
    return owner !== undefined && owner !== log;
  }

  /** The only log that the file can be of, by its name; of several, the only one whose directory is called like one above the file. */
  #ownerOf(path: string): string | undefined {
    const name = basename(path);
    const logs = logStemsIn(name).flatMap((stem) => [...(this.#byStem.get(stem) ?? [])].filter((log) => isRotatedNameOf(name, basename(log))));
    const above = new Set(dirname(path).split('/'));
    const owners = logs.length === 1 ? logs : logs.filter((log) => above.has(basename(dirname(log))));
    return owners.length === 1 ? owners[0] : undefined;
  }
}
