/**
 * The byte order mark (U+FEFF) at the head of a file says how the file is encoded; it is no part of its first line.
 * Source: The Unicode Standard §23.8, RFC 3629 §6.
 */
import type { RecordBatch } from '../../core/record-batch.ts';

const MARK_BYTES = 3;

/** Whether the UTF-8 text bytes[start, end) begins with the mark. */
function hasMark(bytes: Buffer, start: number, end: number): boolean {
  return end - start >= MARK_BYTES && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

/** `text` without the mark; a view. */
export function withoutMark(text: Buffer): Buffer {
  return hasMark(text, 0, text.length) ? text.subarray(MARK_BYTES) : text;
}

/**
 * Takes the mark out of the first record of a file's first batch; the record still accounts for the mark's bytes. A record that
 * is nothing but the mark is taken out as a whole: returns the source bytes that it accounted for, else 0.
 */
export function takeOutMark(batch: RecordBatch): number {
  const start = batch.starts[0] ?? 0;
  const end = batch.ends[0] ?? 0;
  if (batch.count === 0 || batch.sourceStarts[0] !== 0 || !hasMark(batch.buffer, start, end)) return 0;
  batch.starts[0] = start + MARK_BYTES;
  if (end - start > MARK_BYTES || batch.count > 1) return 0;
  batch.count = 0;
  return batch.sourceBytes[0] ?? 0;
}
