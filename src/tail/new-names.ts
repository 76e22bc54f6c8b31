/**
 * Which rotated names of a log are new in its directory: the log was made and rotated between two looks, and no generation
 * of it was known then.
 *
 * By names alone, which move at every rotation: so only where none of the log's rotated names is older than a minute, in a
 * directory that was looked at before. Where some are, the files may be of any age.
 */
import type { Listing } from './discovery.ts';
import { isStampedNameOf } from './file-identity.ts';
import { basename, dirname } from '../core/paths.ts';

const NEW_MS = 60_000;

export class NewNames {
  /** By directory: since when each name is there, monotonic; -Infinity: since before the directory was looked at. */
  readonly #names = new Map<string, ReadonlyMap<string, number>>();

  /** Takes over what a look at `nowMs`, monotonic, found. */
  look({ directories, changedDirectories }: Pick<Listing, 'directories' | 'changedDirectories'>, nowMs: number): void {
    for (const [directory, entries] of changedDirectories) {
      const before = this.#names.get(directory);
      const cameMs = (name: string) => (before === undefined ? -Infinity : (before.get(name) ?? nowMs));
      this.#names.set(directory, new Map(entries.filter(({ kind }) => kind === 'file').map(({ name }) => [name, cameMs(name)])));
    }
    if (this.#names.size <= directories.length) return;
    const there = new Set(directories);
    for (const directory of this.#names.keys()) if (!there.has(directory)) this.#names.delete(directory);
  }

  /** Whether no rotated name of the log at `path` was next to it a minute ago. */
  areAllNew(path: string, nowMs: number): boolean {
    const names = this.#names.get(dirname(path));
    if (names === undefined) return false;
    for (const [name, sinceMs] of names) if (isStampedNameOf(name, basename(path)) && sinceMs < nowMs - NEW_MS) return false;
    return true;
  }
}
