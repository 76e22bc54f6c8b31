/**
 * Records of a UTF-16 file: framed like those of any other file (line-splitter.ts), in its UTF-8 form.
 *
 * Invariant: the records are UTF-8. Every count and position of the result and of the batch's sources is in the file's
 * own bytes, and they cover exactly the first `consumedBytes` of them.
 */
import type { RecordBatch } from '../../core/record-batch.ts';
import { splitLines, type SplitInput, type SplitResult, type SplitSettings } from './line-splitter.ts';
import { type ByteOrder, decodeUtf16, unitAt, utf16BytesOf, utf8BytesMax } from './utf16.ts';

const NEWLINE = 0x0a;
const OTHER = 0x20;

export interface Utf16Place {
  readonly order: ByteOrder;
  /** Offset of the input's first byte in the file. */
  readonly position: number;
}

/** As `splitLines`, but leaves the input's buffer as it is. The batch has a buffer of its own. */
export function splitUtf16(
  input: SplitInput,
  { order, position }: Utf16Place,
  { settings, batch }: { readonly settings: SplitSettings; readonly batch: RecordBatch },
): SplitResult {
  const { buffer, from, to, final } = input;
  // An odd position stands within a unit whose first half is done with: reading goes on at the next unit.
  const halfBytes = position % 2;
  const start = Math.min(from + halfBytes, to);
  const utf8 = Buffer.allocUnsafeSlow(utf8BytesMax(to - start) + 1);
  const length = decodeUtf16(buffer, { from: start, to, order, final }, utf8);
  const previousByte = input.previousByte === undefined ? undefined : asByte(unitAt(buffer, start - 2, order));
  const result = splitLines({ ...input, buffer: utf8, from: 0, to: length, previousByte }, settings, batch);
  // Positions are counted in the text as it was read: bytes that ends of cut lines replaced are put back meanwhile.
  const ends = exchange(utf8, result.overwritten ?? []);
  const openUnitsBytes = utf16BytesOf(utf8, result.consumedBytes, result.consumedBytes + result.openBytes);
  if (result.consumedBytes === 0) return { ...result, openBytes: openUnitsBytes === 0 ? 0 : halfBytes + openUnitsBytes };

  let utf8Offset = 0;
  let sourceOffset = halfBytes;
  const sourceAt = (offset: number) => {
    // Half a unit at the very end became a character, which counts as a whole unit.
    sourceOffset = Math.min(to - from, sourceOffset + utf16BytesOf(utf8, utf8Offset, offset));
    utf8Offset = offset;
    return sourceOffset;
  };
  const skippedBytes = sourceAt(result.skippedBytes);
  let keptBytes = 0;
  for (let index = 0; index < batch.count; index += 1) {
    const utf8Start = batch.sourceStarts[index] ?? 0;
    const sourceStart = sourceAt(utf8Start);
    const sourceBytes = sourceAt(utf8Start + (batch.sourceBytes[index] ?? 0)) - sourceStart;
    batch.sourceStarts[index] = sourceStart;
    batch.sourceBytes[index] = sourceBytes;
    keptBytes += sourceBytes;
  }
  const consumedBytes = sourceAt(result.consumedBytes);
  exchange(utf8, ends);
  const { skippedLines, oversizeLines } = result;
  return { consumedBytes, skippedBytes, skippedLines, oversizeBytes: consumedBytes - skippedBytes - keptBytes, oversizeLines, openBytes: openUnitsBytes };
}

/** Writes `bytes` at their offsets; returns the bytes that stood there. */
function exchange(utf8: Buffer, bytes: readonly { readonly offset: number; readonly byte: number }[]): readonly { readonly offset: number; readonly byte: number }[] {
  return bytes.map(({ offset, byte }) => {
    const before = { offset, byte: utf8[offset] ?? 0 };
    utf8[offset] = byte;
    return before;
  });
}

/** What the splitter asks of the byte before: is it a newline, a NUL or another? */
function asByte(unit: number): number {
  return unit === NEWLINE || unit === 0 ? unit : OTHER;
}
