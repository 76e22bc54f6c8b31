/**
 * A stored position, moved by hand. The row stays consistent: the marker before the new position is read from the file,
 * so that the agent recognises it at the next start. Positions are of the content: of what a compressed file was made of.
 */
import { type CheckpointRow, NO_ENDS } from '../core/checkpoint-row.ts';
import { FileFault } from '../core/errors.ts';
import { readMarker } from '../tail/content/content-proof.ts';
import { type ContentFiles, type OpenContent, openContent } from '../tail/content/content.ts';
import { markerLength } from '../tail/content/file-identity.ts';
import { endOfLastLine } from '../tail/content/last-line.ts';
import type { Encoding } from '../tail/lines/utf16.ts';

export type Target =
  { readonly kind: 'start' } | { readonly kind: 'end' } | { readonly kind: 'offset'; readonly offset: number };

export type Moved =
  { readonly kind: 'moved'; readonly row: CheckpointRow } | { readonly kind: 'left'; readonly why: string };

export interface MoveWorld {
  readonly content: ContentFiles;
  /** Of the flow's files: where lines end. */
  readonly encoding: Encoding;
  readonly wallMs: number;
}

/** `end` is after the last newline, so that a line still being written is sent whole. Never rejects with a `FileFault`. */
export async function movedRow(row: CheckpointRow, target: Target, world: MoveWorld): Promise<Moved> {
  const { wallMs: updatedWallMs, encoding } = world;
  // What was finished is to be read again, where it is moved to before its end.
  const state = row.state === 'finished' ? 'rotated' : row.state;
  if (target.kind === 'start') {
    return { kind: 'moved', row: { ...row, offset: 0, beganBytes: 0, cuts: [], waits: [], ends: NO_ENDS, tailMarker: '', state, updatedWallMs } };
  }
  if (target.kind === 'offset' && encoding !== 'utf-8' && target.offset % 2 === 1) {
    return { kind: 'left', why: `${target.offset} stands within a character: characters of ${encoding} have 2 or 4 bytes` };
  }
  try {
    const content = await openContent(world.content, row.path);
    try {
      const { device, inode, sizeBytes } = content.stat;
      if (device !== row.device || inode !== row.inode) return { kind: 'left', why: 'another file stands at its path now' };
      const offset = target.kind === 'end' ? await endOfLastLine(content, encoding) : target.offset;
      const marker = await readMarker(content.handle, offset);
      if (marker.length < markerLength(offset)) return { kind: 'left', why: tooShort(content) };
      const tailMarker = marker.toString('hex');
      const atEnd = content.storage === 'plain' && offset === sizeBytes;
      return { kind: 'moved', row: { ...row, offset, beganBytes: offset, cuts: [], waits: [], ends: NO_ENDS, tailMarker, state: atEnd ? row.state : state, updatedWallMs } };
    } finally {
      await content.handle.close();
    }
  } catch (fault) {
    if (fault instanceof FileFault) return { kind: 'left', why: `it cannot be read (${fault.systemCode})` };
    throw fault;
  }
}

function tooShort({ storage, stat }: OpenContent): string {
  return storage === 'plain' ? `the file has ${stat.sizeBytes} bytes only` : 'the file has fewer bytes when it is decompressed';
}
