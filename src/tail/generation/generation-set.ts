/**
 * Generations that are not being read, found by what a file shows before it is opened: its name and its inode number.
 * There can be thousands of them, and as many files that appear, as when all logs of a host are rotated at midnight.
 *
 * Invariant: a generation is found by the names and the number that it had when it was added. They change only when it is read again.
 */
import type { FileStat } from '../../core/ports.ts';
import type { OpenContent } from '../content/content.ts';
import { ByLog } from '../listing/by-log.ts';
import type { Generation } from './generation.ts';
import { pathsOf } from './rotation.ts';

interface Keys {
  readonly logs: readonly string[];
  readonly inode: string;
}

export class GenerationSet implements Iterable<Generation> {
  readonly #keys = new Map<Generation, Keys>();
  readonly #byLog = new ByLog<Generation>();
  readonly #byInode = new Map<string, Generation[]>();

  [Symbol.iterator](): Iterator<Generation> {
    return this.#keys.keys();
  }

  has(generation: Generation): boolean {
    return this.#keys.has(generation);
  }

  add(generation: Generation): void {
    this.delete(generation);
    const { inode } = generation;
    const logs = logsOf(generation);
    this.#keys.set(generation, { logs, inode });
    for (const log of logs) this.#byLog.add(log, generation);
    const known = this.#byInode.get(inode);
    if (known === undefined) this.#byInode.set(inode, [generation]);
    else known.push(generation);
  }

  delete(generation: Generation): void {
    const keys = this.#keys.get(generation);
    if (keys === undefined) return;
    this.#keys.delete(generation);
    for (const log of keys.logs) this.#byLog.delete(log, generation);
    const others = this.#byInode.get(keys.inode)?.filter((other) => other !== generation) ?? [];
    if (others.length > 0) this.#byInode.set(keys.inode, others);
    else this.#byInode.delete(keys.inode);
  }

  /** Generations that were in a file of that inode number, on any device. */
  ofInode(inode: string): readonly Generation[] {
    return this.#byInode.get(inode) ?? [];
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
