/**
 * What is this file? A generation that is known already, a copy whose bytes another one delivers, or something new.
 *
 * Invariant: only content decides; a name, an inode number or a time alone never does.
 */
import { limits } from '../core/limits.ts';
import { dirname } from '../core/paths.ts';
import type { Births } from './births.ts';
import { contentBytes, type OpenContent } from './content.ts';
import type { Copies } from './copies.ts';
import { FinishedGenerations } from './finished-generations.ts';
import type { Generation } from './generation.ts';
import { isContinuation, isSameInode, isShortCopy } from './lineage.ts';
import { canBeCopyOf } from './rotation.ts';
import type { FirstLook } from './seen-directories.ts';
import type { UnseenFile } from './unseen.ts';

/** How a file came to be looked at. */
export interface Appearance extends FirstLook {
  /** The generation whose place it took: whatever the file is, it is not that. */
  readonly except?: Generation;
}

/** A generation that is known, and was taken from where it was kept; or one of these. */
export type Recognised =
  | Generation
  /** Another generation delivers its bytes. */
  | 'covered'
  /** It cannot be told yet: so far it repeats another one, or is not whole. */
  | 'later'
  /** It cannot be told now: what it may repeat has just changed. */
  | 'unsure'
  /** Nothing that is known. */
  | undefined;

interface KnownGenerations {
  readonly live: () => Iterable<Generation>;
  readonly missing: Set<Generation>;
  readonly finished: FinishedGenerations;
  readonly copies: Copies;
  readonly births: Births;
}

/** A compressed file that the flow does not list is judged when it did not change for this long. */
const COMPRESSED_SETTLED_MS = 5000;

export class Recognition {
  readonly #known: KnownGenerations;

  constructor(known: KnownGenerations) {
    this.#known = known;
  }

  /** What a file is that the flow lists. Rejects with a `FileFault`. */
  async ofListed(content: OpenContent, { first, nowMs }: { first: Appearance; nowMs: number }): Promise<Recognised> {
    const { live, missing, finished, copies } = this.#known;
    const known = (await among(missing, content, first.except)) ?? (await this.#copyOfCut(content, nowMs));
    if (known !== undefined) return known;
    // Files that were there before the flow was cannot be told from twins: all are read.
    const verdict = first.has(dirname(content.path)) ? undefined : await copies.judge(content, live(), nowMs);
    return verdict ?? among(finished, content);
  }

  /** What a file is that the flow does not list, but that may be an unseen generation. Rejects with a `FileFault`. */
  async ofUnlisted(content: OpenContent, { originalPath, sinceMs }: UnseenFile, nowMs: number): Promise<Recognised> {
    const { live, missing, finished, copies } = this.#known;
    if ((await contentBytes(content)) === undefined) return 'later';
    const known = (await among(missing, content)) ?? (await this.#copyOfCut(content, nowMs));
    if (known !== undefined) return known;
    for (const generation of live()) {
      if (generation.originalPath !== originalPath) continue;
      if (await copies.isUnlistedCopy(content, generation, nowMs)) return 'covered';
      if (await copies.isCutMeanwhile(generation)) return 'unsure';
    }
    // Whoever compresses a file gives it its old modification time last.
    if (content.storage !== 'plain' && nowMs - sinceMs < COMPRESSED_SETTLED_MS) return 'later';
    return among(finished, content);
  }

  /** `content` as a generation that is read to its end, if it is a copy of one that was cut and had been read further. */
  async #copyOfCut(content: OpenContent, nowMs: number): Promise<Generation | undefined> {
    const { missing, finished } = this.#known;
    for (const original of [...missing, ...finished]) {
      if (await isShortCopy(content, original)) return this.repeating(content, original, nowMs);
    }
    return undefined;
  }

  /** `content`, a copy of `original` that ends below its position, as a generation that is read to its end. */
  async repeating(content: OpenContent, original: Generation, nowMs: number): Promise<Generation> {
    original.copyFound = true;
    this.#known.copies.forget(content.stat);
    const offset = (await contentBytes(content)) ?? 0;
    const generation = await this.#known.births.make(content, { offset, state: 'rotated', nowMs });
    generation.repeats = original.tracker;
    return generation;
  }
}

/** Generations that are not being read. */
type Known = Iterable<Generation> & { delete(generation: Generation): unknown };

/** The generation of `known` whose bytes `content` holds; it is taken out of there, to be read on. */
async function among(known: Known, content: OpenContent, except?: Generation): Promise<Generation | undefined> {
  let weak: Generation | undefined;
  for (const generation of known) {
    if (generation === except) continue;
    const related = canBeCopyOf(content.path, generation.originalPath) && generation.head.lengthBytes > 0;
    if (!related && !isSameInode(content.stat, generation)) continue;
    if (!(await isContinuation(content, generation))) continue;
    if (known instanceof FinishedGenerations && !(await isEnough(content, generation))) continue;
    // Its copies and rotations will be named after the name that it has now.
    if (known instanceof FinishedGenerations && !related) generation.originalPath = content.path;
    // Nothing was known of it but its inode's number: whoever has a proof comes first.
    if (generation.head.lengthBytes > 0) return take(known, generation);
    weak ??= generation;
  }
  return weak === undefined ? undefined : take(known, weak);
}

/**
 * Whether the proof is enough to go on in a file whose generation was over: nothing is missing, so that a few bytes sent
 * twice are better than the lines of a new file that happens to begin with them.
 */
async function isEnough(content: OpenContent, { marker, position }: Generation): Promise<boolean> {
  return marker.length === limits.tailMarkerBytes || (await contentBytes(content)) === position;
}

function take(known: Known, generation: Generation): Generation {
  known.delete(generation);
  generation.state = 'rotated';
  return generation;
}
