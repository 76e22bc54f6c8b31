/**
 * Footers: records that say that a file is complete and are not sent.
 *
 * As in the Java agent the whole record must match, white space around it aside, and `^` and `$` match at every line of
 * it (Pattern.MULTILINE). Other than there, what follows a footer is sent: the Java agent leaves out what it happens to
 * have read with it, and sends what it reads later.
 */
import { compilePattern } from '../core/pattern/pattern.ts';
import type { RecordBatch } from '../core/record-batch.ts';

/** Whether the record buffer[start, end) is a footer. */
export type FooterTest = (buffer: Buffer, start: number, end: number) => boolean;

const SPACE = 0x20;

/** Undefined where there are none. Throws a `PatternError` for a pattern that the config check would have refused. */
export function footerTest(pattern: string | undefined): FooterTest | undefined {
  if (pattern === undefined) return undefined;
  const { regexp } = compilePattern(`(?m)${pattern}`, { whole: true, captures: false, looseNames: true });
  return (buffer, start, end) => {
    // As String.trim: everything up to the space is white.
    let from = start;
    let to = end;
    while (from < to && (buffer[from] ?? 0) <= SPACE) from += 1;
    while (to > from && (buffer[to - 1] ?? 0) <= SPACE) to -= 1;
    return regexp.test(buffer.toString('utf8', from, to));
  };
}

/** Takes the footers out of `batch`; says how many there were and how many source bytes they accounted for. */
export function takeOutFooters(batch: RecordBatch, isFooter: FooterTest): { readonly records: number; readonly bytes: number } {
  let kept = 0;
  let bytes = 0;
  const { starts, ends, sourceBytes, sourceStarts, count } = batch;
  for (let index = 0; index < count; index += 1) {
    if (isFooter(batch.buffer, starts[index] ?? 0, ends[index] ?? 0)) {
      bytes += sourceBytes[index] ?? 0;
      continue;
    }
    starts[kept] = starts[index] ?? 0;
    ends[kept] = ends[index] ?? 0;
    sourceBytes[kept] = sourceBytes[index] ?? 0;
    sourceStarts[kept] = sourceStarts[index] ?? 0;
    kept += 1;
  }
  batch.count = kept;
  return { records: count - kept, bytes };
}
