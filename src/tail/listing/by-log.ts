/**
 * Values that are kept by the path of a log, and found by the paths of its rotated forms without asking each log: a directory can hold
 * thousands of logs, and as many new files can come at once.
 *
 * Guarantee: if `canBeCopyOf` says that a file can be a rotated form of a log, that log is found. Names of rotated forms begin with the
 * log's name without its extension, and go on with a separator.
 */
import { basename, dirname, join } from '../../core/paths.ts';
import { stemOf } from '../content/file-identity.ts';

const SEPARATOR = /[.\-_]/g;

export class ByLog<T> {
  readonly #byStem = new Map<string, T[]>();

  add(log: string, value: T): void {
    const stem = stemPathOf(log);
    const known = this.#byStem.get(stem);
    if (known === undefined) this.#byStem.set(stem, [value]);
    else if (!known.includes(value)) known.push(value);
  }

  /** Removes `value`, which was added with that path. */
  delete(log: string, value: T): void {
    const stem = stemPathOf(log);
    const rest = this.#byStem.get(stem)?.filter((other) => other !== value) ?? [];
    if (rest.length > 0) this.#byStem.set(stem, rest);
    else this.#byStem.delete(stem);
  }

  /**
   * The values that were added with `path`, or with a log of which `path` can be a rotated form by its name and place, and some more;
   * each once.
   */
  near(path: string): ReadonlySet<T> {
    const found = new Set<T>();
    for (const stem of stemPathsIn(path)) for (const value of this.#byStem.get(stem) ?? []) found.add(value);
    return found;
  }
}

function stemPathOf(log: string): string {
  return join(dirname(log), stemOf(basename(log)));
}

/** Rotated forms of a log lie next to it or one directory below (`olddir`). */
function stemPathsIn(path: string): readonly string[] {
  const directory = dirname(path);
  const stems = logStemsIn(basename(path));
  return [directory, dirname(directory)].flatMap((place) => stems.map((stem) => join(place, stem)));
}

/**
 * The stems of all logs that can be called `name`, or of which `name` can be a rotated form: `app`, `app.log` and the name itself for
 * `app.log.1`. A stem is a log's name without its extension.
 */
export function logStemsIn(name: string): readonly string[] {
  const stems = [name];
  for (const { index } of name.matchAll(SEPARATOR)) if (index > 0) stems.push(name.slice(0, index));
  return stems;
}
