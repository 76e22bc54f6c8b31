/** A record as text, as far as routing looks into it. */
import type { RecordBatch } from '../core/record-batch.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Record `index` decoded, without the line end that it may have. */
export function recordText(batch: RecordBatch, index: number): string {
  return batch.buffer.toString('utf8', batch.starts[index] ?? 0, recordEnd(batch, index));
}

/** Where record `index` ends without its line end. */
export function recordEnd(batch: RecordBatch, index: number): number {
  const start = batch.starts[index] ?? 0;
  let end = batch.ends[index] ?? 0;
  if (end > start && batch.buffer[end - 1] === NEWLINE) end -= 1;
  if (end > start && batch.buffer[end - 1] === CARRIAGE_RETURN) end -= 1;
  return end;
}
