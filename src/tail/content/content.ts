/** Opens a file so that its log content can be read, whether it is stored plain or compressed. */
import type { Storage } from '../../core/checkpoint-row.ts';
import { FileFault } from '../../core/errors.ts';
import type { Decompression, FileHandle, FileStat, FileSystem } from '../../core/ports.ts';
import { areEqual, isLongerThan, readAt } from './content-proof.ts';
import { DecompressedFile } from './decompressed-file.ts';
import { compressionOf, FOREIGN_BYTES, foreignCompressionOf } from './file-identity.ts';

export interface ContentFiles {
  readonly files: FileSystem;
  readonly decompression: Decompression;
}

/** An open file, owned by whoever got it. `handle` reads the content; `stat` is of the file on disk. */
export interface OpenContent {
  readonly path: string;
  /** Where the file would lie if it were next to its log. Only for a file that `rotatedPattern` found far from its log. */
  readonly besideLog?: string | undefined;
  readonly handle: FileHandle;
  readonly stat: FileStat;
  readonly storage: Storage;
  /** What a file is compressed with that cannot be read: its storage counts as plain. */
  readonly foreign?: string | undefined;
}

/** Opens `path`. Rejects with a `FileFault`. */
export async function openContent({ files, decompression }: ContentFiles, path: string): Promise<OpenContent> {
  const file = await files.open(path);
  try {
    return await contentOf(file, { path, decompression });
  } catch (fault) {
    await file.close();
    throw fault;
  }
}

/** The content of an open file, which it owns from now on. Rejects with a `FileFault`: then it does not. */
export async function contentOf(file: FileHandle, { path, decompression }: { readonly path: string; readonly decompression: Decompression }): Promise<OpenContent> {
  const stat = await file.stat();
  const magic = await readAt(file, 0, FOREIGN_BYTES);
  const format = compressionOf(magic);
  if (format === undefined) return { path, handle: file, stat, storage: 'plain', foreign: foreignCompressionOf(magic) };
  return { path, handle: new DecompressedFile(file, { path, format, decompression }), stat, storage: format };
}

/** Throws a `FileFault` where the file is compressed with what is not read here: its bytes would go out as lines. */
export function refuseForeign({ path, foreign }: OpenContent): void {
  if (foreign !== undefined) throw new FileFault({ code: 'foreign', systemCode: `compressed with ${foreign}`, path });
}

/** Length of the content; undefined while a compressed file is not whole. Rejects with a `FileFault`. */
export async function contentBytes({ handle, stat }: OpenContent): Promise<number | undefined> {
  return handle instanceof DecompressedFile ? handle.wholeBytes() : stat.sizeBytes;
}

/** How much of the content can be read now, whole or not. Rejects with a `FileFault`. */
export async function readableBytes({ handle, stat }: OpenContent): Promise<number> {
  return handle instanceof DecompressedFile ? handle.readableBytes() : stat.sizeBytes;
}

/** State of an open file; undefined: the server has forgotten the handle (ESTALE). Rejects with a `FileFault`. */
export async function statOrForgotten(handle: FileHandle): Promise<FileStat | undefined> {
  try {
    return await handle.stat();
  } catch (fault) {
    if (fault instanceof FileFault && fault.code === 'stale') return undefined;
    throw fault;
  }
}

/** State of the file at `path`; undefined where there is none, or where it cannot be asked now. */
export async function statOrNothing(files: FileSystem, path: string): Promise<FileStat | undefined> {
  try {
    return await files.stat(path);
  } catch (fault) {
    if (fault instanceof FileFault) return undefined;
    throw fault;
  }
}

/** State of the file at `path`; undefined: there is none; `unknown`: it cannot be asked. */
export async function statOrUnknown(files: FileSystem, path: string): Promise<FileStat | 'unknown' | undefined> {
  try {
    return await files.stat(path);
  } catch (fault) {
    if (fault instanceof FileFault) return fault.code === 'not-found' ? undefined : 'unknown';
    throw fault;
  }
}

/** Whether the file `source`, `sourceBytes` long, begins with all that can be read of `content`. Rejects with a `FileFault`. */
export async function isWithin(content: OpenContent, source: FileHandle, sourceBytes: number): Promise<boolean> {
  // First: a longer one is decoded no further than that.
  return !(await isLongerThan(content.handle, sourceBytes)) && areEqual(content.handle, source, await readableBytes(content));
}
