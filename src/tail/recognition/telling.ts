/**
 * Whether enough is known of a generation to tell the file that holds it from the files of all others. Files of a log begin with
 * the same header and are no longer yet, empty files hold the same nothing, and the number of an inode is given away: a file
 * that is taken for another log's is sent under its name and key, from the wrong position.
 *
 * Invariant: a hint (the name, when the file was made) decides only between what holds the same bytes.
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
/** Of a header, no more is looked at. */
const HEADER_BYTES_MAX = 4096;

/**
 * Whether `content`, which holds the generation as far as that is known, can be told from what any of `all` known generations is
 * in: by its name, by when it was made, or because no other one has as much of it. Rejects with a `FileFault`.
 */
export async function isToldApart(content: OpenContent, generation: Generation, all: Iterable<Generation>): Promise<boolean> {
  const sameInode = isSameInode(content.stat, generation);
  const bornAlike = content.stat.birthMs !== undefined && generation.birthMs !== undefined;
  if ((sameInode && bornAlike) || isOfItsLog(content, generation, { sameInode })) return true;
  const bytes = Math.max(await provenBytesIn(content, generation), await bytesProvenByEnds(content, generation));
  // A few bytes, or a header, sent twice are better than the lines of a new file that happens to begin with them, under another one's key.
  if (bytes < limits.tailMarkerBytes || bytes <= (await headerBytesIn(content, bytes))) return false;
  return hasMost(content, generation, { all, bytes });
}

/**
 * Whether `content`, which by all that is known is a copy of the generation that ends below its position, has nothing else than what
 * proves that, or more of that than a header and than any other one of `all`: else it is a file that begins like all of the log, and
 * goes on. When it was written to does not tell: clocks are set back, a file server has its own, and of logs that are copied and
 * cut one after the other within one look nobody knew the last. Rejects with a `FileFault`.
 */
export async function isToldCopy(content: OpenContent, generation: Generation, all: Iterable<Generation>): Promise<boolean> {
  const bytes = await bytesProvenInCopy(content, generation);
  if (!(await isLongerThan(content.handle, bytes))) return true;
  return bytes > (await headerBytesIn(content, bytes)) && hasMost(content, generation, { all, bytes });
}

/** Whether no other one of `all` has as much of the file as those first `bytes`, which prove the generation. */
async function hasMost(content: OpenContent, generation: Generation, { all, bytes }: { all: Iterable<Generation>; bytes: number }): Promise<boolean> {
  let beginning: Buffer | undefined;
  for (const other of all) {
    if (other === generation) continue;
    beginning ??= await readAt(content.handle, 0, limits.headBytesMax);
    if (await hasAsMuch(content, other, { beginning, bytes })) return false;
  }
  return true;
}

/** Whether the other generation, too, is known to begin with the first `bytes` of the file: by whatever is known of it. */
async function hasAsMuch(content: OpenContent, other: Generation, { beginning, bytes }: Proven): Promise<boolean> {
  const { head, marker, position, pastEnds, seenEnds } = other;
  const { handle } = content;
  if (isHole(other)) return false;
  const begins = headFits(head, beginning);
  if (begins && head.lengthBytes >= bytes) return true;
  // Most files differ here, and no more has to be read.
  if (!begins && head.lengthBytes <= Math.min(bytes, beginning.length)) return false;
  // Lines often end alike: what stands at one end of the other is by chance there where another end is not.
  if (!(await pastEnds.fit(handle, bytes)) || !(await seenEnds.fit(handle, bytes))) return false;
  if (position >= bytes && marker.length > 0 && (await readMarker(handle, position)).equals(marker)) return true;
  const readable = await readableBytes(content);
  if ((await pastEnds.holdsOneFrom(bytes, handle, readable)) || (await seenEnds.holdsOneFrom(bytes, handle, readable))) return true;
  // What is held open can be asked itself: where it is longer, its head tells nothing of a short file.
  return other.handle !== undefined && other.storage === 'plain' && other.sizeBytes >= bytes && areEqual(handle, other.handle, bytes);
}

interface Proven {
  /** Of the file. */
  readonly beginning: Buffer;
  /** So many of its first ones prove the generation. */
  readonly bytes: number;
}

/**
 * How many of the file's first `bytes` other files may begin with that nobody knows yet: its first line (of CSV, the names of the
 * columns), and the lines after it that begin with `#` (W3C Extended Log File Format, "Directives": `#Fields: date time`). Rejects with a
 * `FileFault`.
 */
export async function headerBytesIn({ handle }: OpenContent, bytes: number): Promise<number> {
  const beginning = await readAt(handle, 0, Math.min(bytes, HEADER_BYTES_MAX));
  let end = lineEndAfter(beginning, 0);
  while (end > 0 && beginsDirective(beginning, end)) end = lineEndAfter(beginning, end);
  return end > 0 ? end : beginning.length;
}

/** Where the line ends that begins at `start`, in whatever encoding: in UTF-16LE with the NUL of the newline's unit. 0: it does not. */
function lineEndAfter(beginning: Buffer, start: number): number {
  const newline = beginning.indexOf(NEWLINE, start);
  const isFirstOfUnit = newline % 2 === 0 && beginning[newline + 1] === 0;
  return newline + (isFirstOfUnit ? 2 : 1);
}

/** In UTF-16BE the NUL of its unit comes first. */
function beginsDirective(beginning: Buffer, start: number): boolean {
  return beginning[start] === DIRECTIVE || (beginning[start] === 0 && beginning[start + 1] === DIRECTIVE);
}
