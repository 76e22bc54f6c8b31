/**
 * Logs whose names carry the date from the beginning: rotation renames nothing, the next day's file supersedes the one before.
 *
 * Only a date decides, and nothing else in the names may differ: two files with other numbers in their names may both be written to, each
 * by a process of its own.
 */
import { basename, dirname } from '../../core/paths.ts';
import type { FoundFile } from './discovery.ts';

/** 20261121, 2026-11-21, 2026.11.21, 2026_11_21; with a time of day as in 2026112110 or 2026-11-21T1030 (ISO 8601). */
const DATE = /(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?:T?((?:[01]\d|2[0-3])(?:[0-5]\d){0,2}))?(?!\d)/g;

interface Dated {
  /** The path without the date. */
  readonly family: string;
  /** Digits, the greatest unit first. */
  readonly date: string;
}

/** The last date in the name of the file at `path`; undefined: there is none. */
function datedOf(path: string): Dated | undefined {
  const name = basename(path);
  const match = [...name.matchAll(DATE)].at(-1);
  if (match === undefined) return undefined;
  const [text, year = '', , month = '', day = '', time = ''] = match;
  // No name has a slash in it.
  const family = `${dirname(path)}/${name.slice(0, match.index)}/${name.slice(match.index + text.length)}`;
  return { family, date: year + month + day + time };
}

export class DatedNames {
  /** By family, the file with the latest date. */
  readonly #latest = new Map<string, { readonly date: string; readonly modifiedMs: number }>();
  readonly #superseding = new Set<string>();

  /** `files`: all that are there. */
  constructor(files: readonly FoundFile[]) {
    for (const { path, stat } of files) {
      const dated = datedOf(path);
      if (dated === undefined) continue;
      const { family, date } = dated;
      const known = this.#latest.get(family);
      if (known !== undefined && known.date !== date) this.#superseding.add(family);
      if (known === undefined || known.date < date) this.#latest.set(family, { date, modifiedMs: stat.modifiedMs });
    }
  }

  /** Whether any file is there that another one may supersede. */
  get any(): boolean {
    return this.#superseding.size > 0;
  }

  /** Whether another file has the same name with a later date, and was written to after this one's last write, or at the same time. */
  supersede({ path, stat }: FoundFile): boolean {
    const dated = this.any ? datedOf(path) : undefined;
    if (dated === undefined) return false;
    const latest = this.#latest.get(dated.family);
    return latest !== undefined && latest.date > dated.date && latest.modifiedMs >= stat.modifiedMs;
  }
}
