/**
 * What has happened to a flow's files since the last look: known generations against a fresh listing. Pure.
 *
 * An inode is the hint by which a file is followed through renames; whether its content is still the generation's is
 * proved by whoever reads it next.
 */
import type { Storage } from '../../core/checkpoint-row.ts';
import { basename, dirname } from '../../core/paths.ts';
import type { OpenContent } from '../content/content.ts';
import { isRotatedNameOf, isShiftedNameOf, isStampedNameOf, inodeKey } from '../content/file-identity.ts';
import type { FoundFile, Listing } from '../listing/discovery.ts';
import type { Generation } from './generation.ts';

export type Change =
  | KnownChange
  /** A file whose inode belongs to no known generation. */
  | { readonly kind: 'appeared'; readonly file: FoundFile };

/** What became of the file of a generation that is read. */
export type KnownChange =
  /** The generation's inode is listed, maybe under another name. */
  | { readonly kind: 'seen'; readonly generation: Generation; readonly file: FoundFile }
  /** Its inode was cut short, or is another file that got the same number. */
  | { readonly kind: 'replaced'; readonly generation: Generation; readonly file: FoundFile }
  /** Not listed any more: renamed out of the pattern, moved away or unlinked. */
  | { readonly kind: 'absent'; readonly generation: Generation };

/**
 * Every generation whose file was looked at now, or that is not listed, yields one change; every unknown inode one
 * `appeared`, oldest file first. Generations come before appearances, so that a rotated file is told from a new one.
 */
export function changesSince(generations: Iterable<Generation>, { files, fresh }: Listing): readonly Change[] {
  const byInode = new Map<string, FoundFile[]>();
  for (const file of files) {
    const key = inodeKey(file.stat);
    const names = byInode.get(key);
    if (names === undefined) byInode.set(key, [file]);
    else names.push(file);
  }
  const changes: Change[] = [];
  for (const generation of generations) {
    const names = byInode.get(generation.inodeKey);
    const file = names?.find((name) => name.path === generation.path) ?? names?.find((name) => isFollowedTo(name.path, generation));
    if (file === undefined) {
      changes.push({ kind: 'absent', generation });
      continue;
    }
    byInode.delete(generation.inodeKey);
    if (!fresh.has(file)) continue;
    changes.push({ kind: isCutOrReused(generation, file) ? 'replaced' : 'seen', generation, file });
  }
  const appeared = [...byInode.values()].flatMap((names) => names.slice(0, 1)).filter((file) => fresh.has(file));
  appeared.sort((a, b) => a.stat.modifiedMs - b.stat.modifiedMs || (a.path < b.path ? -1 : 1));
  for (const file of appeared) changes.push({ kind: 'appeared', file });
  return changes;
}

/** What a flow knows, by what a listing says of a file. */
export interface GenerationsByFile {
  live(): Iterable<Generation>;
  at(path: string): Generation | undefined;
  isCopy(file: FoundFile): boolean;
}

/** Where something is left to be read, or could not be read. */
export function unreadPaths(known: GenerationsByFile): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const generation of known.live()) if (generation.unreadBytes > 0) paths.add(generation.path);
  return paths;
}

/** Whether `file`, as it was seen last, is known and there is nothing to do about it. */
export function isSettled(known: GenerationsByFile, file: FoundFile): boolean {
  const generation = known.at(file.path);
  if (generation === undefined) return known.isCopy(file);
  return generation.unreadBytes === 0 && inodeKey(file.stat) === generation.inodeKey;
}

/**
 * As `changesSince`, where no generation and no file came, went or was renamed since that was called: only what was
 * looked at now can have changed, and what no name leads to. Undefined: something did come, go or move.
 */
export function changesAmong(known: GenerationsByFile, { fresh }: Listing): readonly Change[] | undefined {
  const changes: Change[] = [];
  for (const generation of known.live()) if (generation.outOfPattern) changes.push({ kind: 'absent', generation });
  for (const file of fresh) {
    const generation = known.at(file.path);
    if (generation === undefined && known.isCopy(file)) continue;
    if (generation === undefined || inodeKey(file.stat) !== generation.inodeKey) return undefined;
    changes.push({ kind: isCutOrReused(generation, file) ? 'replaced' : 'seen', generation, file });
  }
  return changes;
}

/** Whether the file at a generation's inode cannot be the one it was: shorter than what is known of it, or made later. */
export function isCutOrReused(generation: Generation, file: FoundFile): boolean {
  // Of a file from which nothing was read, only its size tells that it was cut.
  const read = generation.storage === 'plain' && generation.position > 0;
  if (file.stat.sizeBytes < (read ? generation.position : generation.storedBytes)) return true;
  const { birthMs } = file.stat;
  return birthMs !== undefined && generation.birthMs !== undefined && birthMs !== generation.birthMs;
}

/** Whether `path` can be a rotated copy of `original` by its name and place. */
export function canBeCopyOf(path: string, original: string): boolean {
  return path !== original && isRotatedNameOf(basename(path), basename(original)) && nearby(dirname(path), dirname(original));
}

/**
 * Whether `path` can be a rotated copy of the generation, by the name of the log that it was or that its file has now: they
 * differ where a log was renamed, and where a file got the inode of another log's of which only a common beginning was read.
 */
export function canBeCopyOfGeneration(path: string, generation: Pick<Generation, 'originalPath' | 'path'>): boolean {
  return canBeCopyOf(path, generation.originalPath) || canBeCopyOf(path, generation.path);
}

/** As `canBeCopyOfGeneration`, of a file that may lie far from its log. */
export function isNamedAfter(file: Pick<OpenContent, 'path' | 'besideLog'>, generation: Pick<Generation, 'originalPath' | 'path'>): boolean {
  return pathsOf(file).some((path) => canBeCopyOfGeneration(path, generation));
}

/** The paths that tell of which log a file is. */
export function pathsOf({ path, besideLog }: Pick<OpenContent, 'path' | 'besideLog'>): readonly string[] {
  return besideLog === undefined ? [path] : [path, besideLog];
}

/**
 * Whether the file at `path` can be the generation's because it has the number of its inode, which may have been given to another
 * file since. Where nothing was read of it and nobody knows when it was made, the name has to be its own or a rotated one.
 */
export function canBeNumberOf(path: string, generation: Generation): boolean {
  if (generation.head.lengthBytes > 0 || isItsNumber(path, generation)) return true;
  const { originalPath } = generation;
  return isStampedNameOf(basename(path), basename(originalPath)) && nearby(dirname(path), dirname(originalPath));
}

/** Whether the number, or the name, is no other file's: the file is held open, it is known when it was made, or where it was. */
function isItsNumber(path: string, { birthMs, handle, path: own, originalPath }: Generation): boolean {
  return birthMs !== undefined || handle !== undefined || path === own || path === originalPath;
}

/**
 * Whether the generation's file is at `path`, as far as its number and the name tell. Where they do not, the file is judged like one
 * that appeared: other logs can begin alike.
 */
function isFollowedTo(path: string, generation: Generation): boolean {
  if (generation.head.lengthBytes === 0) return canBeNumberOf(path, generation);
  return isItsNumber(path, generation) || isOfItsLog({ path, storage: generation.storage }, generation, { sameInode: true });
}

/**
 * Whether the name says that the file at `path` is of the generation's log and not one of its own: more names will do where the number
 * of the inode says the same. Where nothing was read, another number in the name is no name of it: a rotation deletes the oldest file,
 * and a new one gets its inode. Nor where the file is neither renamed nor compressed: what was rotated, nobody copies. Far from the log,
 * another one's can be called like its own.
 */
export function isOfItsLog(file: NamedFile, generation: Generation, { sameInode }: { readonly sameInode: boolean }): boolean {
  const { path, storage } = file;
  const name = basename(path);
  const mayShift = generation.head.lengthBytes > 0 && (sameInode || storage !== 'plain');
  return [generation.path, generation.originalPath].some((original) => {
    const base = basename(original);
    if (path === original) return true;
    const tells = sameInode || pathsOf(file).some((one) => nearby(dirname(one), dirname(original)));
    if (tells && (isStampedNameOf(name, base) || (mayShift && isShiftedNameOf(name, base)))) return true;
    // `app.log.data-14` begins with the name of `app.log.data-1`, and is another one.
    return sameInode && /^[.\-_]/.test(name.slice(base.length)) && name.startsWith(base) && canBeCopyOf(path, original);
  });
}

interface NamedFile extends Pick<OpenContent, 'path' | 'besideLog'> {
  readonly storage: Storage;
}

/** The same directory, or one directly below it (`olddir`). */
export function nearby(directory: string, original: string): boolean {
  return directory === original || dirname(directory) === original;
}

/** Whether something may be at `path`, but nobody could look. */
export function isHidden(path: string, { faults }: Pick<Listing, 'faults'>): boolean {
  return faults.some((fault) => path === fault.path || path.startsWith(`${fault.path}/`));
}
