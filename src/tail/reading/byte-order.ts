/** The byte order of a UTF-16 generation: read once, from its first bytes. */
import { readAt } from '../content/content-proof.ts';
import type { Generation } from '../generation/generation.ts';
import { byteOrderOf, type Encoding } from '../lines/utf16.ts';

const MARK_BYTES = 2;

/** Sets `generation.byteOrder`, unless the file is not UTF-16 or is too short yet. Rejects with a `FileFault`. */
export async function readByteOrder(generation: Generation, encoding: Encoding): Promise<void> {
  const { handle, byteOrder } = generation;
  if (encoding === 'utf-8' || byteOrder !== undefined || handle === undefined) return;
  const firstBytes = await readAt(handle, 0, MARK_BYTES);
  if (firstBytes.length === MARK_BYTES) generation.byteOrder = byteOrderOf(encoding, firstBytes);
}
