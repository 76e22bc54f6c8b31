/** Open files in memory, and generations that were read from them. */
import { type Ends, NO_ENDS, type Storage } from '../../src/core/checkpoint-row.ts';
import type { Decompression, FileHandle, FileStat } from '../../src/core/ports.ts';
import { readMarker } from '../../src/tail/content/content-proof.ts';
import type { OpenContent } from '../../src/tail/content/content.ts';
import { DecompressedFile } from '../../src/tail/content/decompressed-file.ts';
import { EMPTY_HEAD, headOf } from '../../src/tail/content/file-identity.ts';
import { Generation } from '../../src/tail/generation/generation.ts';
import type { GenerationOwner, GenerationStart } from '../../src/tail/generation/generation-start.ts';

function statOf(text: string, inode: string): FileStat {
  return { kind: 'file', device: '1', inode, sizeBytes: text.length, modifiedMs: 0, linkCount: 1, birthMs: undefined };
}

export function memoryFile(text: string, inode = '9'): FileHandle {
  const bytes = Buffer.from(text);
  return {
    read: async (buffer, { bufferOffset, length, position }) => bytes.subarray(position, position + length).copy(buffer, bufferOffset),
    stat: async () => statOf(text, inode),
    close: async () => undefined,
  };
}

/** A file that answers the first `calls` calls like `before`, and the later ones like `after`: it is cut in between. */
export function cutAfter(calls: number, before: FileHandle, after: FileHandle): FileHandle {
  let left = calls;
  const file = () => {
    left -= 1;
    return left >= 0 ? before : after;
  };
  return { read: (...args) => file().read(...args), stat: () => file().stat(), close: async () => undefined };
}

/** The file, of which every read gives at most `bytesMax` bytes: rare on a disk, normal on some network file systems. */
export function inPieces(bytesMax: number, { read, stat, close }: FileHandle): FileHandle {
  return { read: (buffer, place) => read(buffer, { ...place, length: Math.min(bytesMax, place.length) }), stat, close };
}

/** An open file with this text. `storage` is only what the content says: the bytes are never compressed. */
export function memoryContent(path: string, text: string, { inode = '9', storage = 'plain' }: { inode?: string; storage?: Storage } = {}): OpenContent {
  return { path, handle: memoryFile(text, inode), stat: statOf(text, inode), storage };
}

/**
 * A compressed file that decodes to the text of `file`. `isComplete`: whether that is all of it, or the file is still being
 * written. `onDecode` is called for every piece that is decoded.
 */
export function decodedContent({ handle: file, ...content }: OpenContent, { isComplete = true, onDecode = () => undefined }: { isComplete?: boolean; onDecode?: (() => void) | undefined } = {}): OpenContent {
  const decompression: Decompression = {
    open: () => ({
      push: async (chunk) => {
        onDecode();
        return chunk;
      },
      isComplete: async () => isComplete,
      close: () => undefined,
    }),
  };
  return { ...content, storage: 'gzip', handle: new DecompressedFile(file, { path: content.path, format: 'gzip', decompression }) };
}

/** A compressed file that is still being written: so far it decodes to `text`. `onDecode` is called for every piece that is decoded. */
export function unfinishedContent(path: string, text: string, onDecode?: () => void): OpenContent {
  return decodedContent(memoryContent(path, text), { isComplete: false, onDecode });
}

interface MemoryGeneration {
  readonly number?: number;
  readonly offset?: number;
  readonly ends?: Ends;
  readonly changed?: Set<Generation>;
  readonly open?: Set<Generation>;
}

/** The generation `number` of /app.log, with inode `number`, whose file held `text` and was read up to `offset`, by default its end. */
export async function memoryGeneration(text: string, { number = 1, offset = text.length, ends = NO_ENDS, changed = new Set(), open = new Set() }: MemoryGeneration = {}): Promise<Generation> {
  const known = { head: headOf(Buffer.from(text)), offset, marker: await readMarker(memoryFile(text), offset), ends };
  return plainGeneration({ number, path: '/app.log', sizeBytes: text.length, birthMs: undefined }, known, { changed, open });
}

/**
 * A generation of which only this is known: its number, and the path and state of its file. By default that is an empty plain file with
 * the generation's number as its inode number, which is being read from the start.
 */
export function plainGeneration(
  { number, path, ...stat }: { readonly number: number; readonly path: string } & Partial<FileStat>,
  known: Partial<GenerationStart> = {},
  owner: Partial<GenerationOwner<Generation>> = {},
): Generation {
  return new Generation(
    {
      flow: 'flow',
      number,
      path,
      originalPath: path,
      stat: { kind: 'file', device: '1', inode: String(number), sizeBytes: 0, modifiedMs: 0, linkCount: 1, ...stat },
      head: EMPTY_HEAD,
      offset: 0,
      marker: Buffer.alloc(0),
      state: 'active',
      storage: 'plain',
      nowMs: 0,
      unreadSinceMs: 0,
      rowWallMs: 0,
      ...known,
    },
    { onResolve: () => undefined, changed: new Set(), open: new Set(), ...owner },
  );
}
