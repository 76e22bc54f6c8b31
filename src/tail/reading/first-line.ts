/** The first line of a file: what CSV calls its header. */
import { limits } from '../../core/limits.ts';
import { readAt } from '../content/content-proof.ts';
import type { Generation } from '../generation/generation.ts';

/**
 * Reads the first line of an open file, newline included, once it is there; false: not yet. A line longer than
 * `firstLineBytesMax` is cut. `textOf` turns the file's beginning into UTF-8. Rejects with a `FileFault`.
 */
export async function findFirstLine(generation: Generation, textOf: (head: Buffer) => Buffer): Promise<boolean> {
  const { handle, firstLine } = generation;
  if (firstLine !== undefined || handle === undefined) return firstLine !== undefined;
  const bytes = await readAt(handle, 0, limits.firstLineBytesMax);
  const text = textOf(bytes);
  const end = text.indexOf(0x0a) + 1;
  if (end === 0 && bytes.length < limits.firstLineBytesMax) return false;
  generation.firstLine = Buffer.from(end === 0 ? text : text.subarray(0, end));
  return true;
}
