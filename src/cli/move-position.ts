/**
 * A stored position, moved by hand. The row stays consistent: the marker before the new position is read from the file,
 * so that the agent recognises it at the next start.
 */
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import { FileFault } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { FileHandle, FileSystem } from '../core/ports.ts';

export type Target =
  { readonly kind: 'start' } | { readonly kind: 'end' } | { readonly kind: 'offset'; readonly offset: number };

export type Moved =
  { readonly kind: 'moved'; readonly row: CheckpointRow } | { readonly kind: 'left'; readonly why: string };

/** An unfinished last line is looked for in this many bytes at the end. */
const LAST_LINE_BYTES_MAX = limits.readBytesMax;

export async function movedRow(
  row: CheckpointRow,
  target: Target,
  world: { readonly files: FileSystem; readonly wallMs: number },
): Promise<Moved> {
  if (target.kind === 'start') {
    const state = row.state === 'finished' ? 'rotated' : row.state;
    return { kind: 'moved', row: { ...row, offset: 0, tailMarker: '', state, updatedWallMs: world.wallMs } };
  }
  if (row.storage !== 'plain') return { kind: 'left', why: 'the file is compressed: only start is possible' };
  try {
    const handle = await world.files.open(row.path);
    try {
      const stat = await handle.stat();
      if (stat.device !== row.device || stat.inode !== row.inode)
        return { kind: 'left', why: 'another file stands at its path now' };
      const offset = target.kind === 'end' ? await endOfLastLine(handle, stat.sizeBytes) : target.offset;
      if (offset > stat.sizeBytes) return { kind: 'left', why: `the file has ${stat.sizeBytes} bytes only` };
      const marker = await readExactly(handle, Math.max(0, offset - limits.tailMarkerBytes), offset);
      return {
        kind: 'moved',
        row: { ...row, offset, tailMarker: marker.toString('hex'), updatedWallMs: world.wallMs },
      };
    } finally {
      await handle.close();
    }
  } catch (fault) {
    if (fault instanceof FileFault) return { kind: 'left', why: `it cannot be read (${fault.systemCode})` };
    throw fault;
  }
}

/** After the last newline, so that a line still being written is sent whole; the very end where there is none near. */
async function endOfLastLine(handle: FileHandle, sizeBytes: number): Promise<number> {
  const start = Math.max(0, sizeBytes - LAST_LINE_BYTES_MAX);
  const end = await readExactly(handle, start, sizeBytes);
  const newline = end.lastIndexOf(0x0a);
  if (newline >= 0) return start + newline + 1;
  return start === 0 ? 0 : sizeBytes;
}

async function readExactly(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start);
  let filled = 0;
  while (filled < buffer.length) {
    const read = await handle.read(buffer, {
      bufferOffset: filled,
      length: buffer.length - filled,
      position: start + filled,
    });
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}
