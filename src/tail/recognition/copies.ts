/**
 * Files whose bytes another generation delivers, so that nothing is sent twice: the copy that `copytruncate` makes
 * before it cuts the original, and the compressed form of a file that is still open here or was delivered.
 *
 * A file counts as a copy only if its content says so, and only next to its original under a rotated name. It stops being a copy
 * when its original is cut short: then it holds the rest of the original (lineage.ts).
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

/**
 * `copytruncate` cuts the original right after the copy. A file that stays equal to a log for longer counts as its copy, until it changes.
 */
const CUT_AWAITED_MS = 10_000;
/** `app.log.2` is named like a copy of `app.log.1`, but nobody copies a rotated file to another rotated name. */
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
  /** The generation that delivers its bytes; undefined: nothing more is to be learned from that one. */
  original: Generation | undefined;
  readonly storage: Storage;
  /** Whether the flow lists it. */
  readonly listed: boolean;
}

/** A file that begins like another one, as it was when this was first seen. What it is shows when one of the two files changes. */
interface Candidate {
  readonly sizeBytes: number;
  /** Size of the original when the file was first seen. */
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

/** What a flow knows of copies, for its successor. Originals are given by their numbers. */
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

  /** Whether the file, as `stat` shows it, is known to repeat a generation other than this one. */
  isOfOther(stat: FileStat, generation: Generation): boolean {
    const original = this.#of(stat)?.original;
    return original !== undefined && original !== generation;
  }

  #of(stat: FileStat): Covered | undefined {
    const covered = this.#covered.get(inodeKey(stat));
    return covered?.sizeBytes === stat.sizeBytes && covered.modifiedMs === stat.modifiedMs ? covered : undefined;
  }

  /** `generation` was delivered from a compressed file. As long as that file looks the same, it is not opened again. */
  cover(generation: Generation): void {
    const { path, storedBytes: sizeBytes, modifiedMs, storage, position } = generation;
    const known = { path, sizeBytes, modifiedMs, storage, contentBytes: position, listed: true };
    this.#covered.set(generation.inodeKey, { ...known, sinceMs: 0, original: undefined });
  }

  forget(stat: FileStat): void {
    this.#covered.delete(inodeKey(stat));
  }

  /**
   * Forgets inodes that are not listed any more: they may come back as other files. A copy that was never listed is forgotten with its
   * original.
   */
  forgetAllBut(keys: ReadonlySet<string>): void {
    for (const key of this.#candidates.keys()) if (!keys.has(key)) this.#candidates.delete(key);
    for (const [key, { listed, original }] of this.#covered) {
      if (!keys.has(key) && (listed || original === undefined)) this.#covered.delete(key);
    }
  }

  /**
   * What an unknown file is to the `live` generations, those being read. `covered`: one of them delivers the bytes that the file
   * has now; when the file changes, it is judged anew. `later`: not known yet. `unsure`: not known now. Undefined: it is no copy.
   * Rejects with a `FileFault`.
   */
  async judge(content: OpenContent, live: Iterable<Generation>, nowMs: number): Promise<Verdict> {
    if (content.handle instanceof DecompressedFile && !(await content.handle.isComplete())) {
      // The file is still being written: what it holds shows when it is whole.
      if (nowMs - this.#candidate(content.stat, { sourceBytes: 0, nowMs }).sinceMs < UNFINISHED_MS) return 'later';
    }
    for (const original of live) {
      const verdict = await this.#compareWithLive(content, { original, nowMs });
      if (verdict === 'covered') await this.#coverBy(content, { original, nowMs, listed: true });
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  /** What `content`, an unlisted file, is to `original`, which is being read: see `coverage`. Rejects with a `FileFault`. */
  async judgeUnlisted(content: OpenContent, original: Generation, nowMs: number): Promise<Coverage> {
    const verdict = await this.coverage(content, original);
    // A plain copy needs no note: its modification time tells it from a new file.
    if (verdict === 'covered' && content.storage !== 'plain') await this.#coverBy(content, { original, nowMs, listed: false });
    return verdict;
  }

  /** Whether a log was cut since the last look at it. What its copies are is known only when the cut is noticed. */
  async isCutMeanwhile(original: Generation): Promise<boolean> {
    return original.path === original.originalPath && original.storage === 'plain' && !(await isStill(original, this.#files));
  }

  /**
   * Copies whose last byte their original has delivered, to be remembered as delivered: plain copies, compressed copies that were
   * made before their original's last bytes, and compressed copies that are listed when their original is finished, because they
   * may be there for longer than it is remembered. Any other compressed copy is known by what is known of its original.
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

  /** The copy is remembered, or can never be. */
  remembered(key: string): void {
    const covered = this.#covered.get(key);
    if (covered !== undefined) covered.original = undefined;
  }

  /** The generation is given up: copies with bytes that it did not deliver are judged anew. */
  givenUp(original: Generation): void {
    for (const [key, covered] of this.#covered) {
      if (covered.original === original && covered.contentBytes > original.tracker.watermark) this.#covered.delete(key);
    }
  }

  async #coverBy(content: OpenContent, { original, nowMs, listed }: Comparison & { readonly listed: boolean }): Promise<void> {
    const { path, stat, storage } = content;
    const { sizeBytes, modifiedMs } = stat;
    const bytes = (await contentBytes(content)) ?? sizeBytes;
    const known = { path, sizeBytes, modifiedMs, storage, contentBytes: bytes, listed };
    // The original remembers where the copy ends: so the copy is known after a restart, too, when the original may be gone.
    original.seeEnd(bytes, await readEndMarker(content.handle, bytes));
    this.#candidates.delete(inodeKey(stat));
    this.#covered.set(inodeKey(stat), { ...known, sinceMs: nowMs, original });
  }

  async #compareWithLive(content: OpenContent, comparison: Comparison): Promise<Verdict> {
    const { original } = comparison;
    if (!isNamedAfter(content, original)) return undefined;
    // The file may be the compressed form of one that is still open here. The open one is read to its end.
    if (content.storage !== 'plain') return this.coverage(content, original);
    // Nobody cuts a compressed file in place: no plain file is its copy.
    return original.storage === 'plain' && original.head.lengthBytes > 0 ? this.#compareWithOriginal(content, comparison) : undefined;
  }

  /**
   * Whether `original`, which is being read, begins with all that can be read of `content`. Both files are at hand, so their bytes are
   * compared: heads and markers can lie within a beginning that all generations of a log share. Rejects with a `FileFault`.
   */
  async coverage(content: OpenContent, original: Generation): Promise<Coverage> {
    if (!(await beginsLike(content, original))) return undefined;
    const { handle } = original;
    // The open handle also reads a file that has no name any more. A compressed file is opened anew: its reader keeps its place.
    if (handle !== undefined && original.storage === 'plain') return coveredIf(await isWithin(content, handle, (await handle.stat()).sizeBytes));
    const source = await this.#openSource(original.path);
    if (source === undefined) {
      // If the original has just left its place, the next look finds it. If it is gone, its head and marker are the only proof
      // left. They are weak: all files of the log may begin like that.
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
   * `copytruncate` copies first and cuts later, `copy` never cuts: until then a copy only repeats what its original delivers.
   * Both files are at hand, so their bytes are compared. A new file that only begins like the original soon differs from it, or
   * stays the newer of the two. A copy becomes the older one, because its original is written on, or cut.
   */
  async #compareWithOriginal(content: OpenContent, comparison: Comparison): Promise<Verdict> {
    const { original } = comparison;
    const { sizeBytes, modifiedMs } = content.stat;
    if (original.path !== original.originalPath || sizeBytes === 0 || NUMBERED.test(original.path)) return undefined;
    const source = await this.#openSource(original.path);
    // The original is gone from its place: it was renamed or deleted, not copied.
    if (source === undefined) return undefined;
    try {
      if (inodeKey(source.stat) !== original.inodeKey) return movedMeanwhile(original);
      if (source.stat.sizeBytes < original.position) return 'unsure';
      const isRepeated = sizeBytes <= source.stat.sizeBytes && (await areEqual(content.handle, source.handle, sizeBytes));
      // If the log was cut and written to again, `content` was compared with bytes that nobody has read.
      if (await this.isCutMeanwhile(original)) return 'unsure';
      if (!isRepeated) return undefined;
      const { sizeBytes: sourceBytes } = source.stat;
      const candidate = this.#candidate(content.stat, { sourceBytes, nowMs: comparison.nowMs });
      // The wall clock may have been set back between the two writes: the original's growth tells, too.
      if (source.stat.modifiedMs > modifiedMs || sourceBytes > candidate.sourceBytes) return 'covered';
      const waitedMs = comparison.nowMs - candidate.sinceMs;
      // Modification times come in ticks of up to seconds: equal ones do not tell which file is newer.
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

  /** What was known of the file when it first looked as it does now. */
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
type Verdict = Coverage | 'later';

/** `covered`: a generation's file begins with all of this one. `unsure`: that file has just left its place, or was cut. */
export type Coverage = 'covered' | 'unsure' | undefined;

function coveredIf(isWithinIt: boolean): Coverage {
  return isWithinIt ? 'covered' : undefined;
}

/** Another file is at the original's path. The next look tells where the original is; if the last one did not find it either, none will. */
function movedMeanwhile(original: Generation): Coverage {
  return original.outOfPattern ? undefined : 'unsure';
}

/** The generation with which a file is compared, and the time, monotonic. */
interface Comparison {
  readonly original: Generation;
  readonly nowMs: number;
}

/** Whether the file fits the generation's head, as far as the file goes. This is cheap, and rules out most files. */
async function beginsLike({ handle }: OpenContent, { head }: Generation): Promise<boolean> {
  const bytes = await readAt(handle, 0, head.lengthBytes);
  return bytes.length < head.lengthBytes || headFits(head, bytes);
}
