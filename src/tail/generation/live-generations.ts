/**
 * The generations being read, by inode and by the path at which each was last seen.
 *
 * Invariant: one live generation an inode. Two would read the same bytes, and the bytes of the one that could not be found here
 * would be in no account.
 */
import { assert } from '../../core/assert.ts';
import type { FileStat } from '../../core/ports.ts';
import { inodeKey } from '../content/file-identity.ts';
import { ByLog } from '../listing/by-log.ts';
import { ByInode } from './by-inode.ts';
import { logsOf } from './generation-set.ts';
import type { Generation } from './generation.ts';

export class LiveGenerations {
  readonly #byInode = new Map<string, Generation>();
  /** May be out of date: `at` checks each entry. */
  readonly #byPath = new Map<string, Generation>();
  /** By the log that each generation was, and by where its file is now. */
  readonly #byLog = new ByLog<Generation>();
  readonly #byNumber = new ByInode();

  [Symbol.iterator](): IterableIterator<Generation> {
    return this.#byInode.values();
  }

  /** The generation that is read from the file, if any. */
  of(stat: Pick<FileStat, 'device' | 'inode'>): Generation | undefined {
    return this.#byInode.get(inodeKey(stat));
  }

  /** Whether a generation is read from the file. */
  has(stat: Pick<FileStat, 'device' | 'inode'>): boolean {
    return this.#byInode.has(inodeKey(stat));
  }

  /** No generation may be read from its file yet. */
  add(generation: Generation): void {
    assert(!this.has(generation), 'a file is read by one generation');
    this.#byInode.set(generation.inodeKey, generation);
    for (const log of logsOf(generation)) this.#byLog.add(log, generation);
    this.#byNumber.add(generation);
    this.placed(generation);
  }

  delete(generation: Generation): void {
    if (this.#byInode.get(generation.inodeKey) !== generation) return;
    this.#byInode.delete(generation.inodeKey);
    for (const log of logsOf(generation)) this.#byLog.delete(log, generation);
    this.#byNumber.delete(generation);
  }

  /** See `ByInode`. */
  readFrom(inode: string): readonly Generation[] {
    return this.#byNumber.readFrom(inode);
  }

  /** The file of a generation that is read is at `path` now. */
  move(generation: Generation, path: string): void {
    assert(this.of(generation) === generation, 'a file that moved is read');
    for (const log of logsOf(generation)) this.#byLog.delete(log, generation);
    generation.path = path;
    for (const log of logsOf(generation)) this.#byLog.add(log, generation);
    this.placed(generation);
  }

  /** Generations that were or are at `path`, or of which the file there can be a copy by its name (`canBeCopyOfGeneration`), and more. */
  near(path: string): Iterable<Generation> {
    return this.#byLog.near(path);
  }

  /** The file at `generation.path` is the generation's. */
  placed(generation: Generation): void {
    this.#byPath.set(generation.path, generation);
  }

  /** The generation whose file is at `path`, as far as known. */
  at(path: string): Generation | undefined {
    const generation = this.#byPath.get(path);
    if (generation === undefined) return undefined;
    if (generation.path === path && this.#byInode.get(generation.inodeKey) === generation) return generation;
    this.#byPath.delete(path);
    return undefined;
  }
}
