/**
 * One read of one generation: verify, read, split, hand on.
 *
 * Guarantees: bytes are handed to the pipeline only after the bytes before them were found unchanged, and the head, too,
 * as long as it reaches beyond those. The position moves by exactly what was handed on or counted as skipped. A failed
 * read moves nothing. The file itself is the only buffer: bytes that form no complete record yet stay there and are read
 * again. A record that time completes is cut off only once the cut is stored (cuts.ts).
 */
import type { Head } from '../../core/checkpoint-row.ts';
import { limits } from '../../core/limits.ts';
import type { BatchSource } from '../../core/pipeline.ts';
import type { Clock } from '../../core/ports.ts';
import { RecordBatch } from '../../core/record-batch.ts';
import { isHole, isLongerThan, isSameContent } from '../content/content-proof.ts';
import type { ContentFiles } from '../content/content.ts';
import { isCompressed } from '../content/file-identity.ts';
import type { Generation } from '../generation/generation.ts';
import { reopen } from '../generation/reopen.ts';
import type { SplitResult } from '../lines/line-splitter.ts';
import { lineBytesIn, splitText, type TextSettings, textOfHead } from '../lines/text-splitter.ts';
import { readByteOrder } from './byte-order.ts';
import { findFirstLine } from './first-line.ts';
import type { ReadBuffers } from './read-buffers.ts';
import type { SeenStat } from './read-queue.ts';
import type { SetBacks } from './set-backs.ts';

const NEWLINE = 0x0a;
/** So many line ends of a read are noted one after the other: more would leave less room for earlier reads (past-ends.ts). */
const LINE_ENDS = 3;

export type ReadOutcome =
  /** Bytes were handed on; `more` may follow at once. */
  | { readonly kind: 'read'; readonly bytes: number; readonly more: boolean }
  /** Nothing complete to read now. */
  | { readonly kind: 'idle' }
  /** The file at hand is not this generation (any more). */
  | { readonly kind: 'replaced' }
  /** The file was taken for a plain one while it was empty, and is compressed: gzip(1) makes its file first and writes to it later. */
  | { readonly kind: 'compressed' };

export interface ReadStepSettings extends TextSettings {
  readonly content: ContentFiles;
  readonly clock: Clock;
  readonly buffers: ReadBuffers;
  readonly setBacks: Pick<SetBacks, 'notice'>;
  /** Whether `sink` wants the file's first line (a CSV header) with every batch. */
  readonly needsFirstLine: boolean;
  /** Hears how many bytes leave the file, as how many records, before any of them is settled. */
  readonly onRead: (bytes: number, records: number) => void;
  /** Hears of lines that were too long, and how much of them is left out as far as they were read. */
  readonly onOversize: (path: string, oversize: { readonly lines: number; readonly bytes: number }) => void;
  readonly sink: (batch: RecordBatch, source: BatchSource) => void;
}

export interface ReadOrder {
  /** At most this many bytes may be handed on. */
  readonly grantBytes: number;
  /** How to complete a last record that no byte completes, if the file is quiet. */
  readonly cut: CutOrder;
  /** What was seen of the generation's file, if anything: the file need not be asked again at once. */
  readonly seen?: SeenStat | undefined;
}

export type CutOrder =
  | 'none'
  /** After the last whole line: nothing was added to an open multi-line record for its time-out. */
  | 'group'
  /** At the end of the file: nothing will follow, so an unterminated last line is sent as it is. */
  | 'end';

/** How old `seen` may be: bytes written since are read the next time, later than they could be. */
const SEEN_MS_MAX = 10;

export class ReadStep {
  readonly #settings: ReadStepSettings;
  /** Reused for every read: valid only during the synchronous hand-over. */
  readonly #batch = new RecordBatch();

  constructor(settings: ReadStepSettings) {
    this.#settings = settings;
  }

  /** Reads once. Rejects with a `FileFault`; nothing has moved then. */
  async read(generation: Generation, order: ReadOrder): Promise<ReadOutcome> {
    if (generation.handle === undefined) {
      const opened = await reopen(generation, this.#settings.content);
      if (opened === 'other-file') return { kind: 'replaced' };
    }
    const { handle } = generation;
    if (handle === undefined) return { kind: 'idle' };
    const { clock } = this.#settings;
    const { stat, askedMs } = this.#recent(generation, order) ?? { askedMs: clock.monotonicMs(), stat: await handle.stat() };
    // A file that has just grown has not ended: its last line may still be being written.
    const quiet = !generation.see(stat, { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() }, askedMs);
    if (stat.sizeBytes < seenTo(generation)) return { kind: 'replaced' };
    const unread = stat.sizeBytes - generation.position;
    if (unread === 0 && stat.modifiedMs === generation.provedMs) {
      generation.partial = false;
      generation.endReached = true;
      return { kind: 'idle' };
    }
    const head = await generation.grownHead(this.#settings.clock.monotonicMs());
    if (head === undefined) return { kind: 'replaced' };
    const isHeaded = !this.#settings.needsFirstLine || (await findFirstLine(generation, (beginning) => textOfHead(beginning, this.#settings)));
    await readByteOrder(generation, this.#settings.encoding);
    const buffer = this.#settings.buffers.take();
    try {
      return await this.#readInto(buffer, generation, { ...order, head, isHeaded, cut: quiet ? order.cut : 'none' });
    } finally {
      this.#settings.buffers.give(buffer);
    }
  }

  /** `seen`, if it is recent: newer bytes are read the next time. Not for a cut, though: bytes that came in time forbid it. */
  #recent({ storage }: Generation, { seen, cut }: ReadOrder): SeenStat | undefined {
    const isRecent = seen !== undefined && this.#settings.clock.monotonicMs() - seen.askedMs < SEEN_MS_MAX;
    return isRecent && cut === 'none' && storage === 'plain' ? seen : undefined;
  }

  /** `head`: what the file began with just now. `isHeaded`: its first line was there, or is not needed. */
  async #readInto(buffer: Buffer, generation: Generation, order: ReadOrder & { readonly head: Head; readonly isHeaded: boolean }): Promise<ReadOutcome> {
    const { handle, marker, near, position, sizeBytes, modifiedMs, storage } = generation;
    const { head, isHeaded } = order;
    if (handle === undefined) return { kind: 'idle' };
    // To read a compressed file from an earlier position would decompress it again.
    if (storage !== 'plain') near.forget();
    const from = Math.min(position, storage === 'plain' ? limits.nearBytesMax : limits.endMarkerBytes);
    const cut = generation.cuts.after(position) ?? Infinity;
    const wanted = Math.min(order.grantBytes, Math.min(cut, sizeBytes) - position, buffer.length - from - 1);
    let to = 0;
    let calls = 0;
    while (to < from + wanted) {
      calls += 1;
      const count = await handle.read(buffer, { bufferOffset: to, length: from + wanted - to, position: position - from + to });
      if (count === 0) break;
      to += count;
    }
    // The file ended early, and its size says so, too: it was cut since. (A size can be told before the bytes are there.)
    if (storage === 'plain' && to < from + wanted && (await handle.stat()).sizeBytes < position + wanted) return { kind: 'replaced' };
    if (to < from || buffer.compare(marker, 0, marker.length, from - marker.length, from) !== 0 || !near.fit(buffer, from)) return { kind: 'replaced' };
    // Other files may have the same marker, and between two calls the file can be cut and refilled. If the head and the marker stand now,
    // they stood when the bytes were read.
    if (storage === 'plain' && (calls > 1 || position < head.lengthBytes) && !(await isSameContent(handle, { head, marker, position }))) return { kind: 'replaced' };
    if (to === from) {
      generation.prove(modifiedMs, head);
      generation.endReached = true;
      return { kind: 'idle' };
    }
    if (position === 0 && storage === 'plain' && isCompressed(buffer.subarray(0, to))) return { kind: 'compressed' };
    if (buffer[from] === 0 && isHole({ head, marker, position })) {
      // Cut, and refilled behind a longer hole: only bytes that were seen behind the old hole tell the two apart.
      if (generation.partialEnd > position || !(await generation.seenEnds.fit(handle, sizeBytes))) return { kind: 'replaced' };
      generation.cuts.forget();
    }
    const readTo = position + to - from;
    // Cut and refilled since it was seen: what was there may be in a copy.
    if (storage === 'plain' && !holdsEndsOf(generation, { buffer, from, position, readTo })) return { kind: 'replaced' };
    generation.prove(modifiedMs, head);
    // The size of a compressed file is how far it was decoded.
    const atEnd = readTo >= sizeBytes && (storage === 'plain' || !(await isLongerThan(handle, readTo)));
    const result = splitText(
      {
        buffer,
        from,
        to,
        previousByte: position === 0 ? undefined : buffer[from - 1],
        atCut: generation.cuts.has(position),
        final: generation.cuts.has(readTo),
        recordsMax: limits.batchRecordsMax,
      },
      { order: generation.byteOrder, position },
      // A line longer than a grant could never be read in one piece.
      { settings: { ...this.#settings, lineBytesMax: lineBytesIn(order.grantBytes, this.#settings) }, batch: this.#batch },
    );
    generation.partial = atEnd && result.consumedBytes < to - from;
    generation.partialEnd = readTo;
    if (generation.partial && storage === 'plain') generation.seeEnd(readTo, markerOf(buffer, to, result));
    if (generation.partial) planCut(generation, order.cut, { result, position, readTo });
    // A first line that is needed and not there yet is waited for, unless the file has ended within it.
    if (result.consumedBytes === 0 || !(isHeaded || generation.cuts.has(readTo))) {
      generation.endReached = atEnd;
      return { kind: 'idle' };
    }
    const end = from + result.consumedBytes;
    const { clock, setBacks } = this.#settings;
    const reached = { telling: result.consumedBytes > result.skippedBytes, wallMs: clock.wallMs() };
    setBacks.notice({ nowMs: clock.monotonicMs(), wallMs: reached.wallMs });
    generation.passTo(position + result.consumedBytes, markerOf(buffer, end, result), reached);
    if (storage === 'plain') {
      noteLineEnds(generation, { buffer, from, position, result }, reached.wallMs);
      noteSeenEnds(generation, { buffer, from, position, result });
    }
    if (storage === 'plain') near.take(buffer, asReadFrom(result), end);
    this.#handOn(generation, result, order.seen?.hintedMs);
    return { kind: 'read', bytes: result.consumedBytes, more: !atEnd || end < to || storage !== 'plain' };
  }

  #handOn(generation: Generation, result: SplitResult, hintedMs: number | undefined): void {
    const span = generation.tracker.open(result.consumedBytes, generation.marker);
    generation.dirty = true;
    generation.readBytes += result.consumedBytes;
    this.#settings.onRead(result.consumedBytes, this.#batch.count);
    if (result.skippedBytes > 0) span.resolve('skipped', result.skippedBytes, result.skippedLines);
    if (result.oversizeBytes > 0) span.resolve('oversize', result.oversizeBytes, result.oversizeLines);
    const { originalPath: path, firstLine } = generation;
    const { clock, sink, onOversize } = this.#settings;
    if (result.oversizeLines > 0) onOversize(path, { lines: result.oversizeLines, bytes: result.oversizeBytes });
    if (this.#batch.count === 0) return;
    const waitedMs = hintedMs === undefined ? undefined : clock.monotonicMs() - hintedMs;
    sink(this.#batch, { path, span, wallMs: clock.wallMs(), waitedMs, firstLine });
  }
}

/**
 * How far this very file is known to have reached: a shorter one was cut, even if it is longer than what was read of it. (`seenEnds`
 * does not tell: where the generation goes on in a copy, the ends can lie beyond the end of that.)
 */
function seenTo({ position, lookedEnd, partial, partialEnd, storage }: Generation): number {
  return Math.max(position, lookedEnd?.offset ?? 0, partial && storage === 'plain' ? partialEnd : 0);
}

/**
 * Whether the ends that were seen before, when the file was compared and when it was read, still stand in the buffer, as far as the file
 * was read now. Logs are appended to, so another line in the place of one that had to wait is another file's.
 */
function holdsEndsOf({ lookedEnd, seenEnds }: Generation, read: { buffer: Buffer; from: number; position: number; readTo: number }): boolean {
  const { buffer, from, position, readTo } = read;
  const endsAt = (offset: number) => from + offset - position;
  const markerAt = (offset: number) => buffer.subarray(Math.max(0, endsAt(offset) - limits.endMarkerBytes), endsAt(offset));
  if (!seenEnds.stand({ from: position, to: readTo }, markerAt)) return false;
  if (lookedEnd === undefined || lookedEnd.offset <= position || lookedEnd.offset > readTo) return true;
  const { offset, marker } = lookedEnd;
  const end = from + offset - position;
  return end < marker.length || buffer.compare(marker, 0, marker.length, end - marker.length, end) === 0;
}

/** Decides on a cut; it is carried out once it is stored. */
function planCut({ cuts, tracker }: Generation, order: CutOrder, read: { result: SplitResult; position: number; readTo: number }): void {
  const { result, position, readTo } = read;
  if (order === 'none' || cuts.isFull(tracker.watermark)) return;
  if (order === 'end') cuts.plan(readTo);
  else if (result.openBytes > 0) cuts.plan(position + result.consumedBytes + result.openBytes);
}

/** What was handed on: it stands at `from` in the buffer, and at `position` in the file. */
interface Passed {
  readonly buffer: Buffer;
  readonly from: number;
  readonly position: number;
  readonly result: SplitResult;
}

/**
 * Notes where lines of this read ended. While a log is copied or compressed, lines are written to it and read together with lines that
 * the copy has. Notes the last ends, and where no earlier read is known, also ends before them, each at twice the distance: whatever
 * part of the read a copy has, it holds an end that proves it.
 */
function noteLineEnds({ readEnds, byteOrder }: Generation, { buffer, from, position, result }: Passed, wallMs: number): void {
  // Every file has the header lines.
  const first = from + result.skippedBytes;
  // In little-endian UTF-16 the newline's unit has one more byte after 0x0a.
  const restBytes = byteOrder === 'little' ? 1 : 0;
  const last = from + result.consumedBytes;
  // No earlier read is known: the ends are that of this read and, at most, that of a header, which all files of the log have.
  const linesMax = readEnds.count <= 2 ? Infinity : LINE_ENDS;
  let end = last;
  for (let lines = 1; lines <= linesMax; lines += 1) {
    const before = lines <= LINE_ENDS ? end - 1 - restBytes : end - (last - end);
    const newline = buffer.subarray(first, Math.max(first, before)).lastIndexOf(NEWLINE);
    if (newline === -1) return;
    end = first + newline + 1 + restBytes;
    readEnds.note(position + end - from, markerOf(buffer, end, result), wallMs);
  }
}

/** Notes where the file was seen to end in the middle of this read: copies of it may end there. */
function noteSeenEnds(generation: Generation, { buffer, from, position, result }: Passed): void {
  const { seenEnds } = generation;
  const end = position + result.consumedBytes;
  const markerAt = (offset: number) => markerOf(buffer, from + offset - position, result);
  for (const offset of seenEnds.takeAwaited(end)) {
    if (offset > position && offset < end) generation.seeEnd(offset, markerAt(offset));
  }
}

/** From here on, all bytes in the buffer are the file's: it is behind the last end of a cut line that was written there. */
function asReadFrom({ overwritten = [] }: SplitResult): number {
  return (overwritten.at(-1)?.offset ?? -1) + 1;
}

/**
 * The end marker at `end`, as the file has it: in the buffer, ends of cut lines may have taken the place of bytes. Valid as
 * long as the buffer is not read into again.
 */
function markerOf(buffer: Buffer, end: number, result: SplitResult): Buffer {
  const start = Math.max(0, end - limits.endMarkerBytes);
  const view = buffer.subarray(start, end);
  if (asReadFrom(result) <= start) return view;
  const { overwritten = [] } = result;
  const marker = Buffer.from(view);
  for (let index = overwritten.findLastIndex(({ offset }) => offset < end); index >= 0; index -= 1) {
    const place = overwritten[index];
    if (place === undefined || place.offset < start) break;
    marker[place.offset - start] = place.byte;
  }
  return marker;
}
