/**
 * What is this file? A generation that is known already, a copy whose bytes another one delivers, or something new.
 *
 * Invariant: only content decides; a name, an inode number or a time alone never does. Of several that it may be, it is
 * the one of which it proves most: files of a log can begin alike for as long as something short is known of them.
 */
import { limits } from '../../core/limits.ts';
import { dirname } from '../../core/paths.ts';
import { isLongerThan } from '../content/content-proof.ts';
import { contentBytes, type OpenContent } from '../content/content.ts';
import { FinishedGenerations } from '../generation/finished-generations.ts';
import type { GenerationSet } from '../generation/generation-set.ts';
import type { Generation } from '../generation/generation.ts';
import type { KnownGenerations } from '../generation/known-generations.ts';
import { bytesProvenByEnds, canHold, isContinuation, isSameInode, isShortCopy, knowBy, provenBytesIn, sharesMore } from '../generation/lineage.ts';
import { canBeCopyOf, canBeNumberOf, isNamedAfter, pathsOf } from '../generation/rotation.ts';
import { type FirstLook, NOT_FIRST } from '../listing/seen-directories.ts';
import type { UnseenFile } from '../search/unseen.ts';
import type { Postponed } from './appearances.ts';
import type { Births } from './births.ts';
import type { Copies } from './copies.ts';
import type { HeldFiles } from './held-files.ts';
import { headerBytesIn, isToldApart, isToldCopy } from './telling.ts';

/** How a file came to be looked at. */
export interface Appearance extends FirstLook {
  /** The generation whose place it took: whatever the file is, it is not that. */
  readonly except?: Generation;
  /** Whether the file cannot be taken for a new one yet, because what may be its log is not judged. */
  readonly postponed?: (path: string) => Postponed | undefined;
}

/** A generation that is known, and was taken from where it was kept; or one of these. */
export type Recognised =
  | Generation
  /** Another generation delivers its bytes. */
  | 'covered'
  /** It cannot be told yet: so far it repeats another one, or is not whole. */
  | 'later'
  /** It cannot be told now: what it may repeat has just changed, or cannot be read. */
  | 'unsure'
  /** Nothing that is known. */
  | undefined;

interface RecognitionParts {
  readonly known: KnownGenerations;
  readonly copies: Copies;
  readonly held: HeldFiles;
  readonly births: Births;
  /** Whether the flow lists a file of that name. */
  readonly lists: (path: string) => boolean;
}

const NEWLINE = 0x0a;
/** A compressed file that the flow does not list is judged when it did not change for this long. */
const COMPRESSED_SETTLED_MS = 5000;

export class Recognition {
  readonly #known: KnownGenerations;
  readonly #parts: RecognitionParts;

  constructor(parts: RecognitionParts) {
    this.#known = parts.known;
    this.#parts = parts;
  }

  /** What a file is that the flow lists. Rejects with a `FileFault`. */
  async ofListed(content: OpenContent, { first, nowMs }: { first: Appearance; nowMs: number }): Promise<Recognised | Postponed> {
    const { live, missing } = this.#known;
    const { copies, held } = this.#parts;
    const best = await this.#strongest(content, first.except);
    const known = (await this.#takeSure(best, content)) ?? (await this.#copyOfCut(content, nowMs));
    if (known !== undefined) return known;
    // Files that were there before the flow was cannot be told from twins: all are read.
    const isFirst = first.has(dirname(content.path));
    const verdict = isFirst ? undefined : await copies.judge(content, live.near(content.path), nowMs);
    const postponed = isFirst || best !== undefined ? undefined : first.postponed?.(content.path);
    if (verdict !== undefined || postponed !== undefined) return verdict ?? postponed;
    // What it was made from is not known yet to be new, or a copy. Nothing is missing of a generation that was over.
    const mayWait = content.storage !== 'plain' && best?.known !== missing;
    return mayWait && (await held.repeat(content)) ? 'later' : take(best, content);
  }

  /** What a file is that the flow does not list, but that may be an unseen generation. Rejects with a `FileFault`. */
  async ofUnlisted(content: OpenContent, { originalPath, sinceMs }: UnseenFile, nowMs: number): Promise<Recognised> {
    const { live, missing } = this.#known;
    const { copies } = this.#parts;
    if ((await contentBytes(content)) === undefined) return 'later';
    const best = await this.#strongest(content);
    const known = (await this.#takeSure(best, content)) ?? (await this.#copyOfCut(content, nowMs));
    if (known !== undefined) return known;
    for (const generation of new Set([...live.near(originalPath), ...this.#readNear(content)])) {
      if (generation.originalPath !== originalPath && !pathsOf(content).some((path) => canBeCopyOf(path, generation.path))) continue;
      const verdict = await copies.judgeUnlisted(content, generation, nowMs);
      if (verdict !== undefined) return verdict;
      if (await copies.isCutMeanwhile(generation)) return 'unsure';
    }
    // Whoever compresses a file gives it its old modification time last.
    if (best?.known !== missing && content.storage !== 'plain' && nowMs - sinceMs < COMPRESSED_SETTLED_MS) return 'later';
    return take(best, content);
  }

  /**
   * Whether a file that seems to hold a missing generation is that of another one, or its copy: it has more of that. Or may
   * be: it is not told apart, and is a missing one's by more than that, or shows what it is when it is looked at, since the flow
   * lists it. Rejects with a `FileFault`.
   */
  async isAnothers(content: OpenContent, generation: Generation): Promise<boolean> {
    if (!(await this.#isToldApart(content, generation)) && (this.#parts.lists(content.path) || (await this.#isClaimed(content)))) return true;
    let provenBytes = await provenBytesIn(content, generation);
    if (await isAll(content, provenBytes)) return false;
    let headerBytes: Promise<number> | undefined;
    for (const other of this.#near(content)) {
      if (other === generation || !canBe(content, other) || !(await canBeIn(content, other))) continue;
      if (!(await sharesMore(content, other, provenBytes))) continue;
      // What takes more reading is asked only where it matters.
      provenBytes = Math.max(provenBytes, await bytesProvenByEnds(content, generation));
      // One that is missing goes on in it. One that is over does not: that it has the header of their log says nothing.
      const commonBytes = this.#known.finished.includes(other) ? await (headerBytes ??= headerBytesIn(content, Infinity)) : 0;
      if (await sharesMore(content, other, Math.max(provenBytes, commonBytes))) return true;
    }
    return (await this.#isRead(content)) || this.#isOfCutMeanwhile(content, provenBytes);
  }

  /**
   * What goes on in a file that holds a missing generation and that the flow does not list. Where no name, and no more than the
   * number of an inode and a common beginning leads to it, a new one: whether the old one is this or is gone, all of it is read,
   * under the name that it has. A copy may be the only one: it is read on.
   */
  async restIn(content: OpenContent, generation: Generation, nowMs: number): Promise<Generation> {
    if (!isSameInode(content.stat, generation) || (await this.#isToldApart(content, generation))) return generation;
    return this.#parts.births.begin(content, { first: NOT_FIRST, nowMs });
  }

  /** Whether the file holds a missing generation and is told from those of all others by that. */
  async #isClaimed(content: OpenContent): Promise<boolean> {
    for (const claim of await claimsOn(content, this.#known.missing, undefined)) if (await this.#isToldApart(content, claim.generation)) return true;
    return false;
  }

  /** Whether the file that holds a missing generation is told from those of all others by that. */
  #isToldApart(content: OpenContent, generation: Generation): Promise<boolean> {
    return isToldApart(content, generation, this.#known);
  }

  /** Those that are not being read and may have been in the file, by its name or its number. */
  *#near(content: OpenContent): Iterable<Generation> {
    yield* this.#known.missing.near(content);
    yield* this.#known.finished.near(content);
  }

  /** Those that are being read and may have been in the file, by its name. */
  #readNear(content: OpenContent): ReadonlySet<Generation> {
    return new Set(pathsOf(content).flatMap((path) => [...this.#known.live.near(path)]));
  }

  /** Whether all that can be read of the file is, or may be, being read from another one, of which it may be made as far as `isSource` tells. */
  async #isRead(content: OpenContent, isSource: (original: Generation) => boolean = () => true): Promise<boolean> {
    const { copies } = this.#parts;
    for (const original of this.#readNear(content)) {
      // Of an open one nothing has to be known: it is compared as it is.
      const isAtHand = original.head.lengthBytes > 0 || original.handle !== undefined;
      if (!isAtHand || !isNamedAfter(content, original) || !isSource(original)) continue;
      if ((await copies.repeats(content, original)) !== undefined) return true;
    }
    return false;
  }

  /**
   * Whether the file shares more than `sharedBytes` with a log that is being read and was cut since it was looked at last: the two
   * cannot be compared any more. When that is noticed, the log's generation is one of those that may be in the file.
   */
  async #isOfCutMeanwhile(content: OpenContent, sharedBytes: number): Promise<boolean> {
    for (const original of this.#readNear(content)) {
      if (!isRelated(content, original) || !(await sharesMore(content, original, sharedBytes))) continue;
      if (await this.#parts.copies.isCutMeanwhile(original)) return true;
    }
    return false;
  }

  /** The generation of which the file proves most, among those that are not being read; of several, one that is missing. */
  async #strongest(content: OpenContent, except?: Generation): Promise<Claim | undefined> {
    const { missing, finished } = this.#known;
    const claims: Claim[] = [];
    for (const claim of [...(await claimsOn(content, missing, except)), ...(await claimsOn(content, finished, except))]) {
      if (await this.#isToldApart(content, claim.generation)) claims.push(claim);
    }
    return claims.reduce<Claim | undefined>((best, claim) => (best === undefined || claim.provenBytes > best.provenBytes ? claim : best), undefined);
  }

  /** Takes a missing one if no other one can have more of the file. */
  async #takeSure(best: Claim | undefined, content: OpenContent): Promise<Generation | undefined> {
    if (best?.known !== this.#known.missing) return undefined;
    if (await isAll(content, best.provenBytes)) return take(best, content);
    const whole = (await contentBytes(content)) !== undefined;
    return whole || (await this.#isRead(content)) ? undefined : take(best, content);
  }

  /** Whether the file is a copy of `original`, which was cut, that ends below its position: see `isShortCopy`. Rejects with a `FileFault`. */
  async isCopyOfCut(content: OpenContent, original: Generation): Promise<boolean> {
    return (await isShortCopy(content, original)) && isToldCopy(content, original, this.#known);
  }

  /** `content` as a generation that is read to its end, if it is a copy of one that was cut and had been read further. */
  async #copyOfCut(content: OpenContent, nowMs: number): Promise<Generation | undefined> {
    for (const original of this.#near(content)) {
      if (!(await this.isCopyOfCut(content, original))) continue;
      // All of it is compared there: that it begins like one that was cut is no more than that they are of one log. Nobody copies what
      // was rotated: that begins like all of the log, too.
      const isSource = ({ path, originalPath }: Generation) => content.storage !== 'plain' || path === originalPath;
      return (await this.#isRead(content, isSource)) ? undefined : this.repeating(content, original, nowMs);
    }
    return undefined;
  }

  /** `content`, a copy of `original` that ends below its position, as a generation that is read to its end. */
  async repeating(content: OpenContent, original: Generation, nowMs: number): Promise<Generation> {
    const offset = (await contentBytes(content)) ?? 0;
    const generation = await this.#parts.births.make(content, { offset, state: 'rotated', nowMs });
    // Now that nothing more has to be read: what fails is tried again.
    original.copyFound = true;
    this.#parts.copies.forget(content.stat);
    generation.repeats = original.tracker;
    return generation;
  }
}

/** Generations that are not being read. */
type Known = Pick<GenerationSet, 'near' | 'delete'>;

/** A generation whose bytes a file holds, as far as they are known. */
interface Claim {
  readonly generation: Generation;
  readonly known: Known;
  /** 0: nothing is known but the inode's number. */
  readonly provenBytes: number;
}

/** Those of `known` whose bytes `content` holds. */
async function claimsOn(content: OpenContent, known: Known, except: Generation | undefined): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  for (const generation of known.near(content)) {
    if (generation === except) continue;
    if (!canBe(content, generation)) continue;
    if (!(await isContinuation(content, generation))) continue;
    if (known instanceof FinishedGenerations && !(await isEnough(content, generation))) continue;
    claims.push({ generation, known, provenBytes: await provenBytesIn(content, generation) });
  }
  return claims;
}

/** Whether the file has no more than so many bytes, and is whole: it will not have more. */
async function isAll(content: OpenContent, bytes: number): Promise<boolean> {
  return !(await isLongerThan(content.handle, bytes)) && (await contentBytes(content)) !== undefined;
}

/** By its name or its inode's number. */
function canBe(content: OpenContent, generation: Generation): boolean {
  return isRelated(content, generation) || (isSameInode(content.stat, generation) && pathsOf(content).some((path) => canBeNumberOf(path, generation)));
}

/** Whether the file can hold it, or a copy of it, whole or not: its own file is neither, that goes on with it. */
async function canBeIn(content: OpenContent, generation: Generation): Promise<boolean> {
  if (!canHold(content, generation)) return false;
  return content.storage !== 'plain' || !isSameInode(content.stat, generation) || isContinuation(content, generation);
}

/** By its name, where anything is known of the generation. */
function isRelated(content: OpenContent, generation: Generation): boolean {
  return isNamedAfter(content, generation) && generation.head.lengthBytes > 0;
}

/**
 * Whether the proof is enough to go on in a file whose generation was over: nothing is missing, so that a few bytes sent
 * twice are better than the lines of a new file that happens to begin with them. Nobody writes on in a copy. Where the generation
 * ended in the middle of a line, as when it was cut while that was being written, lines of other files begin like that, too,
 * behind the same header: only its very file goes on with it.
 */
async function isEnough(content: OpenContent, generation: Generation): Promise<boolean> {
  const { marker, position } = generation;
  const isNumber = isSameInode(content.stat, generation);
  const mayGoOn = content.storage !== 'plain' || isNumber;
  const tells = marker.length === limits.tailMarkerBytes && (endsLine(marker) || (isNumber && content.stat.birthMs !== undefined));
  // Last: it decodes what is compressed to its end.
  return (mayGoOn && tells) || (await contentBytes(content)) === position;
}

/** Whether a line ends where the marker does, in whatever encoding: in UTF-16LE a NUL follows. */
function endsLine(marker: Buffer): boolean {
  return (marker.at(-1) === 0 ? marker.at(-2) : marker.at(-1)) === NEWLINE;
}

/** The generation goes on in the file. */
async function take(claim: Claim | undefined, content: OpenContent): Promise<Generation | undefined> {
  if (claim === undefined) return undefined;
  const { generation, known } = claim;
  // First: whoever asks for an account meanwhile finds it where it was.
  await knowBy(generation, content);
  known.delete(generation);
  // Its copies and rotations will be named after the name that it has now.
  if (known instanceof FinishedGenerations && !isRelated(content, generation)) generation.originalPath = content.path;
  // Back at its place, as after a mount: whoever writes it may be in the middle of a line.
  generation.state = content.storage === 'plain' && content.path === generation.originalPath ? 'active' : 'rotated';
  return generation;
}
