/**
 * Files whose bytes another generation delivers, so that nothing is sent twice: the copy that `copytruncate` makes
 * before it cuts the original, and the compressed form of a file that is still open here or was delivered.
 *
 * A copy counts as one only if content says so, and only next to its original under a rotated name. It stops being
 * one when its original is cut short: then it holds the rest (lineage.ts).
 */
import type { Storage } from '../../core/checkpoint-row.ts';
import { FileFault } from '../../core/errors.ts';
import type { FileStat } from '../../core/ports.ts';
import { areEqual, isSameContent, readAt, readEndMarker } from '../content/content-proof.ts';
import { contentBytes, type ContentFiles, isWithin, type OpenContent, openContent } from '../content/content.ts';
import { DecompressedFile } from '../content/decompressed-file.ts';
import { headFits, inodeKey } from '../content/file-identity.ts';
import type { Generation } from '../generation/generation.ts';
import { isNamedAfter } from '../generation/rotation.ts';
import { isStill } from '../generation/still-proof.ts';
import type { FoundFile } from '../listing/discovery.ts';

/** `copytruncate` cuts the original right after copying it; a twin that is left alone for longer is a copy, until it changes. */
const CUT_AWAITED_MS = 10_000;
/** Nobody copies a rotated file to another rotated name, but `app.log.1` and `app.log.2` are named alike. */
const NUMBERED = /\.\d+$/;
/** A compressed file that is not whole and does not change for this long will not become whole. */
const UNFINISHED_MS = 60_000;
/** A copy that did not change for this long is remembered across restarts. */
const SETTLED_MS = 30_000;

interface Covered {
  path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly sinceMs: number;
  /** Length of the content. */
  readonly contentBytes: number;
  /** Who delivers its bytes; undefined when nothing more is to be learned from it. */
  original: Generation | undefined;
  readonly storage: Storage;
  /** Whether the flow lists it. */
  readonly listed: boolean;
}

/** A file that begins like another, as it was first seen to: what it is shows when one of the two changes. */
interface Candidate {
  readonly sizeBytes: number;
  /** Of its original, when it was seen first. */
  readonly sourceBytes: number;
  readonly modifiedMs: number;
  readonly sinceMs: number;
}

/** A copy as it was when it was recognised. */
export interface DeliveredCopy {
  readonly key: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly contentBytes: number;
  readonly listed: boolean;
}

/** What is known of copies, for a successor: originals by their numbers. */
export interface CopyMemory {
  readonly covered: ReadonlyMap<string, Omit<Covered, 'original'> & { readonly originalNumber: number | undefined }>;
  readonly candidates: ReadonlyMap<string, Candidate>;
}

export class Copies {
  /** Files whose content another generation delivers, or has delivered: inode → what they looked like. */
  readonly #covered = new Map<string, Covered>();
  readonly #candidates = new Map<string, Candidate>();
  readonly #files: ContentFiles;

  constructor(files: ContentFiles) {
    this.#files = files;
  }

  get memory(): CopyMemory {
    const known = ([key, { original, ...covered }]: [string, Covered]) => [key, { ...covered, originalNumber: original?.number }] as const;
    return { covered: new Map([...this.#covered].map(known)), candidates: this.#candidates };
  }

  /** Takes over what a predecessor knew, as far as the originals are among `generations`: the other copies are judged anew. */
  inherit({ covered, candidates }: CopyMemory, generations: Iterable<Generation>): void {
    const byNumber = new Map([...generations].map((generation) => [generation.number, generation]));
    for (const [key, { originalNumber, ...copy }] of covered) {
      const original = originalNumber === undefined ? undefined : byNumber.get(originalNumber);
      if (originalNumber === original?.number) this.#covered.set(key, { ...copy, original });
    }
    for (const [key, candidate] of candidates) this.#candidates.set(key, candidate);
  }

  /** Whether `file` is known to repeat what another generation delivers. */
  has({ path, stat }: FoundFile): boolean {
    const covered = this.#of(stat);
    if (covered === undefined) return false;
    covered.path = path;
    return true;
  }

  /** Whether a generation other than this one is known to deliver what the file, as it looks, has. */
  isOfOther(stat: FileStat, generation: Generation): boolean {
    const original = this.#of(stat)?.original;
    return original !== undefined && original !== generation;
  }

  #of(stat: FileStat): Covered | undefined {
    const covered = this.#covered.get(inodeKey(stat));
    return covered?.sizeBytes === stat.sizeBytes && covered.modifiedMs === stat.modifiedMs ? covered : undefined;
  }

  /** `generation` was delivered from a compressed file: as long as it looks the same, it is not opened again. */
  cover(generation: Generation): void {
    const { path, storedBytes: sizeBytes, modifiedMs, storage, position } = generation;
    const known = { path, sizeBytes, modifiedMs, storage, contentBytes: position, listed: true };
    this.#covered.set(generation.inodeKey, { ...known, sinceMs: 0, original: undefined });
  }

  forget(stat: FileStat): void {
    this.#covered.delete(inodeKey(stat));
  }

  /** Inodes that are not listed any more may come back as other files. What never was is forgotten with its original. */
  forgetAllBut(keys: ReadonlySet<string>): void {
    for (const key of this.#candidates.keys()) if (!keys.has(key)) this.#candidates.delete(key);
    for (const [key, { listed, original }] of this.#covered) {
      if (!keys.has(key) && (listed || original === undefined)) this.#covered.delete(key);
    }
  }

  /**
   * What an unknown file is to the generations being read. Undefined: nothing. `covered`: one of them delivers the bytes
   * it has now; when it changes it is judged anew. `later`: it cannot be told yet. Rejects with a `FileFault`.
   */
  async judge(content: OpenContent, live: Iterable<Generation>, nowMs: number): Promise<Verdict> {
    if (content.handle instanceof DecompressedFile && !(await content.handle.isComplete())) {
      // Still being written: what it holds shows when it is whole.
      if (nowMs - this.#candidate(content.stat, { sourceBytes: 0, nowMs }).sinceMs < UNFINISHED_MS) return 'later';
    }
    for (const original of live) {
      const verdict = await this.#compareWithLive(content, { original, nowMs });
      if (verdict === 'covered') await this.#coverBy(content, { original, nowMs, listed: true });
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  /** What `content`, a file that the flow does not list, is to `original`, which is being read: see `repeats`. Rejects with a `FileFault`. */
  async judgeUnlisted(content: OpenContent, original: Generation, nowMs: number): Promise<Repetition> {
    const verdict = await this.repeats(content, original);
    // A plain one is told from a new file by its time.
    if (verdict === 'covered' && content.storage !== 'plain') await this.#coverBy(content, { original, nowMs, listed: false });
    return verdict;
  }

  /** Whether a log was cut since it was looked at last: what its copies are shows when that is known. */
  async isCutMeanwhile(original: Generation): Promise<boolean> {
    return original.path === original.originalPath && original.storage === 'plain' && !(await isStill(original, this.#files));
  }

  /**
   * Copies whose last byte their original has delivered, to be remembered as delivered: plain ones, compressed ones that were
   * made before their original's last bytes, and those that are listed when their original is finished: they may be there
   * for longer than it is remembered. Until then, any compressed one is known by what is known of the original.
   */
  delivered(nowMs: number): readonly DeliveredCopy[] {
    const copies: DeliveredCopy[] = [];
    for (const [key, covered] of this.#covered) {
      const { original, storage, listed } = covered;
      if (original === undefined) continue;
      const plain = storage === 'plain';
      const finished = original.state === 'finished';
      if (plain && nowMs - covered.sinceMs < SETTLED_MS && original.cutInPlace === undefined) continue;
      if (!plain && original.position <= covered.contentBytes && !(listed && finished)) {
        if (finished) covered.original = undefined;
        continue;
      }
      if (original.tracker.watermark >= covered.contentBytes) copies.push({ ...covered, key });
    }
    return copies;
  }

  /** The copy is remembered, or cannot be. */
  remembered(key: string): void {
    const covered = this.#covered.get(key);
    if (covered !== undefined) covered.original = undefined;
  }

  /** The generation is given up: its copies that hold what it did not deliver are judged anew. */
  givenUp(original: Generation): void {
    for (const [key, covered] of this.#covered) {
      if (covered.original === original && covered.contentBytes > original.tracker.watermark) this.#covered.delete(key);
    }
  }

  async #coverBy(content: OpenContent, { original, nowMs, listed }: Judging & { readonly listed: boolean }): Promise<void> {
    const { path, stat, storage } = content;
    const { sizeBytes, modifiedMs } = stat;
    const bytes = (await contentBytes(content)) ?? sizeBytes;
    const known = { path, sizeBytes, modifiedMs, storage, contentBytes: bytes, listed };
    // So it is known after a restart, too, when the original may be gone.
    original.seeEnd(bytes, await readEndMarker(content.handle, bytes));
    this.#candidates.delete(inodeKey(stat));
    this.#covered.set(inodeKey(stat), { ...known, sinceMs: nowMs, original });
  }

  async #compareWithLive(content: OpenContent, judging: Judging): Promise<Verdict> {
    const { original } = judging;
    if (!isNamedAfter(content, original)) return undefined;
    // The compressed form of a file that is still open here: whoever has it open reads it to its end.
    if (content.storage !== 'plain') return this.repeats(content, original);
    // Nobody cuts a compressed file in place: no plain file is its copy.
    return original.storage === 'plain' && original.head.lengthBytes > 0 ? this.#compareWithOriginal(content, judging) : undefined;
  }

  /**
   * Whether `original`, which is being read, begins with all that can be read of `content`. Both are at hand and are compared: heads
   * and markers can lie within what every generation of a log begins with. Rejects with a `FileFault`.
   */
  async repeats(content: OpenContent, original: Generation): Promise<Repetition> {
    if (!(await beginsLike(content, original))) return undefined;
    const { handle } = original;
    // An open handle also reads what has no name any more; decompressing anew leaves the reader's place alone.
    if (handle !== undefined && original.storage === 'plain') return coveredIf(await isWithin(content, handle, (await handle.stat()).sizeBytes));
    const source = await this.#openSource(original.path);
    if (source === undefined) {
      // Only of what is gone, and did not just leave its place, nothing but what is known of it tells: all of the log may begin like that.
      if (!original.outOfPattern) return 'unsure';
      return coveredIf(original.position > 0 && (await isSameContent(content.handle, original)));
    }
    try {
      if (inodeKey(source.stat) !== original.inodeKey) return movedMeanwhile(original);
      const sourceBytes = await contentBytes(source);
      return coveredIf(sourceBytes !== undefined && (await isWithin(content, source.handle, sourceBytes)));
    } finally {
      await source.handle.close();
    }
  }

  /**
   * `copytruncate` copies first and cuts later, `copy` never cuts: until then a copy only repeats what its original
   * delivers. Both are at hand, so they are compared. A new file that only begins like the original differs from it
   * soon, or stays the newer of the two: a copy does not, because its original is written on, or cut.
   */
  async #compareWithOriginal(content: OpenContent, judging: Judging): Promise<Verdict> {
    const { original } = judging;
    const { sizeBytes, modifiedMs } = content.stat;
    if (original.path !== original.originalPath || sizeBytes === 0 || NUMBERED.test(original.path)) return undefined;
    const source = await this.#openSource(original.path);
    // Gone from its place: it was not copied but renamed or deleted.
    if (source === undefined) return undefined;
    try {
      if (inodeKey(source.stat) !== original.inodeKey) return movedMeanwhile(original);
      if (source.stat.sizeBytes < original.position) return 'unsure';
      const isRepeated = sizeBytes <= source.stat.sizeBytes && (await areEqual(content.handle, source.handle, sizeBytes));
      // Cut and written to again, its log has what nobody has read: it is no copy of what was there before.
      if (await this.isCutMeanwhile(original)) return 'unsure';
      if (!isRepeated) return undefined;
      const { sizeBytes: sourceBytes } = source.stat;
      const candidate = this.#candidate(content.stat, { sourceBytes, nowMs: judging.nowMs });
      // The wall clock may have been set back between the two: growth tells too.
      if (source.stat.modifiedMs > modifiedMs || sourceBytes > candidate.sourceBytes) return 'covered';
      const waitedMs = judging.nowMs - candidate.sinceMs;
      // Times come in ticks, of up to seconds.
      const alike = sizeBytes === sourceBytes || modifiedMs === source.stat.modifiedMs;
      if (waitedMs === 0 || (alike && waitedMs < CUT_AWAITED_MS)) return 'later';
      return alike ? 'covered' : undefined;
    } finally {
      await source.handle.close();
    }
  }

  async #openSource(path: string): Promise<OpenContent | undefined> {
    try {
      return await openContent(this.#files, path);
    } catch (fault) {
      if (fault instanceof FileFault && fault.code === 'not-found') return undefined;
      throw fault;
    }
  }

  /** The file as it was when first seen as it is now. */
  #candidate(stat: FileStat, seen: { sourceBytes: number; nowMs: number }): Candidate {
    const key = inodeKey(stat);
    const { sizeBytes, modifiedMs } = stat;
    const known = this.#candidates.get(key);
    if (known !== undefined && known.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs) return known;
    const candidate = { sizeBytes, modifiedMs, sourceBytes: seen.sourceBytes, sinceMs: seen.nowMs };
    this.#candidates.set(key, candidate);
    return candidate;
  }
}

/** What a file is to a generation: `later` and `unsure` as in recognition.ts. */
type Verdict = Repetition | 'later';

/** Whether a file is within a generation's; `unsure`: that has just left its place. */
export type Repetition = 'covered' | 'unsure' | undefined;

function coveredIf(isWithinIt: boolean): Repetition {
  return isWithinIt ? 'covered' : undefined;
}

/** At the original's path is another file: the next look tells where it is. Where the last one did not find it either, no later one will. */
function movedMeanwhile(original: Generation): Repetition {
  return original.outOfPattern ? undefined : 'unsure';
}

/** Against which generation a file is held, and when. */
interface Judging {
  readonly original: Generation;
  readonly nowMs: number;
}

/** Whether the file begins like the generation, as far as its head goes and it has one: cheap, and mostly not so. */
async function beginsLike({ handle }: OpenContent, { head }: Generation): Promise<boolean> {
  const bytes = await readAt(handle, 0, head.lengthBytes);
  return bytes.length < head.lengthBytes || headFits(head, bytes);
}
