/**
 * A stored position, moved by hand. The row stays consistent: the marker before the new position is read from the file,
 * so that the agent recognises it at the next start. Positions are offsets in the content: decompressed, where the file is compressed.
 */
import { type CheckpointRow, NO_ENDS } from '../../core/checkpoint-row.ts';
import { FileFault } from '../../core/errors.ts';
import { isLongerThan, readMarker } from '../../tail/content/content-proof.ts';
import { type ContentFiles, type OpenContent, openContent } from '../../tail/content/content.ts';
import { markerLength } from '../../tail/content/file-identity.ts';
import { endOfLastLine, hasLinesBefore } from '../../tail/content/last-line.ts';
import type { Encoding } from '../../tail/lines/utf16.ts';

export type Target =
  { readonly kind: 'start' } | { readonly kind: 'end' } | { readonly kind: 'offset'; readonly offset: number };

export type Moved =
  | { readonly kind: 'moved'; readonly row: CheckpointRow; readonly why?: string | undefined }
  | { readonly kind: 'left'; readonly why: string };

export interface MoveWorld {
  readonly content: ContentFiles;
  /** The encoding of the flow's files tells where their lines end. */
  readonly encoding: Encoding;
  readonly skipHeaderLines: number;
  readonly wallMs: number;
}

/**
 * `end` is the place after the last newline, so that a line still being written is sent whole. An offset within a line moves to the
 * line's beginning, so that nothing of the line is left out. Never rejects with a `FileFault`.
 */
export async function movedRow(row: CheckpointRow, target: Target, world: MoveWorld): Promise<Moved> {
  const { wallMs: updatedWallMs } = world;
  // A finished file is read again where its position moves to before its end.
  const state = row.state === 'finished' ? 'rotated' : row.state;
  if (target.kind === 'start') {
    return { kind: 'moved', row: { ...row, offset: 0, beganBytes: 0, cuts: [], waits: [], ends: NO_ENDS, tailMarker: '', state, updatedWallMs } };
  }
  try {
    const content = await openContent(world.content, row.path);
    try {
      const { device, inode, sizeBytes } = content.stat;
      if (device !== row.device || inode !== row.inode) return { kind: 'left', why: 'another file stands at its path now' };
      if (target.kind === 'offset' && !(await holds(content, target.offset))) return { kind: 'left', why: tooShort(content) };
      const { offset, why } = await recordStart(content, target.kind === 'offset' ? target.offset : undefined, world);
      const marker = await readMarker(content.handle, offset);
      if (marker.length < markerLength(offset)) return { kind: 'left', why: tooShort(content) };
      const tailMarker = marker.toString('hex');
      const atEnd = content.storage === 'plain' && offset === sizeBytes;
      return { kind: 'moved', row: { ...row, offset, beganBytes: offset, cuts: [], waits: [], ends: NO_ENDS, tailMarker, state: atEnd ? row.state : state, updatedWallMs }, why };
    } finally {
      await content.handle.close();
    }
  } catch (fault) {
    if (fault instanceof FileFault) return { kind: 'left', why: `it cannot be read (${fault.systemCode})` };
    throw fault;
  }
}

/** Where reading can begin, at `wanted` or before, and why not at `wanted`. `wanted` undefined: the end of the last line. */
async function recordStart(content: OpenContent, wanted: number | undefined, { encoding, skipHeaderLines }: MoveWorld): Promise<{ readonly offset: number; readonly why?: string }> {
  const offset = await endOfLastLine(content, encoding, wanted);
  // Reading from within the header would send the rest of it.
  const isHeader = offset > 0 && !(await hasLinesBefore(content, encoding, { lines: skipHeaderLines, offset }));
  if (isHeader) return { offset: 0, why: `${wanted ?? offset} stands in the header lines of the file: moved to their beginning` };
  if (wanted === undefined || offset === wanted) return { offset };
  return { offset, why: `${wanted} stands within a line: moved to its beginning, ${offset}` };
}

async function holds({ handle }: OpenContent, bytes: number): Promise<boolean> {
  return bytes === 0 || isLongerThan(handle, bytes - 1);
}

function tooShort({ storage, stat }: OpenContent): string {
  return storage === 'plain' ? `the file has ${stat.sizeBytes} bytes only` : 'the file has fewer bytes when it is decompressed';
}
