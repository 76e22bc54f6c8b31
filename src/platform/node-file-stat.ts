/** What stat(2) says of a file. */
import { type BigIntStats, stat } from 'node:fs';
import { promisify } from 'node:util';
import type { FileKind, FileStat } from '../core/ports.ts';

/** With callbacks beneath: see node-file.ts. */
export const statPath = promisify(stat);

/** The answer of stat(2) as the agent has it: identities in decimal, times in milliseconds. */
export function toFileStat(stats: BigIntStats): FileStat | Promise<FileStat> {
  // A file system that keeps no times of birth says 0.
  if (stats.birthtimeNs === 0n) return fileStat(stats, false);
  birthsKnown ??= areBirthsKnown().then((known) => (birthsKnown = known));
  return typeof birthsKnown === 'boolean' ? fileStat(stats, birthsKnown) : birthsKnown.then((known) => fileStat(stats, known));
}

export function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): FileKind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

let birthsKnown: Promise<boolean> | boolean | undefined;

/**
 * Whether times of birth are really that. Where the kernel refuses statx(2) (before 4.11, some sandboxes) libuv puts the time of
 * change in their place, for every file. This program's own file tells: it was changed after it was made (renamed into place, made
 * executable). Source: libuv, uv__fs_statx and uv__to_stat.
 */
async function areBirthsKnown(): Promise<boolean> {
  try {
    const own = await statPath(process.execPath, { bigint: true });
    return own.birthtimeNs !== own.ctimeNs;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

function fileStat(stats: BigIntStats, hasBirth: boolean): FileStat {
  return {
    kind: kindOf(stats),
    device: String(stats.dev),
    inode: String(stats.ino),
    sizeBytes: Number(stats.size),
    modifiedMs: Number(stats.mtimeMs),
    linkCount: Number(stats.nlink),
    birthMs: hasBirth ? Number(stats.birthtimeNs) / 1e6 : undefined,
  };
}
