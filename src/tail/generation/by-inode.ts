/**
 * Generations by the numbers of the inodes from which they were read: that of their file, and that of the file in which they were cut, where
 * they go on in a copy. No question goes through them all: there can be thousands, and as many files that appear.
 *
 * Invariant: a generation is found by the numbers that it had when it was added. They change only when it is read again.
 */
import type { Generation } from './generation.ts';

export class ByInode {
  readonly #numbers = new Map<Generation, readonly string[]>();
  readonly #generations = new Map<string, Generation[]>();

  /** The generation is not among these yet. */
  add(generation: Generation): void {
    const { inode, cutInPlace } = generation;
    const numbers = cutInPlace === undefined || cutInPlace.inode === inode ? [inode] : [inode, cutInPlace.inode];
    this.#numbers.set(generation, numbers);
    for (const number of numbers) {
      const known = this.#generations.get(number);
      if (known === undefined) this.#generations.set(number, [generation]);
      else known.push(generation);
    }
  }

  delete(generation: Generation): void {
    for (const number of this.#numbers.get(generation) ?? []) {
      const others = this.#generations.get(number)?.filter((other) => other !== generation) ?? [];
      if (others.length > 0) this.#generations.set(number, others);
      else this.#generations.delete(number);
    }
    this.#numbers.delete(generation);
  }

  /** Generations whose file has that number, or had it when they were cut, on any device. */
  readFrom(inode: string): readonly Generation[] {
    return this.#generations.get(inode) ?? [];
  }
}
