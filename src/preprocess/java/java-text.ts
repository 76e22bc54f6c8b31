/** Records as the Java agent sees them: text. What is not UTF-8 becomes U+FFFD on the way. */
import { isUtf8 } from 'node:buffer';
import { decodeText } from '../json/json-text.ts';
import type { RecordBytes } from '../stage/stage.ts';

/** The record, or where it is not UTF-8 a copy that is. */
export function textOf(record: RecordBytes): RecordBytes {
  if (isUtf8(record.buffer.subarray(record.start, record.end))) return record;
  const buffer = Buffer.from(decodeText(record.buffer, record.start, record.end));
  return { buffer, start: 0, end: buffer.length };
}
