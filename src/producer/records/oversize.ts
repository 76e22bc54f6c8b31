/**
 * What happens to a record that is too large for its destination: it is truncated, split into pieces, or dropped.
 *
 * Guarantees: no cut stands inside a UTF-8 character; every piece is at most `limitBytes`. The source bytes of the pieces
 * and those counted as `oversize` add up to the source bytes of the record. Every piece carries at least one source byte,
 * so that the position of the file cannot pass a piece that was not accepted.
 */
import { assertNever } from '../../core/assert.ts';
import type { Span } from '../../core/offset-tracker.ts';
import { RecordBatch } from '../../core/record-batch.ts';
import { cutAtCharacter } from '../../core/utf8.ts';

export type OversizePolicy = 'truncate' | 'split' | 'drop';

export interface OversizeRule {
  readonly policy: OversizePolicy;
  /** Put at the end of a truncated record. */
  readonly terminator: Buffer;
}

/** What is left of record `index` of `batch` within `limitBytes`; the batch is valid until the next call. */
export function cutOversize(
  place: { readonly batch: RecordBatch; readonly index: number; readonly span: Span; readonly limitBytes: number },
  rule: OversizeRule,
): RecordBatch {
  switch (rule.policy) {
    case 'drop':
      place.span.resolve('oversize', place.batch.sourceBytes[place.index] ?? 0, 1);
      return new RecordBatch();
    case 'truncate':
      return truncate(place, rule.terminator);
    case 'split':
      return split(place) ?? truncate(place, rule.terminator);
    default:
      return assertNever(rule.policy);
  }
}

type Place = Parameters<typeof cutOversize>[0];

function truncate({ batch, index, span, limitBytes }: Place, terminator: Buffer): RecordBatch {
  const start = batch.starts[index] ?? 0;
  const end = batch.ends[index] ?? 0;
  const source = batch.sourceBytes[index] ?? 0;
  const fits = terminator.length < limitBytes;
  const cut = cutAtCharacter(batch.buffer, start, start + limitBytes - (fits ? terminator.length : 0));
  const kept = Buffer.concat([batch.buffer.subarray(start, cut), fits ? terminator : Buffer.alloc(0)]);
  const droppedSource = Math.min(end - cut, source - 1);
  span.resolve('oversize', droppedSource, 1);
  const result = new RecordBatch();
  result.reset(kept);
  result.push(0, kept.length, 0, source - droppedSource);
  return result;
}

/** `undefined` when there are fewer source bytes than pieces. */
function split({ batch, index, limitBytes }: Place): RecordBatch | undefined {
  const end = batch.ends[index] ?? 0;
  const cuts: number[] = [];
  for (let start = batch.starts[index] ?? 0; start < end; ) {
    start = end - start <= limitBytes ? end : cutAtCharacter(batch.buffer, start, start + limitBytes);
    cuts.push(start);
  }
  let source = batch.sourceBytes[index] ?? 0;
  if (source < cuts.length) return undefined;
  const result = new RecordBatch();
  result.reset(batch.buffer);
  let start = batch.starts[index] ?? 0;
  for (const [place, cut] of cuts.entries()) {
    const piecesLeft = cuts.length - place - 1;
    const share = piecesLeft === 0 ? source : Math.min(cut - start, source - piecesLeft);
    result.push(start, cut, 0, share);
    source -= share;
    start = cut;
  }
  return result;
}
