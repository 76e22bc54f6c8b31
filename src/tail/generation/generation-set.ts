/**
 * Generations that are not being read, found by what a file shows before it is opened: its name and its inode number.
 * There can be thousands of them, and as many files that appear, as when all logs of a host are rotated at midnight.
 *
 * Invariant: a generation is found by the names and the number that it had when it was added. They change only when it is read again.
 */
import type { FileStat } from '../../core/ports.ts';
import type { OpenContent } from '../content/content.ts';
import { ByLog } from '../listing/by-log.ts';
import { ByInode } from './by-inode.ts';
import type { Generation } from './generation.ts';
import { pathsOf } from './rotation.ts';

export class GenerationSet implements Iterable<Generation> {
  /** By whose rotated forms each generation is found. */
  readonly #logs = new Map<Generation, readonly string[]>();
  readonly #byLog = new ByLog<Generation>();
  readonly #byInode = new ByInode();

  [Symbol.iterator](): Iterator<Generation> {
    return this.#logs.keys();
  }

  has(generation: Generation): boolean {
    return this.#logs.has(generation);
  }

  add(generation: Generation): void {
    this.delete(generation);
    const logs = logsOf(generation);
    this.#logs.set(generation, logs);
    for (const log of logs) this.#byLog.add(log, generation);
    this.#byInode.add(generation);
  }

  delete(generation: Generation): void {
    for (const log of this.#logs.get(generation) ?? []) this.#byLog.delete(log, generation);
    this.#logs.delete(generation);
    this.#byInode.delete(generation);
  }

  /** Generations whose file has that number, on any device. */
  ofInode(inode: string): readonly Generation[] {
    return this.readFrom(inode).filter((generation) => generation.inode === inode);
  }

  /** See `ByInode`. */
  readFrom(inode: string): readonly Generation[] {
    return this.#byInode.readFrom(inode);
  }

  /** Generations of which the file can be a copy by its name (`isNamedAfter`), or that were in a file of its number, and some more. */
  near(file: Pick<OpenContent, 'path' | 'besideLog'> & { readonly stat: Pick<FileStat, 'inode'> }): ReadonlySet<Generation> {
    return new Set([...pathsOf(file).flatMap((path) => [...this.#byLog.near(path)]), ...this.ofInode(file.stat.inode)]);
  }
}

/** The paths by whose rotated forms a generation is found: that of the log that it was, and that of its file. */
export function logsOf({ path, originalPath }: Pick<Generation, 'path' | 'originalPath'>): readonly string[] {
  return path === originalPath ? [path] : [path, originalPath];
}
