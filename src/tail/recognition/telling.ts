/**
 * Whether enough is known of a generation to tell its file from the files of all others. New files of a log may hold nothing yet
 * but the same header, empty files hold the same nothing, and inode numbers are given away. A file that is taken for another
 * log's is sent under that log's name and key, from the wrong position.
 *
 * Invariant: a hint (the name, the birth time) decides only between files that hold the same bytes.
 */
import { limits } from '../../core/limits.ts';
import { areEqual, isHole, isLongerThan, readAt, readMarker } from '../content/content-proof.ts';
import { type OpenContent, readableBytes } from '../content/content.ts';
import { headFits } from '../content/file-identity.ts';
import type { Generation } from '../generation/generation.ts';
import { bytesProvenByEnds, bytesProvenInCopy, isSameInode, provenBytesIn } from '../generation/lineage.ts';
import { isOfItsLog } from '../generation/rotation.ts';

const NEWLINE = 0x0a;
/** `#`, with which a directive begins. */
const DIRECTIVE = 0x23;
/** Only this many bytes are searched for a header. */
const HEADER_BYTES_MAX = 4096;

/**
 * Whether `content`, which holds all that is known of the generation, can be told from the files of `all` other known generations: by its
 * name, by its birth time, or because no other generation shares as many bytes with it. Rejects with a `FileFault`.
 */
export async function isToldApart(content: OpenContent, generation: Generation, all: Iterable<Generation>): Promise<boolean> {
  const sameInode = isSameInode(content.stat, generation);
  const bornAlike = content.stat.birthMs !== undefined && generation.birthMs !== undefined;
  if ((sameInode && bornAlike) || isOfItsLog(content, generation, { sameInode })) return true;
  const bytes = Math.max(await provenBytesIn(content, generation), await bytesProvenByEnds(content, generation));
  // A new file may happen to begin with the same few bytes, or the same header. Sending those twice is better than sending the
  // new file's lines under another log's key.
  if (bytes < limits.tailMarkerBytes || bytes <= (await headerBytesIn(content, bytes))) return false;
  return hasMost(content, generation, { all, bytes });
}

/**
 * Whether `content`, which seems to be a copy that ends below the generation's position, surely is one: it has nothing but the bytes that
 * prove it; or these are more than a header, and no other one of `all` shares as many. Else it may be a new file that begins like all
 * files of the log, and goes on. The modification time does not tell: clocks are set back, a file server has its own, and where a log is
 * copied and cut several times between two looks, nobody knew its last generation. Rejects with a `FileFault`.
 */
export async function isToldCopy(content: OpenContent, generation: Generation, all: Iterable<Generation>): Promise<boolean> {
  const bytes = await bytesProvenInCopy(content, generation);
  if (!(await isLongerThan(content.handle, bytes))) return true;
  return bytes > (await headerBytesIn(content, bytes)) && hasMost(content, generation, { all, bytes });
}

/** Whether no other one of `all` shares the first `bytes` of the file, which prove the generation. */
async function hasMost(content: OpenContent, generation: Generation, { all, bytes }: { all: Iterable<Generation>; bytes: number }): Promise<boolean> {
  let beginning: Buffer | undefined;
  for (const other of all) {
    if (other === generation) continue;
    beginning ??= await readAt(content.handle, 0, limits.headBytesMax);
    if (await hasAsMuch(content, other, { beginning, bytes })) return false;
  }
  return true;
}

/** Whether `other` is known to begin with the first `bytes` of the file, too: by its head, its marker, its ends, or its open file. */
async function hasAsMuch(content: OpenContent, other: Generation, { beginning, bytes }: Proven): Promise<boolean> {
  const { head, marker, position, readEnds, seenEnds } = other;
  const { handle } = content;
  if (isHole(other)) return false;
  const begins = headFits(head, beginning);
  if (begins && head.lengthBytes >= bytes) return true;
  // Most files differ here, and no more has to be read.
  if (!begins && head.lengthBytes <= Math.min(bytes, beginning.length)) return false;
  // Lines often end alike: one end of `other` can be in the file by chance. Then another end is not.
  if (!(await readEnds.fit(handle, bytes)) || !(await seenEnds.fit(handle, bytes))) return false;
  if (position >= bytes && marker.length > 0 && (await readMarker(handle, position)).equals(marker)) return true;
  const readable = await readableBytes(content);
  if ((await readEnds.holdsOneFrom(bytes, handle, readable)) || (await seenEnds.holdsOneFrom(bytes, handle, readable))) return true;
  // An open file can be compared itself. Where the file is shorter than the head of `other`, the head's digest tells nothing.
  return other.handle !== undefined && other.storage === 'plain' && other.sizeBytes >= bytes && areEqual(handle, other.handle, bytes);
}

interface Proven {
  /** The first bytes of the file. */
  readonly beginning: Buffer;
  /** How many bytes from the file's beginning prove the generation. */
  readonly bytes: number;
}

/**
 * Length of the header in the file's first `bytes`, with which unknown files may begin, too: its first line (in CSV, the names of
 * the columns), and the lines after it that begin with `#` (W3C Extended Log File Format, "Directives": `#Fields: date time`).
 * Rejects with a `FileFault`.
 */
export async function headerBytesIn({ handle }: OpenContent, bytes: number): Promise<number> {
  const beginning = await readAt(handle, 0, Math.min(bytes, HEADER_BYTES_MAX));
  let end = lineEndAfter(beginning, 0);
  while (end > 0 && beginsDirective(beginning, end)) end = lineEndAfter(beginning, end);
  return end > 0 ? end : beginning.length;
}

/** Whether no line has ended behind the header, see `headerBytesIn`: any other file of the log can begin with all that the file has. Rejects with a `FileFault`. */
export async function hasNoLineOfItsOwn(content: OpenContent): Promise<boolean> {
  const headerBytes = await headerBytesIn(content, Infinity);
  const rest = await readAt(content.handle, headerBytes, HEADER_BYTES_MAX);
  return rest.length < HEADER_BYTES_MAX && !rest.includes(NEWLINE);
}

/** The end of the line that begins at `start`, in any encoding: in UTF-16LE after the NUL that follows the newline. 0: it does not end. */
function lineEndAfter(beginning: Buffer, start: number): number {
  const newline = beginning.indexOf(NEWLINE, start);
  const isFirstOfUnit = newline % 2 === 0 && beginning[newline + 1] === 0;
  return newline + (isFirstOfUnit ? 2 : 1);
}

/** Whether the line at `start` begins with `#`. In UTF-16BE a NUL stands before it. */
function beginsDirective(beginning: Buffer, start: number): boolean {
  return beginning[start] === DIRECTIVE || (beginning[start] === 0 && beginning[start + 1] === DIRECTIVE);
}
