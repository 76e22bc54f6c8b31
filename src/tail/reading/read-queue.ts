/** Generations that are to be read, in turn, each with what was seen of its file just now. */
import type { FileStat } from '../../core/ports.ts';
import type { Generation } from '../generation/generation.ts';

/** State of a file, asked for at `askedMs` (monotonic) by its handle or by its name. */
export interface SeenStat {
  readonly stat: FileStat;
  readonly askedMs: number;
  /** When a hint told of a change, monotonic: new bytes may be there since then. Undefined: no hint did. */
  readonly hintedMs?: number | undefined;
}

export interface Turn {
  readonly generation: Generation;
  readonly seen: SeenStat | undefined;
}

export class ReadQueue {
  readonly #waiting = new Map<Generation, SeenStat | undefined>();

  get size(): number {
    return this.#waiting.size;
  }

  /** A generation that waits already keeps its turn. `seen`: of the file that it is read from. */
  add(generation: Generation, seen?: SeenStat): void {
    this.#waiting.set(generation, seen);
  }

  /** These generations are older than all that wait. */
  addFirst(generations: readonly Generation[]): void {
    if (generations.length === 0) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const generation of generations) this.add(generation);
    for (const [generation, seen] of waiting) this.add(generation, seen);
  }

  delete(generation: Generation): void {
    this.#waiting.delete(generation);
  }

  take(): Turn | undefined {
    for (const [generation, seen] of this.#waiting) {
      this.#waiting.delete(generation);
      return { generation, seen };
    }
    return undefined;
  }
}
