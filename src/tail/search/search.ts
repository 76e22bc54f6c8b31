/**
 * Where did a generation's bytes go? Searches every file that may hold them, by name or by inode: the file was renamed, or copied before
 * a truncation. Only a file whose content proves it is found.
 *
 * Invariant: a file that could not be read was not searched. Where the generation may be in such a file, the search says so: nobody may
 * conclude then that the generation is nowhere.
 */
import { FileFault } from '../../core/errors.ts';
import { dirname } from '../../core/paths.ts';
import type { FileStat } from '../../core/ports.ts';
import { isLongerThan } from '../content/content-proof.ts';
import { contentBytes, type ContentFiles, type OpenContent, openContent } from '../content/content.ts';
import { inodeKey } from '../content/file-identity.ts';
import type { Generation } from '../generation/generation.ts';
import { isContinuation, isSameInode, knowBy } from '../generation/lineage.ts';
import { canBeCopyOfGeneration } from '../generation/rotation.ts';
import type { FoundFile } from '../listing/discovery.ts';
import { isAbsence } from '../listing/known-directories.ts';
import type { LogNames } from './log-names.ts';
import { directoriesOf, isShortage, type SearchSpace } from './search-space.ts';

/** How long a missing file is searched for before its rest is counted as lost. */
const GIVE_UP_MS = 15_000;

/** Whether a missing generation was searched for long enough, with nothing in the way, to be given up. */
export function isSearchedLong({ missingSinceMs, hinderedMs }: Generation, nowMs: number): boolean {
  return nowMs - Math.max(missingSinceMs ?? nowMs, hinderedMs) >= GIVE_UP_MS;
}

export interface SearchOptions {
  /** The files among which the generation is searched. */
  readonly space: SearchSpace;
  /** Whether a file, as it looks, is known to be that of another generation. */
  readonly isTaken: (file: FoundFile) => boolean;
  readonly logNames: Pick<LogNames, 'besideLog' | 'isAnothers'>;
  /** Whether a file that seems to hold the generation is that of another one. */
  readonly isAnothers: (content: OpenContent) => Promise<boolean>;
  /** Whether a file is a copy that ends below the generation's position. */
  readonly isCopy: (content: OpenContent) => Promise<boolean>;
}

export type Found =
  /** The generation goes on in the file. */
  | { readonly kind: 'rest'; readonly content: OpenContent }
  /** The file is a copy that ends below the position. It holds bytes that may have to be read again. */
  | { readonly kind: 'copy'; readonly content: OpenContent }
  /** Nothing was found, but a file that may hold the generation cannot be read. */
  | { readonly kind: 'unread'; readonly fault: FileFault };

/** Finds and opens a file that holds `generation`, or the copy that is left of one that was cut. Never rejects with a `FileFault`. */
export async function findMissing(files: ContentFiles, generation: Generation, options: SearchOptions): Promise<Found | undefined> {
  const { isAnothers, isCopy, space } = options;
  const search = new Search(files, generation, options);
  const isRest = async (content: OpenContent) => {
    if (!(await isContinuation(content, generation))) {
      space.refuted.add(generation, content.stat);
      return false;
    }
    return !(await isAnothers(content));
  };
  const enoughBytes = bytesSeenOf(generation);
  const rest = await search.longest(isRest, { enoughBytes, isRefuted: (stat) => space.refuted.has(generation, stat) });
  if (rest !== undefined && (await search.goesOnIn(rest, enoughBytes))) return { kind: 'rest', content: rest };
  const copy = holdsNothing(generation) ? await search.longest(isCopy) : undefined;
  if (copy !== undefined) return { kind: 'copy', content: copy };
  return search.hindrance === undefined ? undefined : { kind: 'unread', fault: search.hindrance };
}

type Proof = (content: OpenContent) => Promise<boolean>;

class Search {
  readonly #content: ContentFiles;
  readonly #generation: Generation;
  readonly #space: SearchSpace;
  readonly #isTaken: (file: FoundFile) => boolean;
  readonly #logNames: SearchOptions['logNames'];
  /** The directories in which the generation was. */
  readonly #directories: ReadonlySet<string>;
  #hindrance: FileFault | undefined;

  constructor(content: ContentFiles, generation: Generation, { space, isTaken, logNames }: SearchOptions) {
    this.#content = content;
    this.#generation = generation;
    this.#space = space;
    this.#isTaken = isTaken;
    this.#logNames = logNames;
    this.#directories = directoriesOf(generation);
  }

  /** Why a file that may hold the generation, or a directory where that may be, could not be read. */
  get hindrance(): FileFault | undefined {
    return this.#hindrance;
  }

  /**
   * The first plain file, opened, for which `proof` holds and that has `enoughBytes`: the file that a compressed one is made from may
   * still be there, and be written to. Where none has, the longest one: a shorter file of the same log may be the copy of another
   * generation that began alike.
   */
  async longest(proof: Proof, { enoughBytes = Infinity, isRefuted }: { enoughBytes?: number; isRefuted?: (stat: FileStat) => boolean } = {}): Promise<OpenContent | undefined> {
    let longest: OpenContent | undefined;
    let bytesMax = -1;
    const isLonger = async (content: OpenContent) => {
      if (!(await proof(content))) return false;
      const isEnough = enoughBytes !== Infinity && (await hasBytes(content, enoughBytes));
      const bytes = isEnough ? (content.storage === 'plain' ? Infinity : enoughBytes) : ((await contentBytes(content)) ?? 0);
      if (bytes <= bytesMax) return false;
      bytesMax = bytes;
      return true;
    };
    for await (const found of this.#proved(isLonger, isRefuted)) {
      if (longest !== undefined) await close(longest);
      longest = found;
      if (bytesMax === Infinity) break;
    }
    return longest;
  }

  /**
   * Whether the generation goes on in the file; else the file is closed. A file that lacks some of `enoughBytes` is not taken while
   * another one, which may have them, cannot be read.
   */
  async goesOnIn(content: OpenContent, enoughBytes: number): Promise<boolean> {
    try {
      const isBest = this.#hindrance === undefined || (await hasBytes(content, enoughBytes));
      if (isBest) await knowBy(this.#generation, content);
      else await close(content);
      return isBest;
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      this.#hinder(fault);
      await close(content);
      return false;
    }
  }

  /** Every file, opened, for which `proof` holds: rotated names of the log first. */
  async *#proved(proof: Proof, isRefuted: (stat: FileStat) => boolean = () => false): AsyncGenerator<OpenContent, void> {
    const generation = this.#generation;
    const tried = new Set<string>();
    // A step that takes more looking comes only when the steps before were not enough.
    for (const step of ['named', 'elsewhere', 'numbered'] as const) {
      const { paths, faults } = await this.#space[step](generation);
      for (const fault of faults) this.#hinder(fault);
      for (const path of paths) {
        if (tried.has(path) || (step === 'elsewhere' && this.#logNames.isAnothers(path, generation.originalPath))) continue;
        tried.add(path);
        const isNamed = step === 'elsewhere' || canBeCopyOfGeneration(path, generation);
        const found = await this.#prove(path, { isNamed, isRefuted }, proof);
        if (found !== undefined) yield found;
      }
    }
  }

  /** `isNamed`: the file's name tells that it may be the generation's, or the name does not matter. */
  async #prove(path: string, { isNamed, isRefuted }: { isNamed: boolean; isRefuted: (stat: FileStat) => boolean }, proof: Proof): Promise<OpenContent | undefined> {
    const { files } = this.#content;
    const generation = this.#generation;
    // A file in the generation's directories that cannot be asked may be the generation's.
    let mayBeIts = this.#directories.has(dirname(path));
    try {
      const stat = await files.stat(path);
      if (stat.kind !== 'file' || isRefuted(stat) || this.#isTaken({ path, stat })) return undefined;
      const isRelated = isNamed && generation.head.lengthBytes > 0;
      if (!isSameInode(stat, generation) && !isRelated) return undefined;
      mayBeIts = isSurelySame(stat, generation, isNamed);
      return await this.#open(path, proof);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      if (!isAbsence(fault) && (mayBeIts || isShortage(fault))) this.#hinder(fault);
      return undefined;
    }
  }

  async #open(path: string, proof: Proof): Promise<OpenContent | undefined> {
    const opened = await openContent(this.#content, path);
    const content = { ...opened, besideLog: this.#logNames.besideLog(path, this.#generation.originalPath) };
    let kept = false;
    try {
      // The name may have passed to another file since.
      kept = !this.#isTaken(content) && (await proof(content));
      return kept ? content : undefined;
    } finally {
      if (!kept) await content.handle.close();
    }
  }

  #hinder(fault: FileFault): void {
    this.#hindrance ??= fault;
  }
}

/** Closes a file that was only read: if that fails, nothing is lost. */
async function close({ handle }: OpenContent): Promise<void> {
  await handle.close().catch((fault: unknown) => {
    if (!(fault instanceof FileFault)) throw fault;
  });
}

/** How far the generation's file is known to have reached, read or not. */
function bytesSeenOf({ position, seenEnds }: Generation): number {
  return Math.max(position, seenEnds.lastBytes);
}

async function hasBytes({ handle }: OpenContent, bytes: number): Promise<boolean> {
  return bytes === 0 || isLongerThan(handle, bytes - 1);
}

/** Whether the generation was cut, and no open file has its bytes that are not resolved yet. */
function holdsNothing({ cut, copyFound, tracker }: Generation): boolean {
  return cut && !copyFound && tracker.pendingBytes > 0;
}

/** Whether this is the generation's own file, as far as that shows without reading. Bytes that were cut in place never come back there. */
function isSurelySame(stat: FileStat, generation: Generation, isNamed: boolean): boolean {
  if (inodeKey(stat) !== generation.inodeKey || stat.inode === generation.cutInPlace?.inode) return false;
  if (!isSameInode(stat, generation)) return false;
  return isNamed || (stat.birthMs !== undefined && generation.birthMs !== undefined);
}
