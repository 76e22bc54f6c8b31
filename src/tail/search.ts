/**
 * Where did a generation's bytes go? Searches every file that may hold them, by name or by inode: renamed, or copied away
 * before a truncation. What is found was proved by content.
 *
 * Invariant: what could not be read was not searched. Where the generation may be in there, the search says so: that is not to
 * be taken for its being nowhere.
 */
import { FileFault } from '../core/errors.ts';
import { basename, dirname, join } from '../core/paths.ts';
import type { DirectoryEntry, FileStat } from '../core/ports.ts';
import { contentBytes, type ContentFiles, type OpenContent, openContent } from './content.ts';
import type { Discovery, FoundFile } from './discovery.ts';
import { inodeKey } from './file-identity.ts';
import type { Generation } from './generation.ts';
import { isAbsence } from './known-directories.ts';
import { isContinuation, isSameInode, isShortCopy, knowBy } from './lineage.ts';
import { canBeCopyOf, canBeCopyOfGeneration } from './rotation.ts';

/** How long a missing file is searched for before its rest is counted as lost. */
const GIVE_UP_MS = 15_000;

/** Whether a missing generation was searched for long enough, with nothing in the way, to be given up. */
export function isSearchedLong({ missingSinceMs, hinderedMs }: Generation, nowMs: number): boolean {
  return nowMs - Math.max(missingSinceMs ?? nowMs, hinderedMs) >= GIVE_UP_MS;
}

export interface SearchOptions {
  /** Where rotated files go beyond the generation's directories, whatever their names. */
  readonly rotated: Discovery | undefined;
  /** Whether a file, as it looks, is known to be that of another generation. */
  readonly isTaken: (file: FoundFile) => boolean;
  /** Whether a file that seems to hold the generation is that of another one. */
  readonly isAnothers: (content: OpenContent) => Promise<boolean>;
}

export type Found =
  /** It goes on beyond the position. */
  | { readonly kind: 'rest'; readonly content: OpenContent }
  /** It ends below the position, and holds what may have to be read again. */
  | { readonly kind: 'copy'; readonly content: OpenContent }
  /** Nothing that can be read: what may hold it cannot. */
  | { readonly kind: 'unread'; readonly fault: FileFault };

/** A file, opened, that holds `generation`, or the copy that is left of one that was cut. Never rejects with a `FileFault`. */
export async function findMissing(files: ContentFiles, generation: Generation, options: SearchOptions): Promise<Found | undefined> {
  const { rotated, isTaken, isAnothers } = options;
  const search = new Search(files, generation, isTaken);
  await search.begin(rotated);
  const isRest = async (content: OpenContent) => {
    if (!(await isContinuation(content, generation)) || (await isAnothers(content))) return false;
    await knowBy(generation, content);
    return true;
  };
  const rest = await search.find(isRest);
  if (rest !== undefined) return { kind: 'rest', content: rest };
  const copy = holdsNothing(generation) ? await search.longest((content) => isShortCopy(content, generation)) : undefined;
  if (copy !== undefined) return { kind: 'copy', content: copy };
  return search.hindrance === undefined ? undefined : { kind: 'unread', fault: search.hindrance };
}

class Search {
  readonly #content: ContentFiles;
  readonly #generation: Generation;
  readonly #isTaken: (file: FoundFile) => boolean;
  /** Its directories. */
  readonly #places: ReadonlySet<string>;
  #paths = new Set<string>();
  /** Where rotated files go, whatever their names. */
  #extraPaths: ReadonlySet<string> = new Set();
  #hindrance: FileFault | undefined;

  /** `isTaken`: whether a file, as it looks, is known to be that of another generation. */
  constructor(content: ContentFiles, generation: Generation, isTaken: (file: FoundFile) => boolean) {
    this.#content = content;
    this.#generation = generation;
    this.#isTaken = isTaken;
    this.#places = new Set([dirname(generation.originalPath), dirname(generation.path)]);
  }

  /** Why a file that may hold the generation, or a directory where that may be, could not be read. */
  get hindrance(): FileFault | undefined {
    return this.#hindrance;
  }

  /** Collects the names. `rotated`: where rotated files go beyond the generation's directories. */
  async begin(rotated: Discovery | undefined): Promise<void> {
    const listing = await rotated?.list();
    for (const fault of listing?.faults ?? []) if (isShortage(fault)) this.#hinder(fault);
    this.#extraPaths = new Set(listing?.files.map((file) => file.path));
    this.#paths = new Set([...(await this.#candidates()), ...this.#extraPaths]);
  }

  /** The first file, opened, for which `proof` holds. */
  async find(proof: (content: OpenContent) => Promise<boolean>): Promise<OpenContent | undefined> {
    for (const path of this.#paths) {
      const found = await this.#prove(path, proof);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The longest file, opened, for which `proof` holds: of one log, those that are shorter may be copies of others that began alike. */
  async longest(proof: (content: OpenContent) => Promise<boolean>): Promise<OpenContent | undefined> {
    let longest: OpenContent | undefined;
    let bytesMax = -1;
    const isLonger = async (content: OpenContent) => {
      if (!(await proof(content))) return false;
      const bytes = (await contentBytes(content)) ?? 0;
      if (bytes <= bytesMax) return false;
      bytesMax = bytes;
      return true;
    };
    for (const path of this.#paths) {
      const found = await this.#prove(path, isLonger);
      if (found === undefined) continue;
      await longest?.handle.close();
      longest = found;
    }
    return longest;
  }

  /** Every name in the generation's directories; rotated names of its own first. */
  async #candidates(): Promise<readonly string[]> {
    const generation = this.#generation;
    const paths: string[] = [];
    for (const directory of this.#places) {
      for (const entry of await this.#list(directory, () => true)) {
        if (entry.kind === 'file') paths.push(join(directory, entry.name));
        else if (entry.kind === 'directory') {
          // `olddir` is usually a directory below; only names of this log are of interest there.
          const below = join(directory, entry.name);
          for (const inner of await this.#list(below, isShortage)) {
            const path = join(below, inner.name);
            // A file that was taken for another one (inode reuse, nothing read yet) has the name it was seen under.
            if (inner.kind === 'file' && canBeCopyOfGeneration(path, generation)) paths.push(path);
          }
        }
      }
    }
    const original = generation.originalPath;
    const rank = (path: string) => (canBeCopyOf(path, original) ? 0 : basename(path) === basename(original) ? 1 : 2);
    return paths.sort((a, b) => rank(a) - rank(b));
  }

  /** `hinders`: whether the generation may be in a directory that cannot be read for such a fault. */
  async #list(directory: string, hinders: (fault: FileFault) => boolean): Promise<readonly DirectoryEntry[]> {
    try {
      return await this.#content.files.list(directory);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      if (!isAbsence(fault) && hinders(fault)) this.#hinder(fault);
      return [];
    }
  }

  async #prove(path: string, proof: (content: OpenContent) => Promise<boolean>): Promise<OpenContent | undefined> {
    const { files } = this.#content;
    const generation = this.#generation;
    // Who cannot be asked in its directories, may be it.
    let mayBeIts = this.#places.has(dirname(path));
    try {
      const stat = await files.stat(path);
      if (stat.kind !== 'file' || this.#isTaken({ path, stat })) return undefined;
      const isNamed = this.#extraPaths.has(path) || canBeCopyOfGeneration(path, generation);
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

  async #open(path: string, proof: (content: OpenContent) => Promise<boolean>): Promise<OpenContent | undefined> {
    const content = await openContent(this.#content, path);
    let kept = false;
    try {
      // Its name may have passed to another file since.
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

/** It was cut, and no file that is held open has what is on its way. */
function holdsNothing({ cut, copyFound, tracker }: Generation): boolean {
  return cut && !copyFound && tracker.pendingBytes > 0;
}

/** The inode's file, as far as can be told without reading it: what was cut in place never comes back there. */
function isSurelySame(stat: FileStat, generation: Generation, isNamed: boolean): boolean {
  if (inodeKey(stat) !== generation.inodeKey || stat.inode === generation.cutInPlace?.inode) return false;
  if (!isSameInode(stat, generation)) return false;
  return isNamed || (stat.birthMs !== undefined && generation.birthMs !== undefined);
}

/** The agent's own want, which passes: of what cannot be read for any other reason nobody knows whether it ever can. */
function isShortage({ code }: FileFault): boolean {
  return code === 'too-many-open';
}
