/** Bytes of a file, in whatever encoding → UTF-8 records. One way for the tail and for `kinship try`. */
import type { RecordBatch } from '../../core/record-batch.ts';
import { takeOutMark, withoutMark } from './byte-order-mark.ts';
import type { Footers } from './footer.ts';
import { splitLines, type SplitInput, type SplitResult, type SplitSettings } from './line-splitter.ts';
import { splitUtf16 } from './utf16-splitter.ts';
import { type ByteOrder, byteOrderOf, decodeUtf16, type Encoding, lineBytesWithin, utf8BytesMax } from './utf16.ts';

export interface TextSettings extends SplitSettings {
  readonly encoding: Encoding;
  /** A UTF-8 byte order mark stays in the first record, as in the Java agent. */
  readonly keepsMark: boolean;
  /** Records that are not sent. */
  readonly footers?: Footers | undefined;
}

export interface TextPlace {
  /** Undefined: the file is not UTF-16. */
  readonly order: ByteOrder | undefined;
  /** Offset of the input's first byte in the file. */
  readonly position: number;
}

/**
 * Fills `batch` with the complete records of the input: as `splitLines`, for every encoding, without the file's mark and
 * its footers, which count as skipped.
 */
export function splitText(
  input: SplitInput,
  place: TextPlace,
  { settings, batch }: { readonly settings: TextSettings; readonly batch: RecordBatch },
): SplitResult {
  const result = withoutHeadMark(input, place, { settings, batch });
  if (settings.footers === undefined || batch.count === 0) return result;
  const { records, bytes } = settings.footers.takeOut(batch);
  return { ...result, skippedBytes: result.skippedBytes + bytes, skippedLines: result.skippedLines + records };
}

function withoutHeadMark(
  input: SplitInput,
  { order, position }: TextPlace,
  { settings, batch }: { readonly settings: TextSettings; readonly batch: RecordBatch },
): SplitResult {
  const result =
    order === undefined
      ? splitLines(input, settings, batch)
      : splitUtf16(input, { order, position }, { settings, batch });
  if (position > 0 || keepsMark(settings)) return result;
  const markBytes = takeOutMark(batch);
  return markBytes === 0 ? result : { ...result, skippedBytes: result.skippedBytes + markBytes };
}

/** The longest line that a read of `readBytes` can tell from one that is too long. */
export function lineBytesIn(readBytes: number, settings: TextSettings): number {
  const shownBytes = settings.encoding === 'utf-8' ? readBytes - 1 : lineBytesWithin(readBytes);
  return Math.min(settings.lineBytesMax, shownBytes);
}

/** The beginning of a file as UTF-8, without its mark. */
export function textOfHead(head: Buffer, settings: Pick<TextSettings, 'encoding' | 'keepsMark'>): Buffer {
  if (settings.encoding === 'utf-8') return settings.keepsMark ? head : withoutMark(head);
  const utf8 = Buffer.alloc(utf8BytesMax(head.length));
  const order = byteOrderOf(settings.encoding, head);
  return withoutMark(utf8.subarray(0, decodeUtf16(head, { from: 0, to: head.length, order, final: false }, utf8)));
}

function keepsMark(settings: TextSettings): boolean {
  return settings.keepsMark && settings.encoding === 'utf-8';
}
