/**
 * What is this file: a generation that is known already, a copy whose bytes another one delivers, or something new?
 *
 * Invariant: only content decides. A name, an inode number or a time alone never does. Where a file can be several generations, it is the
 * one of which its content proves most bytes: files of one log can begin alike, and only a short beginning may be known of them.
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
import type { UnseenFile } from '../search/log-search.ts';
import type { Postponed } from './appearances.ts';
import type { Births } from './births.ts';
import type { Copies } from './copies.ts';
import type { UndecidedFiles } from './undecided-files.ts';
import { hasNoLineOfItsOwn, headerBytesIn, isToldApart, isToldCopy } from './telling.ts';

/** How a file came to be looked at. */
export interface Appearance extends FirstLook {
  /** The generation whose place the file took: the file cannot be that one. */
  readonly except?: Generation;
  /** Why the file at the path cannot be taken for a new one yet; undefined: it can. */
  readonly postponed?: (path: string) => Postponed | undefined;
}

/** The generation to read from the file, already taken out of the missing or finished ones; or one of these. */
export type Recognised =
  | Generation
  /** Another generation delivers the file's bytes. */
  | 'covered'
  /** Not known yet: so far the file repeats another one, or it is not whole. */
  | 'later'
  /** Not known now: the file that it may repeat has just changed, or cannot be read. */
  | 'unsure'
  /** None of the known generations. */
  | undefined;

interface RecognitionParts {
  readonly known: KnownGenerations;
  readonly copies: Copies;
  readonly undecided: UndecidedFiles;
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

  /** Tells what a listed file is. Rejects with a `FileFault`. */
  async ofListed(content: OpenContent, { first, nowMs }: { first: Appearance; nowMs: number }): Promise<Recognised | Postponed> {
    const { live, missing } = this.#known;
    const { copies, undecided } = this.#parts;
    const best = await this.#strongest(content, first.except);
    const known = (await this.#takeSure(best, content)) ?? (await this.#copyOfCut(content, nowMs));
    if (known !== undefined) return known;
    // A copy that was there before the flow cannot be told from a twin, another file with the same bytes: both are read.
    const isFirst = first.has(dirname(content.path));
    const verdict = isFirst ? undefined : await copies.judge(content, live.near(content.path), nowMs);
    const postponed = isFirst || best !== undefined ? undefined : first.postponed?.(content.path);
    if (verdict !== undefined || postponed !== undefined) return verdict ?? postponed;
    // The file may be the compressed form of an undecided one, which may be new or a copy. A finished generation can wait for that: no
    // bytes of it are missing.
    const mayWait = content.storage !== 'plain' && best?.known !== missing;
    return mayWait && (await undecided.haveAllOf(content)) ? 'later' : take(best, content);
  }

  /** Tells what an unlisted file is: it may be an unseen generation. Rejects with a `FileFault`. */
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
    // A program that compresses a file gives the new file the old modification time last.
    if (best?.known !== missing && content.storage !== 'plain' && nowMs - sinceMs < COMPRESSED_SETTLED_MS) return 'later';
    return take(best, content);
  }

  /**
   * Whether a file that seems to hold the missing `generation` belongs to another generation, or is a copy of one: it shares more bytes
   * with that one. Also true where too little tells the file apart (see `isToldApart`), and either the flow lists the file, so that it is
   * judged as a listed one, or the file is told apart as another missing generation's. Rejects with a `FileFault`.
   */
  async isAnothers(content: OpenContent, generation: Generation): Promise<boolean> {
    if (!(await this.#isToldApart(content, generation)) && (this.#parts.lists(content.path) || (await this.#isClaimed(content)))) return true;
    let provenBytes = await provenBytesIn(content, generation);
    if (await isAll(content, provenBytes)) return false;
    let commonBytes: Promise<number> | undefined;
    for (const other of this.#near(content)) {
      if (other === generation || !canBe(content, other) || !(await canBeIn(content, other))) continue;
      if (!(await sharesMore(content, other, provenBytes))) continue;
      // This takes more reading, so it is asked only where it matters.
      provenBytes = Math.max(provenBytes, await bytesProvenByEnds(content, generation));
      // Another missing generation may go on in this file. A finished one does not: that both have the header of their log proves nothing.
      const toldBytes = this.#known.finished.includes(other) ? await (commonBytes ??= commonBytesIn(content)) : 0;
      if (await sharesMore(content, other, Math.max(provenBytes, toldBytes))) return true;
    }
    // Its own file, as far as its number tells, may be written on: that it begins like others of the log says nothing.
    const hasNoLine = content.storage === 'plain' && isSameInode(content.stat, generation) && (await hasNoLineOfItsOwn(content));
    return (!hasNoLine && (await this.#isRead(content))) || this.#isOfCutMeanwhile(content, provenBytes);
  }

  /**
   * Gives the generation to be read from `content`, an unlisted file that holds the missing `generation`. Where only the inode
   * number and a common beginning lead to the file, and no name does, a new generation begins: all of the file is read, under its
   * own name, whether the missing generation is this file or is gone. A file with another inode is a copy, perhaps the only one:
   * the missing generation goes on in it.
   */
  async restIn(content: OpenContent, generation: Generation, nowMs: number): Promise<Generation> {
    if (!isSameInode(content.stat, generation) || (await this.#isToldApart(content, generation))) return generation;
    return this.#parts.births.begin(content, { first: NOT_FIRST, nowMs });
  }

  /** Whether the file holds a missing generation, and is told apart as that one's. */
  async #isClaimed(content: OpenContent): Promise<boolean> {
    for (const claim of await claimsOn(content, this.#known.missing, undefined)) if (await this.#isToldApart(content, claim.generation)) return true;
    return false;
  }

  /** Whether the file, which holds the generation, is told from the files of all other known generations. */
  #isToldApart(content: OpenContent, generation: Generation): Promise<boolean> {
    return isToldApart(content, generation, this.#known);
  }

  /** Generations that are not being read and may be in the file, by its name or its inode number. */
  *#near(content: OpenContent): Iterable<Generation> {
    yield* this.#known.missing.near(content);
    yield* this.#known.finished.near(content);
  }

  /** Generations that are being read and may have been copied to the file, by its name. */
  #readNear(content: OpenContent): ReadonlySet<Generation> {
    return new Set(pathsOf(content).flatMap((path) => [...this.#known.live.near(path)]));
  }

  /**
   * Whether another file that is being read has, or may have, all that can be read of this one. Only generations for which
   * `isSource` holds count: this file may be made from theirs.
   */
  async #isRead(content: OpenContent, isSource: (original: Generation) => boolean = () => true): Promise<boolean> {
    const { copies } = this.#parts;
    for (const original of this.#readNear(content)) {
      // An open file is compared as it is, even if nothing is known of its content.
      const isAtHand = original.head.lengthBytes > 0 || original.handle !== undefined;
      if (!isAtHand || !isNamedAfter(content, original) || !isSource(original)) continue;
      if ((await copies.coverage(content, original)) !== undefined) return true;
    }
    return false;
  }

  /**
   * Whether the file shares more than `sharedBytes` with a log that is being read and was cut since the last look at it: the two
   * cannot be compared any more. Once the cut is noticed, the log's generation is itself one of those that may be in the file.
   */
  async #isOfCutMeanwhile(content: OpenContent, sharedBytes: number): Promise<boolean> {
    for (const original of this.#readNear(content)) {
      if (!isRelated(content, original) || !(await sharesMore(content, original, sharedBytes))) continue;
      if (await this.#parts.copies.isCutMeanwhile(original)) return true;
    }
    return false;
  }

  /** Among the generations that are not being read, the one of which the file proves most bytes. Of equal ones, a missing one. */
  async #strongest(content: OpenContent, except?: Generation): Promise<Claim | undefined> {
    const { missing, finished } = this.#known;
    const claims: Claim[] = [];
    for (const claim of [...(await claimsOn(content, missing, except)), ...(await claimsOn(content, finished, except))]) {
      if (await this.#isToldApart(content, claim.generation)) claims.push(claim);
    }
    return claims.reduce<Claim | undefined>((best, claim) => (best === undefined || claim.provenBytes > best.provenBytes ? claim : best), undefined);
  }

  /** Takes up `best` if it is a missing generation and no other one can have more of the file. */
  async #takeSure(best: Claim | undefined, content: OpenContent): Promise<Generation | undefined> {
    if (best?.known !== this.#known.missing) return undefined;
    if (await isAll(content, best.provenBytes)) return take(best, content);
    const whole = (await contentBytes(content)) !== undefined;
    return whole || (await this.#isRead(content)) ? undefined : take(best, content);
  }

  /**
   * Whether the file is a copy that ends below the position of `original`: app.log.1 has the first 90 bytes of app.log, which was
   * read to byte 100 and then cut. See `isShortCopy`. Rejects with a `FileFault`.
   */
  async isCopyOfCut(content: OpenContent, original: Generation): Promise<boolean> {
    return (await isShortCopy(content, original)) && isToldCopy(content, original, this.#known);
  }

  /**
   * `content` as a generation that is read to its end, if the file is a copy that ends below the position of a generation that is
   * not being read.
   */
  async #copyOfCut(content: OpenContent, nowMs: number): Promise<Generation | undefined> {
    for (const original of this.#near(content)) {
      if (!(await this.isCopyOfCut(content, original))) continue;
      // A log that is being read is compared in full, and that comparison decides: beginning like a generation that was cut may only mean
      // that both are of one log. Rotated plain files do not count: nobody copies them, and they begin like all files of the log, too.
      const isSource = ({ path, originalPath }: Generation) => content.storage !== 'plain' || path === originalPath;
      return (await this.#isRead(content, isSource)) ? undefined : this.asCopyOf(content, original, nowMs);
    }
    return undefined;
  }

  /** Makes a generation of `content`, a copy that ends below the position of `original`. It begins at the copy's end: nothing is unread. */
  async asCopyOf(content: OpenContent, original: Generation, nowMs: number): Promise<Generation> {
    const offset = (await contentBytes(content)) ?? 0;
    const generation = await this.#parts.births.make(content, { offset, state: 'rotated', nowMs });
    // Set when all reads have succeeded: after a failure all of this is tried again.
    original.copyFound = true;
    this.#parts.copies.forget(content.stat);
    generation.originalTracker = original.tracker;
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

/** Whether the file has no more than `bytes` bytes and is whole: it will not get more. */
async function isAll(content: OpenContent, bytes: number): Promise<boolean> {
  return !(await isLongerThan(content.handle, bytes)) && (await contentBytes(content)) !== undefined;
}

/** With how many of its bytes other files of its log may begin: nobody writes on in a compressed file that has no more. */
async function commonBytesIn(content: OpenContent): Promise<number> {
  const bytes = await headerBytesIn(content, Infinity);
  return content.storage !== 'plain' && (await isAll(content, bytes)) ? 0 : bytes;
}

/** Whether the file can be the generation's, by its name or its inode number. */
function canBe(content: OpenContent, generation: Generation): boolean {
  return isRelated(content, generation) || (isSameInode(content.stat, generation) && pathsOf(content).some((path) => canBeNumberOf(path, generation)));
}

/**
 * Whether the file can hold the generation, or a copy of all or part of it. The generation's own file (same inode) has to go on with it.
 */
async function canBeIn(content: OpenContent, generation: Generation): Promise<boolean> {
  if (!canHold(content, generation)) return false;
  return content.storage !== 'plain' || !isSameInode(content.stat, generation) || isContinuation(content, generation);
}

/** Whether the file is named after the generation, and something is known of the generation's content. */
function isRelated(content: OpenContent, generation: Generation): boolean {
  return isNamedAfter(content, generation) && generation.head.lengthBytes > 0;
}

/**
 * Whether the proof is enough to go on in this file with a finished generation. No bytes of a finished generation are missing: a
 * few bytes sent twice are better than skipped lines of a new file that happens to begin with them. Nobody appends to a copy.
 * Where the generation ended in the middle of a line, as when it was cut while the line was being written, other files can have
 * the same header and begin a line like that: only the generation's very file goes on with it.
 */
async function isEnough(content: OpenContent, generation: Generation): Promise<boolean> {
  const { marker, position } = generation;
  const isNumber = isSameInode(content.stat, generation);
  const mayGoOn = content.storage !== 'plain' || isNumber;
  const tells = marker.length === limits.tailMarkerBytes && (endsLine(marker) || (isNumber && content.stat.birthMs !== undefined));
  // Asked last: it decodes a compressed file to its end.
  return (mayGoOn && tells) || (await contentBytes(content)) === position;
}

/** Whether the marker ends where a line ends, in any encoding: in UTF-16LE a NUL follows the newline. */
function endsLine(marker: Buffer): boolean {
  return (marker.at(-1) === 0 ? marker.at(-2) : marker.at(-1)) === NEWLINE;
}

/** Takes the claimed generation out of its set: it goes on in the file. */
async function take(claim: Claim | undefined, content: OpenContent): Promise<Generation | undefined> {
  if (claim === undefined) return undefined;
  const { generation, known } = claim;
  // Before the removal: an account that is asked for meanwhile still finds the generation where it was.
  await knowBy(generation, content);
  known.delete(generation);
  // No rotated name led to this file: its copies and rotated forms will be named after the name that it has now.
  if (known instanceof FinishedGenerations && !isRelated(content, generation)) generation.originalPath = content.path;
  // A plain file is back at its original path, as after a mount: its writer may be in the middle of a line.
  generation.state = content.storage === 'plain' && content.path === generation.originalPath ? 'active' : 'rotated';
  return generation;
}
