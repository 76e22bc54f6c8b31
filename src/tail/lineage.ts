/**
 * Where did a generation's bytes go? Finds them again under another name: renamed (same inode), or copied away before
 * a truncation. What is returned was proved by content; a name or an inode number alone never is.
 */
import { FileFault } from '../core/errors.ts';
import { basename, dirname, join } from '../core/paths.ts';
import type { FileHandle, FileStat, FileSystem } from '../core/ports.ts';
import { canBeCopyOf } from './rotation.ts';
import { isSameContent, type Generation } from './generation.ts';
import { inodeKey } from './file-identity.ts';

export interface Continuation {
  readonly path: string;
  readonly stat: FileStat;
  /** Open, and owned by the caller. */
  readonly handle: FileHandle;
}

export interface SearchOptions {
  /** Further files that `rotatedPattern` found. */
  readonly extraPaths: readonly string[];
  /** Inodes that belong to other generations. */
  readonly isTaken: (key: string) => boolean;
  /** Whether its own inode was cut short in place: only then can a plain copy hold the rest. */
  readonly copied: boolean;
}

/** The file that holds `generation` up to its position and maybe beyond, or undefined. Never rejects. */
export async function findContinuation(
  files: FileSystem,
  generation: Generation,
  options: SearchOptions,
): Promise<Continuation | undefined> {
  const paths = new Set([...(await candidates(files, generation)), ...options.extraPaths]);
  for (const path of paths) {
    const found = await prove(files, generation, { ...options, path });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every name in the generation's directories; rotated names of its own first. */
async function candidates(files: FileSystem, generation: Generation): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const directory of new Set([dirname(generation.originalPath), dirname(generation.path)])) {
    for (const entry of await listOrNothing(files, directory)) {
      if (entry.kind === 'file') paths.push(join(directory, entry.name));
      else if (entry.kind === 'directory') {
        // `olddir` is usually a directory below; only names of this log are of interest there.
        const below = join(directory, entry.name);
        for (const inner of await listOrNothing(files, below)) {
          const path = join(below, inner.name);
          if (inner.kind === 'file' && canBeCopyOf(path, generation.originalPath)) paths.push(path);
        }
      }
    }
  }
  const original = generation.originalPath;
  const rank = (path: string) => (canBeCopyOf(path, original) ? 0 : basename(path) === basename(original) ? 1 : 2);
  return paths.sort((a, b) => rank(a) - rank(b));
}

async function listOrNothing(files: FileSystem, directory: string) {
  try {
    return await files.list(directory);
  } catch (fault) {
    if (fault instanceof FileFault) return [];
    throw fault;
  }
}

async function prove(
  files: FileSystem,
  generation: Generation,
  options: SearchOptions & { readonly path: string },
): Promise<Continuation | undefined> {
  try {
    const stat = await files.stat(options.path);
    if (stat.kind !== 'file' || stat.sizeBytes < generation.position || options.isTaken(inodeKey(stat))) return undefined;
    const renamed = stat.inode === generation.inode && sameBirth(stat, generation);
    const copy = (options.copied || stat.device !== generation.device) && canBeCopyOf(options.path, generation.originalPath);
    if (!renamed && !copy) return undefined;
    if (copy && !renamed && generation.head.lengthBytes === 0) return undefined;
    return await openIfSame(files, generation, options.path);
  } catch (fault) {
    if (fault instanceof FileFault) return undefined;
    throw fault;
  }
}

/** Whether both inodes were made at the same time, as far as the file system tells: if not, a number was reused. */
export function sameBirth(stat: FileStat, generation: Generation): boolean {
  return stat.birthMs === undefined || generation.birthMs === undefined || stat.birthMs === generation.birthMs;
}

async function openIfSame(files: FileSystem, generation: Generation, path: string): Promise<Continuation | undefined> {
  const handle = await files.open(path);
  let kept = false;
  try {
    const stat = await handle.stat();
    if (stat.sizeBytes < generation.position || !(await isSameContent(handle, generation))) return undefined;
    kept = true;
    return { path, stat, handle };
  } finally {
    if (!kept) await handle.close();
  }
}
