/**
 * Whether a file holds a generation: its bytes under another name (same inode), or copied away before a truncation. Content
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
/** Of a marker: a line has more that tells it from others. */
const TELLING_BYTES = limits.tailMarkerBytes / 2;

/**
 * Whether a file can hold the generation, whatever is in it: its own inode; a compressed form; or, where its inode was cut in
 * place or the file moved to another device, a plain copy. Nothing else: a new file may begin with the very bytes that a
 * vanished one had.
 */
export function canHold({ stat, storage }: OpenContent, generation: Generation): boolean {
  // What was cut in place never comes back there: that the same bytes stand before the position now is coincidence.
  if (isSameInode(stat, generation)) return stat.inode !== generation.cutInPlace?.inode;
  return storage !== 'plain' || generation.cut || stat.device !== generation.device;
}

/** Whether `content`, under a related name, holds the generation. Rejects with a `FileFault`. */
export async function isContinuation(content: OpenContent, generation: Generation): Promise<boolean> {
  const { stat, storage, handle } = content;
  const sameInode = isSameInode(stat, generation);
  // What was lost unread left no proof.
  const proven = generation.marker.length === markerLength(generation.position);
  if (!canHold(content, generation) || !proven) return false;
  // A hole proves nothing; where the file ended while it waited to be read does.
  if (isHole(generation) && !sameInode && !(await generation.seenEnds.proves(handle, (await contentBytes(content)) ?? 0))) return false;
  if (await isSameContent(handle, generation)) return storage !== 'plain' || (await endsLike(content, generation, { sameInode }));
  return (storage !== 'plain' || generation.cut) && (await isShorterThanHead(content, generation));
}

/**
 * Whether a plain file, which begins like the generation, holds every end of it: where little was read, all files of a log begin like
 * it. Its own file reaches them all, a copy those that lie within it.
 */
function endsLike(content: OpenContent, generation: Generation, { sameInode }: { sameInode: boolean }): Promise<boolean> {
  return sameInode ? holdsEnds(content, generation) : fitsEnds(content, generation, content.stat.sizeBytes);
}

/** How many bytes, from the beginning, prove that a file holds the generation that was found to be in it. */
export async function provenBytesIn({ handle }: OpenContent, generation: Generation): Promise<number> {
  const { head, position } = generation;
  if (isHole(generation)) return 0;
  const holdsHead = head.lengthBytes > position && (await isLongerThan(handle, head.lengthBytes - 1));
  return holdsHead ? head.lengthBytes : position;
}

/**
 * Whether a file certainly shares more than `sharedBytes` with the generation, from the beginning, whether it goes on with it
 * or lacks its last bytes: by its head, by what stands before the position, and by where reads and looks ended before.
 * What decoding a long file would tell is asked last.
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

/** How many bytes, from the beginning, where reads and looks of the generation ended proves. It may take decoding the whole file. */
export async function bytesProvenByEnds(content: OpenContent, { pastEnds, seenEnds }: Generation): Promise<number> {
  const bytes = await readableBytes(content);
  return Math.max(await pastEnds.provenTo(content.handle, bytes), await seenEnds.provenTo(content.handle, bytes));
}

/**
 * The generation goes on in a file that was proved to hold it: what that lacks is gone, it is known by what is there. Where
 * little was known, all files of a log can be proved: what was cut in another one would cut lines of this one.
 */
export async function knowBy(generation: Generation, { handle }: OpenContent): Promise<void> {
  const { head, cuts, tracker } = generation;
  const bytes = await readAt(handle, 0, head.lengthBytes);
  if (bytes.length < head.lengthBytes) generation.head = headOf(bytes);
  for (const cut of cuts.from(tracker.watermark)) if (!(await canBeCut(handle, cut))) cuts.drop(cut);
}

/** Whether the file ends at `offset`, or a line ends there, in whatever encoding. */
async function canBeCut(handle: FileHandle, offset: number): Promise<boolean> {
  const start = Math.max(0, offset - 2);
  const around = await readAt(handle, start, offset - start + 1);
  return around.length === offset - start || around.subarray(0, offset - start).includes(NEWLINE);
}

/**
 * Whether the copy, compressed or not, was made before the last bytes of a head that is still growing were written: it
 * lacks them, so that only the marker can prove it, or where little was read, where the file was seen, or read, to its end.
 */
async function isShorterThanHead(content: OpenContent, generation: Generation): Promise<boolean> {
  const { head, marker, position, pastEnds, seenEnds } = generation;
  const { handle } = content;
  if (position >= head.lengthBytes || (await isLongerThan(handle, head.lengthBytes - 1))) return false;
  const bytes = await contentBytes(content);
  if (bytes === undefined || bytes < position) return false;
  if (!(await readAt(handle, position - marker.length, marker.length)).equals(marker)) return false;
  // Lines often end alike: a marker that is no more than padding stands in other files of the log as well.
  if (!(await fitsEnds(content, generation, bytes))) return false;
  // Nothing else than what is known to the byte, or enough of it. An empty file has nothing of anyone.
  if ((bytes > 0 && marker.length === bytes) || marker.length === limits.tailMarkerBytes) return true;
  return (await seenEnds.proves(handle, bytes)) || pastEnds.proves(handle, bytes);
}

/** Whether the content, of so many bytes, holds every end of the generation that lies within it. */
async function fitsEnds({ handle }: OpenContent, { pastEnds, seenEnds }: Generation, bytes: number): Promise<boolean> {
  return (await pastEnds.fit(handle, bytes)) && seenEnds.fit(handle, bytes);
}

/**
 * Whether `content` is a copy of `generation`, which was cut, that ends below its position: nothing of it is to be read
 * before something is added to it. Or its compressed form, made before its last bytes were written.
 */
export async function isShortCopy(content: OpenContent, generation: Generation): Promise<boolean> {
  const { cut, cutInPlace, copyFound, position, head, pastEnds, seenEnds } = generation;
  const compressed = content.storage !== 'plain';
  if ((!cut && !compressed) || copyFound || !isNamedAfter(content, generation)) return false;
  const beginning = await readAt(content.handle, 0, head.lengthBytes);
  const begins = beginning.length < head.lengthBytes || headFits(head, beginning);
  if (!begins || position === 0 || (await isLongerThan(content.handle, position - 1))) return false;
  const bytes = await contentBytes(content);
  if (bytes === undefined) return false;
  // Files of one log can begin with the same lines, or end alike: one that was written to when this one was longer is a copy of
  // another. Whoever compresses keeps that time (gzip(1), zstd(1), logrotate(8)).
  const outgrownWallMs = Math.min(pastEnds.outgrownWallMs(bytes), cutInPlace?.noticedWallMs ?? Infinity);
  if (content.stat.modifiedMs > outgrownWallMs) return false;
  if (!(await fitsEnds(content, generation, bytes))) return false;
  // Who compresses does not cut: other files of the log may begin alike, so the copy has to end where this one once did.
  const how = cut ? 'proves' : 'provesEnd';
  if ((await pastEnds[how](content.handle, bytes)) || (await seenEnds[how](content.handle, bytes))) return true;
  return endsWithinMarker(content, generation, bytes);
}

/** How many bytes, from the beginning, prove that a file is a short copy of the generation. Rejects with a `FileFault`. */
export async function bytesProvenInCopy(content: OpenContent, generation: Generation): Promise<number> {
  const { head } = generation;
  const bytes = (await contentBytes(content)) ?? 0;
  if (await endsInMarker(content, generation, bytes)) return bytes;
  return Math.max(bytes < head.lengthBytes ? 0 : head.lengthBytes, await bytesProvenByEnds(content, generation));
}

/**
 * Whether the content, of so many bytes, ends in the marker, and that tells. Nothing before those few bytes may be unknown;
 * where the file was cut, so that time tells its copies as well, they are enough if they are many.
 */
async function endsWithinMarker(content: OpenContent, generation: Generation, bytes: number): Promise<boolean> {
  const { head, marker, position } = generation;
  const start = position - marker.length;
  if (!(await endsInMarker(content, generation, bytes))) return false;
  if (content.storage === 'plain' && bytes - start >= TELLING_BYTES) return true;
  const headBytes = bytes < head.lengthBytes ? 0 : head.lengthBytes;
  return Math.max(headBytes, await bytesProvenByEnds(content, generation)) >= start;
}

/** Whether the content, of so many bytes, ends within what stands before the position, and like that. */
async function endsInMarker({ handle }: OpenContent, generation: Generation, bytes: number): Promise<boolean> {
  const { marker, position } = generation;
  const start = position - marker.length;
  if (bytes <= start || isHole(generation)) return false;
  return (await readAt(handle, start, bytes - start)).equals(marker.subarray(0, bytes - start));
}

/** Same number, and made at the same time as far as the file system tells: numbers are reused. */
export function isSameInode(stat: Pick<FileStat, 'inode' | 'birthMs'>, generation: Generation): boolean {
  return stat.inode === generation.inode && sameBirth(stat, generation);
}

/** Whether the generation was read from that very file, whatever it holds now: it may have been cut there, and go on in its copy. */
export function wasReadFrom(stat: Pick<FileStat, 'inode' | 'birthMs'>, generation: Generation): boolean {
  const { cutInPlace } = generation;
  const wasCutThere = cutInPlace?.inode === stat.inode && (stat.birthMs ?? 0) <= cutInPlace.noticedWallMs;
  return wasCutThere || isSameInode(stat, generation);
}

function sameBirth(stat: Pick<FileStat, 'birthMs'>, generation: Generation): boolean {
  return stat.birthMs === undefined || generation.birthMs === undefined || stat.birthMs === generation.birthMs;
}
