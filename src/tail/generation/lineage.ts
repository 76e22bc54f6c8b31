/**
 * Whether a file holds a generation: its bytes under another name (same inode), or a copy made before a truncation. Content
 * proves it; a name or an inode number alone never does.
 */
import { limits } from '../../core/limits.ts';
import type { FileHandle, FileStat } from '../../core/ports.ts';
import { isHole, isHoleHead, isLongerThan, isSameContent, readAt, readMarker } from '../content/content-proof.ts';
import { contentBytes, type OpenContent, readableBytes } from '../content/content.ts';
import { headFits, headOf, markerLength } from '../content/file-identity.ts';
import { holdsEnds } from '../content/past-ends.ts';
import type { Generation } from './generation.ts';
import { isNamedAfter } from './rotation.ts';

const NEWLINE = 0x0a;
/** So many bytes of a marker tell a line from others. */
const TELLING_BYTES = limits.tailMarkerBytes / 2;

/**
 * Whether a file can hold the generation, whatever bytes it has: the generation's own inode; a compressed form; or a plain copy, where
 * its inode was cut in place or the file moved to another device. No other file can: a new file may begin with the very bytes
 * that a vanished one had.
 */
export function canHold({ stat, storage }: OpenContent, generation: Generation): boolean {
  // After a cut in place the bytes never come back to that inode: if the same bytes stand before the position, it is coincidence.
  if (isSameInode(stat, generation)) return stat.inode !== generation.cutInPlace?.inode;
  return storage !== 'plain' || generation.cut || stat.device !== generation.device;
}

/** Whether `content`, under a related name, holds the generation. Rejects with a `FileFault`. */
export async function isContinuation(content: OpenContent, generation: Generation): Promise<boolean> {
  const { stat, storage, handle } = content;
  const sameInode = isSameInode(stat, generation);
  // Bytes that were lost unread left no marker: nothing proves where they were.
  const proven = generation.marker.length === markerLength(generation.position);
  if (!canHold(content, generation) || !proven) return false;
  // A hole proves nothing. Where the file was seen to end before it was read that far does.
  if (isHole(generation) && !sameInode && !(await generation.seenEnds.proves(handle, (await contentBytes(content)) ?? 0))) return false;
  if (await isSameContent(handle, generation)) return storage !== 'plain' || (await endsLike(content, generation, { sameInode }));
  return (storage !== 'plain' || generation.cut) && (await isShorterThanHead(content, generation));
}

/**
 * Whether a plain file that begins like the generation holds its ends, too: where little was read, all files of a log begin alike. The
 * generation's own file has to reach all of them; a copy has to hold those that lie within it.
 */
function endsLike(content: OpenContent, generation: Generation, { sameInode }: { sameInode: boolean }): Promise<boolean> {
  return sameInode ? holdsEnds(content, generation) : fitsEnds(content, generation, content.stat.sizeBytes);
}

/** How many leading bytes prove the generation in a file that was found to hold it. */
export async function provenBytesIn({ handle }: OpenContent, generation: Generation): Promise<number> {
  const { head, position } = generation;
  if (isHole(generation)) return 0;
  const holdsHead = head.lengthBytes > position && (await isLongerThan(handle, head.lengthBytes - 1));
  return holdsHead ? head.lengthBytes : position;
}

/**
 * Whether a file certainly shares more than `sharedBytes` leading bytes with the generation, whether it goes on with the generation
 * or lacks its last bytes. The head, the marker, and where reads and looks ended before are asked in this order: the last may take
 * decoding a long file.
 */
export async function sharesMore(content: OpenContent, generation: Generation, sharedBytes: number): Promise<boolean> {
  const { head, marker, position } = generation;
  const { handle } = content;
  const beginning = await readAt(handle, 0, head.lengthBytes);
  const holdsHead = beginning.length === head.lengthBytes;
  if (isHole(generation) || (holdsHead && !headFits(head, beginning))) return false;
  if (holdsHead && head.lengthBytes > sharedBytes && !isHoleHead(head)) return true;
  const tells = position > sharedBytes && marker.length === limits.tailMarkerBytes;
  if (tells && (await readMarker(handle, position)).equals(marker)) return true;
  return (await bytesProvenByEnds(content, generation)) > sharedBytes;
}

/** How many leading bytes are proved by where reads and looks of the generation ended. It may take decoding the whole file. */
export async function bytesProvenByEnds(content: OpenContent, { readEnds, seenEnds }: Generation): Promise<number> {
  const bytes = await readableBytes(content);
  return Math.max(await readEnds.provenTo(content.handle, bytes), await seenEnds.provenTo(content.handle, bytes));
}

/**
 * The generation goes on in a file that was proved to hold it, and is known by that file from now on: bytes that the file lacks are
 * gone. Where little was known, any file of the log can be proved: cuts that were made in another file and would cut lines of this
 * one are dropped.
 */
export async function knowBy(generation: Generation, { handle }: OpenContent): Promise<void> {
  const { head, cuts, tracker } = generation;
  const bytes = await readAt(handle, 0, head.lengthBytes);
  if (bytes.length < head.lengthBytes) generation.head = headOf(bytes);
  for (const cut of cuts.from(tracker.watermark)) if (!(await canBeCut(handle, cut))) cuts.drop(cut);
}

/** Whether the file ends at `offset`, or one of its lines does, in whatever encoding. */
async function canBeCut(handle: FileHandle, offset: number): Promise<boolean> {
  const start = Math.max(0, offset - 2);
  const around = await readAt(handle, start, offset - start + 1);
  return around.length === offset - start || around.subarray(0, offset - start).includes(NEWLINE);
}

/**
 * Whether the copy, compressed or not, was made before the last bytes of a head that is still growing were written. Such a copy lacks
 * them, so only the marker can prove it or, where little was read, where the file was seen or read to end.
 */
async function isShorterThanHead(content: OpenContent, generation: Generation): Promise<boolean> {
  const { head, marker, position, readEnds, seenEnds } = generation;
  const { handle } = content;
  if (position >= head.lengthBytes || (await isLongerThan(handle, head.lengthBytes - 1))) return false;
  const bytes = await contentBytes(content);
  if (bytes === undefined || bytes < position) return false;
  if (!(await readAt(handle, position - marker.length, marker.length)).equals(marker)) return false;
  // Lines often end alike: a marker that is nothing but padding stands in other files of the log as well.
  if (!(await fitsEnds(content, generation, bytes))) return false;
  // The marker is the whole content, or as long as a marker can be. An empty file holds nothing of anyone.
  if ((bytes > 0 && marker.length === bytes) || marker.length === limits.tailMarkerBytes) return true;
  return (await seenEnds.proves(handle, bytes)) || readEnds.proves(handle, bytes);
}

/** Whether the content, `bytes` long, holds every end of the generation that lies within it. */
async function fitsEnds({ handle }: OpenContent, { readEnds, seenEnds }: Generation, bytes: number): Promise<boolean> {
  return (await readEnds.fit(handle, bytes)) && seenEnds.fit(handle, bytes);
}

/**
 * Whether `content` is a short copy of `generation`, which was cut: a copy that ends below its position. Nothing of it is to be read before
 * something is added to it. Example: lines were added to app.log, and read, after copytruncate made app.log.1 and before it cut app.log.
 * Or whether `content` is its compressed form, made before the last bytes were written.
 */
export async function isShortCopy(content: OpenContent, generation: Generation): Promise<boolean> {
  const { cut, cutInPlace, copyFound, position, head, readEnds, seenEnds } = generation;
  const compressed = content.storage !== 'plain';
  if ((!cut && !compressed) || copyFound || !isNamedAfter(content, generation)) return false;
  const beginning = await readAt(content.handle, 0, head.lengthBytes);
  const begins = beginning.length < head.lengthBytes || headFits(head, beginning);
  if (!begins || position === 0 || (await isLongerThan(content.handle, position - 1))) return false;
  const bytes = await contentBytes(content);
  if (bytes === undefined) return false;
  // Files of one log can begin with the same lines, or end alike. A file that was written to when this generation was longer already is a
  // copy of another one. Compressing keeps the modification time (gzip(1), zstd(1), logrotate(8)).
  const outgrownWallMs = Math.min(readEnds.outgrownWallMs(bytes), cutInPlace?.noticedWallMs ?? Infinity);
  if (content.stat.modifiedMs > outgrownWallMs) return false;
  if (!(await fitsEnds(content, generation, bytes))) return false;
  // Compressing does not cut. Other files of the log may begin alike, so the compressed form has to end where this one once did.
  const how = cut ? 'proves' : 'provesEnd';
  if ((await readEnds[how](content.handle, bytes)) || (await seenEnds[how](content.handle, bytes))) return true;
  return endsWithinMarker(content, generation, bytes);
}

/** How many leading bytes prove that a file is a short copy of the generation. Rejects with a `FileFault`. */
export async function bytesProvenInCopy(content: OpenContent, generation: Generation): Promise<number> {
  const { head } = generation;
  const bytes = (await contentBytes(content)) ?? 0;
  if (await endsInMarker(content, generation, bytes)) return bytes;
  return Math.max(bytes < head.lengthBytes ? 0 : head.lengthBytes, await bytesProvenByEnds(content, generation));
}

/**
 * Whether the content, `bytes` long, ends within the marker, and that is enough of a proof. All bytes before the marker have to be
 * proved, too. Of a plain copy `TELLING_BYTES` of the marker are enough: its original was cut, and the copy is not younger than the cut.
 */
async function endsWithinMarker(content: OpenContent, generation: Generation, bytes: number): Promise<boolean> {
  const { head, marker, position } = generation;
  const start = position - marker.length;
  if (!(await endsInMarker(content, generation, bytes))) return false;
  if (content.storage === 'plain' && bytes - start >= TELLING_BYTES) return true;
  const headBytes = bytes < head.lengthBytes ? 0 : head.lengthBytes;
  return Math.max(headBytes, await bytesProvenByEnds(content, generation)) >= start;
}

/** Whether the content, `bytes` long, ends within the marker's place in the file, and with the marker's bytes. */
async function endsInMarker({ handle }: OpenContent, generation: Generation, bytes: number): Promise<boolean> {
  const { marker, position } = generation;
  const start = position - marker.length;
  if (bytes <= start || isHole(generation)) return false;
  return (await readAt(handle, start, bytes - start)).equals(marker.subarray(0, bytes - start));
}

/** Same inode number, and same birth time as far as the file system tells: numbers are reused. */
export function isSameInode(stat: Pick<FileStat, 'inode' | 'birthMs'>, generation: Generation): boolean {
  return stat.inode === generation.inode && sameBirth(stat, generation);
}

/** Whether the generation was read from this very file, whatever that holds now: it may have been cut there, and go on in its copy. */
export function wasReadFrom(stat: Pick<FileStat, 'inode' | 'birthMs'>, generation: Generation): boolean {
  const { cutInPlace } = generation;
  const wasCutThere = cutInPlace?.inode === stat.inode && (stat.birthMs ?? 0) <= cutInPlace.noticedWallMs;
  return wasCutThere || isSameInode(stat, generation);
}

function sameBirth(stat: Pick<FileStat, 'birthMs'>, generation: Generation): boolean {
  return stat.birthMs === undefined || generation.birthMs === undefined || stat.birthMs === generation.birthMs;
}
