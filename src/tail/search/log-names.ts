/**
 * The logs of a flow by their names. `rotatedPattern` can find a rotated file far from all logs: then only the name tells to which log
 * the file belongs. Logs in several directories can have the same name, and a file of one log must never pass for another's.
 *
 * Thousands of logs can have the same name: no question goes through them all.
 */
import { basename, dirname, join } from '../../core/paths.ts';
import { isRotatedNameOf, logNamesOf, stemOf } from '../content/file-identity.ts';
import { nearby } from '../generation/rotation.ts';
import { logStemsIn } from '../listing/by-log.ts';

/** Logs of one name, by the name of their directory. */
type Namesakes = Map<string, Set<string>>;

export class LogNames {
  readonly #byName = new Map<string, Namesakes>();
  readonly #namesByStem = new Map<string, Set<string>>();
  readonly #byDirectory = new Map<string, Set<string>>();

  add(log: string): void {
    valuesAt(this.#byDirectory, dirname(log)).add(log);
    const name = basename(log);
    const namesakes: Namesakes = this.#byName.get(name) ?? new Map<string, Set<string>>();
    this.#byName.set(name, namesakes);
    valuesAt(namesakes, basename(dirname(log))).add(log);
    valuesAt(this.#namesByStem, stemOf(name)).add(name);
  }

  delete(log: string): void {
    const beside = this.#byDirectory.get(dirname(log));
    beside?.delete(log);
    if (beside?.size === 0) this.#byDirectory.delete(dirname(log));
    const name = basename(log);
    const namesakes = this.#byName.get(name);
    const directory = basename(dirname(log));
    const logs = namesakes?.get(directory);
    logs?.delete(log);
    if (logs?.size === 0) namesakes?.delete(directory);
    if (namesakes?.size !== 0) return;
    this.#byName.delete(name);
    valuesAt(this.#namesByStem, stemOf(name)).delete(name);
  }

  /** `OpenContent.besideLog` of the file at `path`, if it lies far from `log` and can only belong to that log; else undefined. */
  besideLog(path: string, log: string): string | undefined {
    if (nearby(dirname(path), dirname(log)) || this.#ownerOf(path) !== log) return undefined;
    return join(dirname(log), basename(path));
  }

  /** Whether the file at `path` lies far from `log` and belongs to another log, by its name and its directories. */
  isAnothers(path: string, log: string): boolean {
    if (nearby(dirname(path), dirname(log))) return false;
    const owner = this.#ownerOf(path);
    return owner !== undefined && owner !== log;
  }

  /**
   * Whether the file at `path` can belong to no other log than `log` by its place: its name has a number and is like that of no other
   * log, and `log` is the only one in its directory. `@400000006922….s` beside `current` (svlogd(8)), `app-1.log` beside `app.log`.
   */
  isOnlysByPlace(path: string, log: string): boolean {
    const name = basename(path);
    const beside = this.#byDirectory.get(dirname(path));
    if (beside?.size !== 1 || !beside.has(log) || !/\d/.test(name)) return false;
    return logNamesOf(name).length === 0 && this.#namesIn(name).every((one) => one === basename(log));
  }

  /**
   * The log to which the file belongs. That is the only log that fits the file's name. Where several fit, it is the only one whose
   * directory has the name of one above the file: /archive/a/app.log.1 belongs to /srv/a/app.log, not to /srv/b/app.log.
   */
  #ownerOf(path: string): string | undefined {
    const name = basename(path);
    const names = this.#namesIn(name);
    const all = names.map((one) => this.#byName.get(one) ?? new Map<string, Set<string>>());
    const [only] = all;
    if (only !== undefined && all.length === 1 && only.size === 1) return onlyOf([...only.values()]);
    const above = new Set(dirname(path).split('/'));
    return onlyOf(all.flatMap((namesakes) => [...above].map((directory) => namesakes.get(directory) ?? [])));
  }

  /** The names of logs of which `name` can be a rotated form. */
  #namesIn(name: string): readonly string[] {
    return logStemsIn(name).flatMap((stem) => [...(this.#namesByStem.get(stem) ?? [])].filter((log) => isRotatedNameOf(name, log)));
  }
}

/** The only value in all sets together; undefined: there is none, or more than one. */
function onlyOf(sets: readonly Iterable<string>[]): string | undefined {
  let only: string | undefined;
  for (const set of sets) {
    for (const value of set) {
      if (only !== undefined) return undefined;
      only = value;
    }
  }
  return only;
}

function valuesAt(index: Map<string, Set<string>>, key: string): Set<string> {
  const values = index.get(key) ?? new Set<string>();
  index.set(key, values);
  return values;
}
