/**
 * What has happened to a flow's files since the last look: known generations against a fresh listing. Pure.
 *
 * An inode is the hint by which a file is followed through renames. Whoever reads the file next proves whether its content
 * is still the generation's.
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
  /** Its inode was cut short, or its number was given to another file. */
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

/** What a flow knows of the files of a listing. */
export interface GenerationsByFile {
  live(): Iterable<Generation>;
  at(path: string): Generation | undefined;
  isCopy(file: FoundFile): boolean;
}

/** The paths at which something is left to be read, or could not be read. */
export function unreadPaths(known: GenerationsByFile): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const generation of known.live()) if (generation.unreadBytes > 0) paths.add(generation.path);
  return paths;
}

/** Whether `file`, as it was seen last, is known and nothing has to be done about it. */
export function isSettled(known: GenerationsByFile, file: FoundFile): boolean {
  const generation = known.at(file.path);
  if (generation === undefined) return known.isCopy(file);
  return generation.unreadBytes === 0 && inodeKey(file.stat) === generation.inodeKey;
}

/**
 * As `changesSince`, where no generation and no file came, went or was renamed since the last call: then only files that were
 * looked at now can have changed, and generations that no name leads to. Undefined: something did come, go or move.
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

/** Whether the file at a generation's inode cannot be the generation's: it is shorter than what is known, or was made at another time. */
export function isCutOrReused(generation: Generation, file: FoundFile): boolean {
  // Where nothing was read, only the file's size tells that it was cut.
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
 * Whether `path` can be a rotated copy of the generation, by the name of the log that it was or by the name of its file now. The two differ
 * where a log was renamed, and where a file got the inode of another log of which no more was read than the beginning that both have.
 */
export function canBeCopyOfGeneration(path: string, generation: Pick<Generation, 'originalPath' | 'path'>): boolean {
  return canBeCopyOf(path, generation.originalPath) || canBeCopyOf(path, generation.path);
}

/** As `canBeCopyOfGeneration`, for a file that may lie far from its log. */
export function isNamedAfter(file: Pick<OpenContent, 'path' | 'besideLog'>, generation: Pick<Generation, 'originalPath' | 'path'>): boolean {
  return pathsOf(file).some((path) => canBeCopyOfGeneration(path, generation));
}

/** The paths that tell of which log the file is. */
export function pathsOf({ path, besideLog }: Pick<OpenContent, 'path' | 'besideLog'>): readonly string[] {
  return besideLog === undefined ? [path] : [path, besideLog];
}

/**
 * Whether the file at `path` can be the generation's by its inode number, which may have been given to another file since. Where nothing
 * was read of the generation and its birth time is unknown, the name has to be its own or a rotated one.
 */
export function canBeNumberOf(path: string, generation: Generation): boolean {
  if (generation.head.lengthBytes > 0 || isItsNumber(path, generation)) return true;
  const { originalPath } = generation;
  return isStampedNameOf(basename(path), basename(originalPath)) && nearby(dirname(path), dirname(originalPath));
}

/** Whether the number cannot be another file's: the birth time is known, the file is held open, or it is where the generation was. */
function isItsNumber(path: string, { birthMs, handle, path: own, originalPath }: Generation): boolean {
  return birthMs !== undefined || handle !== undefined || path === own || path === originalPath;
}

/**
 * Whether the generation's file is at `path`, as far as its number and the name tell. If they do not tell, the file is judged like one
 * that appeared: other logs can begin alike.
 */
function isFollowedTo(path: string, generation: Generation): boolean {
  if (generation.head.lengthBytes === 0) return canBeNumberOf(path, generation);
  return isItsNumber(path, generation) || isOfItsLog({ path, storage: generation.storage }, generation, { sameInode: true });
}

/**
 * Whether the name says that the file at `path` is of the generation's log, and no log of its own. With the same inode number, more names
 * will do. A shifted number (`app.log.1` → `app.log.2`) does only where something was read: a rotation deletes the oldest file, and a new
 * one gets its inode. It also takes the same inode, or a compressed file: nobody copies a rotated file. Far from the log, only a file of
 * the same inode is taken: another log's can have the same name.
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
    // `app.log.data-14` begins with the name of `app.log.data-1`, and is another log.
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
