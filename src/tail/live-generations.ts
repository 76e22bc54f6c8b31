/**
 * The generations being read, by inode and by the path at which each was last seen.
 *
 * Invariant: one live generation an inode. Two would read the same bytes, and the bytes of the one that is not found here
 * any more would be in no account.
 */
import { assert } from '../core/assert.ts';
import type { FileStat } from '../core/ports.ts';
import { inodeKey } from './file-identity.ts';
import type { Generation } from './generation.ts';

export class LiveGenerations {
  readonly #byInode = new Map<string, Generation>();
  /** Some may have moved on. */
  readonly #byPath = new Map<string, Generation>();

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

  /** None may be read from its file yet. */
  add(generation: Generation): void {
    assert(!this.has(generation), 'a file is read by one generation');
    this.#byInode.set(generation.inodeKey, generation);
    this.placed(generation);
  }

  delete(generation: Generation): void {
    if (this.#byInode.get(generation.inodeKey) === generation) this.#byInode.delete(generation.inodeKey);
  }

  /** The generation's file is at `generation.path` now. */
  placed(generation: Generation): void {
    this.#byPath.set(generation.path, generation);
  }

  /** Whose file is at `path`, as far as is known. */
  at(path: string): Generation | undefined {
    const generation = this.#byPath.get(path);
    if (generation === undefined) return undefined;
    if (generation.path === path && this.#byInode.get(generation.inodeKey) === generation) return generation;
    this.#byPath.delete(path);
    return undefined;
  }
}
