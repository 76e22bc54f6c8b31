/**
 * What becomes of generations: they are remembered, taken up, missing, given up, over.
 *
 * Invariant: one live generation an inode. A generation leaves `live` only when all its bytes were handed on or
 * counted as lost, when its file is being searched for, or when its file is told anew from the same handle (`dismiss`).
 */
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import type { OpenContent } from './content/content.ts';
import { deletedToRelease, letGo, tellReleased } from './generation/deleted-files.ts';
import type { Generation } from './generation/generation.ts';
import type { HandleRoom } from './generation/handle-room.ts';
import type { KnownGenerations } from './generation/known-generations.ts';
import { isOver, loseRest } from './generation/retirement.ts';
import type { GenerationsOptions } from './generations-options.ts';
import type { Listing } from './listing/discovery.ts';
import type { Births } from './recognition/births.ts';
import { dispossess } from './recognition/claims.ts';
import type { Copies } from './recognition/copies.ts';
import { rememberDelivered } from './recognition/delivered-copies.ts';
import type { Inheritance } from './recognition/remembered.ts';
import type { UnreadForms } from './recognition/unread-forms.ts';
import type { Unseen } from './search/unseen.ts';

/** What is shared with file-judge.ts, which tells what files are. */
interface CourseParts {
  readonly known: KnownGenerations;
  readonly room: HandleRoom;
  readonly births: Births;
  readonly unseen: Unseen;
  readonly copies: Copies;
  readonly unread: UnreadForms;
}

export class GenerationCourses {
  readonly #parts: CourseParts;
  readonly #options: GenerationsOptions;
  /** How often a generation was taken up, given up or finished. */
  moves = 0;

  constructor(parts: CourseParts, options: GenerationsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Takes in a generation that the checkpoint, or a predecessor in this process, knows. */
  remember(row: CheckpointRow, inherited: Inheritance | undefined): void {
    const { wallMs, rememberMs, startMs: nowMs } = this.#options;
    const { known, births, unseen } = this.#parts;
    const generation = births.remember(row, inherited, nowMs);
    generation.handle = inherited?.handles.get(row.generation);
    unseen.remembered(generation, nowMs);
    // Later generations of the log may be unknown. An empty file cannot be told from one that has its place and inode number now.
    const left = row.state !== 'active' || row.head.lengthBytes === 0;
    if (left && wallMs() - row.updatedWallMs < rememberMs) unseen.left(generation, nowMs);
    const owner = known.live.of(generation);
    if (row.state === 'finished') this.#addFinished(generation);
    else if (dispossess(generation, owner, wallMs())) {
      generation.missingSinceMs = nowMs;
      known.missing.add(generation);
    } else {
      const other = known.live.at(generation.path);
      this.#enlist(generation);
      // The newer one came to the path when the file of the older one was gone: the path belongs to it.
      if (other !== undefined && other.number > generation.number) known.live.placed(other);
    }
  }

  /** Goes on reading the generation from `content`. */
  takeUp(generation: Generation, content: OpenContent, nowMs: number): Generation {
    this.#parts.births.takeUp(generation, content, nowMs);
    this.#enlist(generation);
    return generation;
  }

  /** Reads the generation from a file that the flow may not list. */
  follow(generation: Generation, content: OpenContent, nowMs: number): void {
    this.takeUp(generation, content, nowMs);
    generation.state = 'rotated';
    generation.outOfPattern = true;
  }

  /** The generation's file is not where it was, or holds something else. */
  lose(generation: Generation, nowMs: number): void {
    const { live, missing } = this.#parts.known;
    live.delete(generation);
    this.moves += 1;
    generation.missingSinceMs ??= nowMs;
    generation.partial = false;
    generation.dirty = true;
    missing.add(generation);
  }

  /** The generation is none: its file was taken for a plain one while it was empty. Nothing of it was read. Its handle is the caller's. */
  dismiss(generation: Generation): void {
    const { known, unseen } = this.#parts;
    generation.handle = undefined;
    known.live.delete(generation);
    unseen.forget(generation);
    this.moves += 1;
    generation.dirty = false;
    known.finished.remove(generation);
  }

  /** The generation was searched for long enough: its rest is counted as lost. */
  giveUp(generation: Generation): void {
    this.#parts.known.missing.delete(generation);
    this.#parts.copies.givenUp(generation);
    loseRest(generation, this.#options.events);
    this.#finish(generation);
  }

  /** Lets go of generations that are over: drained and gone, or drained and quiet under a name the flow does not follow. */
  async retire(nowMs: number, listing: Listing): Promise<void> {
    const { births, copies, room, unread, unseen } = this.#parts;
    const { live, finished } = this.#parts.known;
    const { content: files, deletedFiles } = this.#options;
    const listed = listing.inodeKeys;
    for (const generation of live) {
      if (generation.state !== 'rotated' || !(await isOver(generation, nowMs)) || unread.mayRepeat(generation, nowMs)) continue;
      await generation.close();
      live.delete(generation);
      this.#finish(generation);
    }
    for (const generation of deletedToRelease(live, deletedFiles, nowMs)) await this.#release(generation, nowMs);
    for (const generation of finished.forget(listed, nowMs)) unseen.forget(generation);
    await room.closeIdle(nowMs);
    await rememberDelivered(copies, { files, births, finished, nowMs });
  }

  /** Closes a deleted file. Its rest is searched for like that of any missing file, then given up. */
  async #release(generation: Generation, nowMs: number): Promise<void> {
    await letGo(generation, this.#options.content);
    this.lose(generation, nowMs);
    tellReleased(generation, this.#options.events, nowMs);
  }

  #enlist(generation: Generation): void {
    this.moves += 1;
    const { live, missing } = this.#parts.known;
    missing.delete(generation);
    live.add(generation);
  }

  #finish(generation: Generation): void {
    this.moves += 1;
    generation.state = 'finished';
    generation.missingSinceMs = undefined;
    generation.dirty = true;
    this.#addFinished(generation);
    this.#options.onFinished(generation);
  }

  #addFinished(generation: Generation): void {
    const { known, copies } = this.#parts;
    known.finished.add(generation);
    if (generation.storage !== 'plain') copies.cover(generation);
  }
}
