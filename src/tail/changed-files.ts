/**
 * What follows from what is seen of one file: its generation is read, searched for or told anew, and what is in its place is judged. A look,
 * a hint and a read can each find that out (flow-tail.ts).
 *
 * Invariant: a generation whose file was replaced loses its turn to be read at once. What is there now is judged by the next `judge`.
 */
import type { Clock, Now } from '../core/ports.ts';
import { isHole } from './content/content-proof.ts';
import type { ContentFiles } from './content/content.ts';
import type { FileFaults } from './file-faults.ts';
import type { Generation } from './generation/generation.ts';
import { isHidden, type KnownChange } from './generation/rotation.ts';
import { isStill } from './generation/still-proof.ts';
import type { Generations } from './generations.ts';
import type { FoundFile, Listing } from './listing/discovery.ts';
import type { Looks } from './listing/looks.ts';
import type { FirstLook } from './listing/seen-directories.ts';
import type { SeenStat } from './reading/read-queue.ts';
import type { Reader } from './reading/reader.ts';
import { judgeAppeared, type Place } from './recognition/appearances.ts';

export interface ChangedFilesOptions {
  readonly clock: Clock;
  readonly content: ContentFiles;
  readonly generations: Generations;
  readonly looks: Looks;
  readonly reader: Reader;
  readonly faults: FileFaults;
  /** Aborted: nothing more is judged or searched for. */
  readonly signal: AbortSignal;
}

export class ChangedFiles {
  readonly #options: ChangedFilesOptions;
  /** Where a generation's file was replaced: nobody knows yet which file is there now. */
  readonly #places: Place[] = [];

  constructor(options: ChangedFilesOptions) {
    this.#options = options;
  }

  /**
   * What became of a file that was known at the last look. `begunMs`: when this look began, monotonic. Faults are told. A file that left its
   * place and cannot be asked for its state may have grown since the look before: `hide` notes that.
   */
  apply(change: KnownChange, listing: Listing, begunMs: number): Promise<void> {
    return this.#options.faults.guard(change.generation.path, () => this.#apply(change, listing, begunMs));
  }

  async #apply(change: KnownChange, listing: Listing, begunMs: number): Promise<boolean | void> {
    const { generations, clock, looks, reader } = this.#options;
    const { kind, generation } = change;
    if (kind === 'seen') {
      generations.moved(generation, change.file, clock.monotonicMs());
      return this.seen(generation, change.file.path, { stat: change.file.stat, askedMs: begunMs });
    }
    let isLookedAt = false;
    try {
      if (kind === 'replaced') await this.replaced(generation, change.file.path);
      else if (isHidden(generation.path, listing)) return false;
      else if (await generations.absent(generation, () => this.#now())) reader.add(generation);
      isLookedAt = true;
      return false;
    } finally {
      if (!isLookedAt) generation.hide(looks.lastMs ?? begunMs);
    }
  }

  /** The file of `generation` is where it was, as far as its inode and size tell. Rejects with a `FileFault`. */
  async seen(generation: Generation, path: string, seen: SeenStat): Promise<void> {
    const { reader } = this.#options;
    if (!generation.seeFile(seen.stat, this.#now(), seen.askedMs) && generation.unreadBytes === 0) return;
    reader.add(generation, seen);
    // Reading may have to wait for the budget. Until then the file is held open, because it may be deleted, and a cut is noticed,
    // because the copy may not stay long. A hole is always checked: a read would not notice that it became a longer one.
    if (generation.handle !== undefined && reader.mayRead() && !isHole(generation)) return;
    await this.prove(generation, path);
  }

  /** Opens the file of `generation` if it is closed, and finds out whether it is what it was. Rejects with a `FileFault`. */
  async prove(generation: Generation, path = generation.path): Promise<void> {
    if (!(await isStill(generation, this.#options.content))) await this.replaced(generation, path);
  }

  /**
   * The inode of `generation` now holds something else: the rest may be in a copy. The new content is read from 0. Rejects with a
   * `FileFault`.
   */
  async replaced(generation: Generation, path = generation.path): Promise<void> {
    const { generations, clock, reader } = this.#options;
    reader.delete(generation);
    this.#places.push({ generation, path });
    await generations.replaced(generation, path, clock.monotonicMs());
  }

  /** What the file of `generation` is has to be told anew: it was taken for a plain one while it was empty. Rejects with a `FileFault`. */
  async retell(generation: Generation): Promise<void> {
    const { generations, clock, reader } = this.#options;
    reader.delete(generation);
    this.#takenUp(await generations.judge.retell(generation, clock.monotonicMs()));
  }

  /**
   * Judges unknown files and files that took the place of others; one of them can be a copy or compressed form of another. In a look
   * this comes after all generations that lost their file were noticed: an unknown file may be theirs. The rest of a replaced
   * generation is queued first, then what is new, oldest first. Faults are told.
   */
  async judge(appeared: readonly FoundFile[], first: FirstLook): Promise<void> {
    const { generations, clock, faults, signal } = this.#options;
    const places = this.#places.splice(0);
    if (places.length === 0 && appeared.length === 0) return;
    const found = await judgeAppeared<FoundFile | Place>([...places, ...appeared], {
      judge: async (file, postponed) => {
        if (generations.room.isFull) await generations.room.make(clock.monotonicMs());
        const nowMs = clock.monotonicMs();
        return 'stat' in file ? generations.judge.appeared(file, { ...first, postponed }, nowMs) : generations.judge.tookPlace(file, postponed, nowMs);
      },
      guard: (path, action) => faults.guard(path, action),
      unreadLogs: () => faults.unreadLogs(),
      signal,
    });
    for (const { generation } of places) {
      if (signal.aborted) return;
      // A generation without a head takes only what no other one claims: the look searches for it last.
      if (generation.head.lengthBytes > 0) await this.search(generation);
    }
    for (const generation of found) this.#takenUp(generation);
  }

  /** Searches for a missing generation. Faults are told. */
  search(generation: Generation): Promise<void> {
    const { generations, clock, faults } = this.#options;
    return faults.guard(generation.path, async () => {
      this.#takenUp(await generations.search(generation, clock.monotonicMs()));
      // Found or not, another file may be by now where the generation was seen last.
      return false;
    });
  }

  /** Finds generations that came and went unseen. They are read before all that wait, which are younger. Faults are told. */
  findUnseen(listing: Listing): Promise<void> {
    const { generations, clock, faults, reader } = this.#options;
    return faults.guard('', async () => {
      const found = await generations.judge.findUnseen(listing, clock.monotonicMs());
      for (const generation of found) generation.quietFrom(clock.monotonicMs());
      reader.addFirst(found);
    });
  }

  /** Queues a generation. To find out what its file is can take long, and nobody saw growth meanwhile: quiet counts from now. */
  #takenUp(generation: Generation | undefined): void {
    if (generation === undefined) return;
    generation.quietFrom(this.#options.clock.monotonicMs());
    this.#options.reader.add(generation);
  }

  #now(): Now {
    const { clock } = this.#options;
    return { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  }
}
