/**
 * Generations that are finished: remembered so that no copy of them is sent again, and forgotten when they are gone for
 * long enough.
 */
import type { FileStat } from '../../core/ports.ts';
import { GenerationSet } from './generation-set.ts';
import type { Generation } from './generation.ts';
import { isSameInode } from './lineage.ts';

export interface FinishedOptions {
  /** A finished file that is gone is remembered for this long. */
  readonly rememberMs: number;
  readonly wallMs: () => number;
}

/** How often to look for generations that can be forgotten. */
const FORGET_EVERY_MS = 60_000;

export class FinishedGenerations implements Iterable<Generation> {
  readonly #options: FinishedOptions;
  readonly #generations = new GenerationSet();
  #removals: number[] = [];
  #forgottenMs = 0;

  constructor(options: FinishedOptions) {
    this.#options = options;
  }

  [Symbol.iterator](): Iterator<Generation> {
    return this.#generations[Symbol.iterator]();
  }

  includes(generation: Generation): boolean {
    return this.#generations.has(generation);
  }

  /** See `GenerationSet`. */
  near(file: Parameters<GenerationSet['near']>[0]): ReadonlySet<Generation> {
    return this.#generations.near(file);
  }

  /** See `ByInode`. */
  readFrom(inode: string): readonly Generation[] {
    return this.#generations.readFrom(inode);
  }

  add(generation: Generation): void {
    generation.growth.forget();
    this.#generations.add(generation);
  }

  /** The generation goes on: it is finished no longer. */
  delete(generation: Generation): void {
    this.#generations.delete(generation);
  }

  /**
   * Whether the file is a finished generation's and looks as it did then. All generations that had its inode number are asked: an
   * older one may have gone on in it.
   */
  isIn(stat: FileStat): boolean {
    const isAsItWas = (one: Generation) => one.storedBytes === stat.sizeBytes && one.modifiedMs === stat.modifiedMs;
    return this.#generations.ofInode(stat.inode).some((one) => isAsItWas(one) && one.device === stat.device && isSameInode(stat, one));
  }

  /** Forgets the generation, in the store too: it is too old, or another one remembers all that it does. */
  remove(generation: Generation): void {
    this.delete(generation);
    this.#removals.push(generation.number);
  }

  /** Forgets generations that were finished long ago and whose file is gone: its inode is not `listed`, or a later one's. Returns them. */
  forget(listed: ReadonlySet<string>, nowMs: number): readonly Generation[] {
    if (nowMs - this.#forgottenMs < FORGET_EVERY_MS) return [];
    this.#forgottenMs = nowMs;
    const { wallMs, rememberMs } = this.#options;
    const isThere = (one: Generation) => listed.has(one.inodeKey) && this.#isLast(one);
    const old = [...this.#generations].filter((one) => !one.dirty && !isThere(one) && wallMs() - one.rowWallMs >= rememberMs);
    for (const generation of old) this.remove(generation);
    return old;
  }

  /** An inode number goes from file to file: only the last generation that had it can still be there. */
  #isLast(generation: Generation): boolean {
    const others = this.#generations.ofInode(generation.inode).filter(({ device }) => device === generation.device);
    return others.every((other) => ((other.birthMs ?? 0) - (generation.birthMs ?? 0) || other.number - generation.number) <= 0);
  }

  /** Numbers of generations whose rows are to be removed from the store; `restoreRemovals` if that failed. */
  takeRemovals(): readonly number[] {
    const removals = this.#removals;
    this.#removals = [];
    return removals;
  }

  restoreRemovals(removals: readonly number[]): void {
    this.#removals = [...removals, ...this.#removals];
  }
}
