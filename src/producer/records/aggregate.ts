/**
 * User records of one lane, framed in the memory that they are sent from: one slab. An aggregate leaves as a whole (one
 * Kinesis record), or its user records leave one by one.
 *
 * Invariants: the shares cover every user record exactly once, and its source bytes are resolved exactly once; data and
 * partition key of the whole never exceed `recordBytesMax` unless a single user record does; nothing in the slab moves
 * once part of it was handed out.
 */
import { assert } from '../../core/assert.ts';
import type { Outcome, Span } from '../../core/offset-tracker.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import {
  digestBytes,
  envelopeBytes,
  magicBytes,
  tableEntryBytes,
  userRecordBytes,
  writeMagic,
  writeUserRecordHead,
} from './aggregated-record.ts';
import { KeyTable, type PartitionKey } from './key-table.ts';
import type { Md5Message } from './md5-lanes.ts';
import type { SlabPool } from './slab-pool.ts';

/** How user records are packed. `kpl`: in the KPL's format; `lines`: each ended by a newline; `plain`: as they are. */
export type Framing = 'kpl' | 'lines' | 'plain';

/** User records [from, to) of an aggregate. */
export interface Part {
  readonly aggregate: Aggregate;
  readonly from: number;
  readonly to: number;
}

/** The part of a span that an aggregate holds: consecutive user records. */
interface Share {
  readonly span: Span;
  records: number;
}

/** Numbers kept per user record: start and end of its data, counted from `#base`, and its source bytes. */
const STRIDE = 3;
const NEWLINE = 0x0a;
/** Room before the user records for the magic and the key table, where keys are not known beforehand. */
const KEYED_HEADROOM_BYTES = 128;

export interface AggregateOptions {
  readonly framing: Framing;
  readonly recordBytesMax: number;
  /** When its first user record came, on the monotonic clock. */
  readonly openedMs: number;
  /** When it is due to leave. */
  readonly deadlineMs: number;
  /** The key of the first user record. */
  readonly key: PartitionKey;
  /** Bytes of user records that are expected: they decide the first slab's size. */
  readonly expectedBytes: number;
}

export class Aggregate {
  readonly #pool: SlabPool;
  readonly #framing: Framing;
  readonly #recordBytesMax: number;
  readonly openedMs: number;
  readonly deadlineMs: number;
  /** User records before this one were taken one by one. */
  cursor = 0;
  /** The user records leave one by one, whatever the lane does: the whole was refused for good. */
  oneByOne = false;
  #slab: Buffer;
  /** Where the user records begin in the slab, and end. */
  #base: number;
  #end: number;
  /** Where the whole begins, once its key table is written. */
  #wholeStart = -1;
  /** The whole has its digest. */
  #digested = false;
  #count = 0;
  #unsettled = 0;
  #numbersSlab: Buffer;
  #numbers: Uint32Array;
  readonly #shares: Share[] = [];
  #firstKey: PartitionKey;
  readonly #keys = new KeyTable();

  constructor(pool: SlabPool, options: AggregateOptions) {
    this.#pool = pool;
    this.#framing = options.framing;
    this.#recordBytesMax = options.recordBytesMax;
    this.deadlineMs = options.deadlineMs;
    this.openedMs = options.openedMs;
    this.#firstKey = options.key;
    const headBytes = magicBytes + tableEntryBytes(options.key.textBytes);
    const headroomBytes = options.key.hashKey === undefined ? headBytes : Math.max(headBytes, KEYED_HEADROOM_BYTES);
    this.#base = options.framing === 'kpl' ? headroomBytes : 0;
    this.#end = this.#base;
    this.#slab = pool.take(this.#base + options.expectedBytes);
    this.#numbersSlab = pool.take(0);
    this.#numbers = numbersOf(this.#numbersSlab);
  }

  /** User records. */
  get count(): number {
    return this.#count;
  }

  /** The partition key of the whole. */
  get firstKey(): PartitionKey {
    return this.#firstKey;
  }

  get keys(): readonly PartitionKey[] {
    return this.#keys.keys;
  }

  /** Data bytes of the Kinesis record that the whole makes. */
  get wholeBytes(): number {
    if (this.#count === 1) return this.dataBytes(0);
    const recordsBytes = this.#end - this.#base;
    return this.#framing === 'kpl' ? envelopeBytes + this.#keys.bytes + recordsBytes : recordsBytes;
  }

  /** Data bytes of user record `index`. */
  dataBytes(index: number): number {
    return this.#number(index, 1) - this.#number(index, 0);
  }

  /** Data bytes of user records [from, to). */
  dataBytesOf(from: number, to: number): number {
    let bytes = 0;
    for (let index = from; index < to; index += 1) bytes += this.dataBytes(index);
    return bytes;
  }

  keyOf(index: number): PartitionKey {
    return this.#keys.keyOf(index);
  }

  /**
   * Copies records [from, to) of `batch`, all with partition key `key`, as far as they fit. Returns the index of the first
   * record that was not taken. The first user record of an aggregate is taken whatever its size. Lines are taken only under
   * the key of the first one, since their consumer sees no other key.
   */
  append(batch: RecordBatch, from: number, to: number, key: PartitionKey, span: Span): number {
    const framed = this.#framing === 'kpl';
    const addsNewlines = this.#framing === 'lines';
    const knownIndex = this.#keys.indexOf(key);
    if (addsNewlines && knownIndex < 0 && this.#count > 0) return from;
    const keyIndex = knownIndex < 0 ? this.#keys.keys.length : knownIndex;
    const tableBytes = this.#keys.bytes + (knownIndex < 0 ? tableEntryBytes(key.textBytes) : 0);
    const outerKeyBytes = this.#firstKey.textBytes;
    const endMax = this.#base + this.#recordBytesMax - outerKeyBytes - (framed ? envelopeBytes + tableBytes : 0);
    const { buffer, starts, ends, sourceBytes } = batch;
    const base = this.#base;
    let slab = this.#slab;
    let numbers = this.#numbers;
    let position = this.#end;
    let count = this.#count;
    // Records that lie side by side are copied in one go: buffer[runStart, runEnd) is still to be copied to before `position`.
    let runStart = -1;
    let runEnd = -1;
    let index = from;
    for (; index < to; index += 1) {
      const start = starts[index] as number;
      const end = ends[index] as number;
      const dataBytes = end - start;
      const newline = addsNewlines && (dataBytes === 0 || buffer[end - 1] !== NEWLINE);
      const frameBytes = framed ? userRecordBytes(dataBytes, keyIndex, -1) : newline ? dataBytes + 1 : dataBytes;
      if (position + frameBytes > endMax && count > 0) break;
      const full = position + frameBytes + digestBytes > slab.length;
      if (full || start !== runEnd) {
        copyRun(buffer, runStart, runEnd, slab, position);
        runStart = start;
      }
      if (full) {
        this.#end = position;
        slab = this.#grow(position + frameBytes + digestBytes);
      }
      let dataStart = position;
      if (framed) {
        dataStart = writeUserRecordHead(slab, position, dataBytes, keyIndex, -1);
        buffer.copy(slab, dataStart, start, end);
      } else runEnd = end;
      position += frameBytes;
      if (newline) {
        slab[position - 1] = NEWLINE;
        copyRun(buffer, runStart, runEnd, slab, position - 1);
        runEnd = -1;
      }
      if ((count + 1) * STRIDE > numbers.length) numbers = this.#growNumbers();
      numbers[count * STRIDE] = dataStart - base;
      numbers[count * STRIDE + 1] = position - base;
      numbers[count * STRIDE + 2] = sourceBytes[index] as number;
      count += 1;
    }
    copyRun(buffer, runStart, runEnd, slab, position);
    if (index === from) return from;
    if (knownIndex < 0) this.#keys.add(key);
    this.#keys.assign(this.#count, count, keyIndex);
    this.#end = position;
    this.#count = count;
    this.#unsettled += index - from;
    this.#addShare(span, index - from);
    return index;
  }

  /**
   * The whole as one Kinesis record's data: framed if it holds several user records, else the bare user record. The data is
   * complete once the message that `takeUndigested` gives has its digest.
   */
  whole(): { readonly data: Buffer; readonly start: number; readonly end: number } {
    if (this.#count === 1) return this.single(0);
    if (this.#framing !== 'kpl') return { data: this.#slab, start: this.#base, end: this.#end };
    if (this.#wholeStart < 0) this.#writeHead();
    return { data: this.#slab, start: this.#wholeStart, end: this.#end + digestBytes };
  }

  /** The part of the whole that needs its MD5 digest behind it before the whole is sent. `undefined`: none, or it was taken already. */
  takeUndigested(): Md5Message | undefined {
    if (this.#framing !== 'kpl' || this.#count === 1 || this.#digested) return undefined;
    const { data, start, end } = this.whole();
    this.#digested = true;
    return { data, start: start + magicBytes, end: end - digestBytes };
  }

  /** The data of user record `index`. */
  single(index: number): { readonly data: Buffer; readonly start: number; readonly end: number } {
    return {
      data: this.#slab,
      start: this.#base + this.#number(index, 0),
      end: this.#base + this.#number(index, 1),
    };
  }

  /** Replaces the only key of the aggregate by one of the same length, so that a refused record goes to another shard. */
  replaceKey(key: PartitionKey): void {
    this.#keys.replace(key);
    this.#firstKey = key;
    this.#wholeStart = -1;
    this.#digested = false;
  }

  /** Settles all user records, or only [from, to). True when none is left unsettled: the memory is back in the pool then. */
  settle(outcome: Outcome, from = 0, to: number = this.#count): boolean {
    this.#eachShare(from, to, (span, first, end) => {
      let bytes = 0;
      for (let index = first; index < end; index += 1) bytes += this.#number(index, 2);
      span.resolve(outcome, bytes, end - first);
    });
    return this.#forget(to - from);
  }

  /**
   * Hands user records [from, to) back as batches, each a run of one key and one span; they are settled elsewhere. The
   * batch is valid only during the call of `take`. True when nothing is left: the memory is back in the pool then.
   */
  disband(
    part: { readonly from: number; readonly to: number },
    batch: RecordBatch,
    take: (batch: RecordBatch, key: PartitionKey, span: Span) => void,
  ): boolean {
    this.#eachShare(part.from, part.to, (span, first, end) => {
      let start = first;
      while (start < end) {
        const key = this.keyOf(start);
        batch.reset(this.#slab);
        let index = start;
        for (; index < end && this.keyOf(index) === key; index += 1) {
          const data = this.single(index);
          batch.push(data.start, data.end, 0, this.#number(index, 2));
        }
        take(batch, key, span);
        start = index;
      }
    });
    return this.#forget(part.to - part.from);
  }

  /** Calls `visit` with the part of each share that lies in user records [from, to). */
  #eachShare(from: number, to: number, visit: (span: Span, first: number, end: number) => void): void {
    let first = 0;
    for (const share of this.#shares) {
      const end = first + share.records;
      if (end > from) visit(share.span, Math.max(first, from), Math.min(end, to));
      if (end >= to) return;
      first = end;
    }
  }

  #forget(count: number): boolean {
    assert(count <= this.#unsettled, 'no user record is settled twice');
    this.#unsettled -= count;
    if (this.#unsettled > 0) return false;
    this.#pool.give(this.#slab);
    this.#pool.give(this.#numbersSlab);
    return true;
  }

  #number(index: number, which: 0 | 1 | 2): number {
    return this.#numbers[index * STRIDE + which] as number;
  }

  #addShare(span: Span, records: number): void {
    const last = this.#shares.at(-1);
    if (last?.span === span) last.records += records;
    else this.#shares.push({ span, records });
  }

  /** Moves to a slab of at least `bytes`. The size doubles, up to that of a full aggregate, so that few moves are needed. */
  #grow(bytes: number): Buffer {
    const fullBytes = this.#base + this.#recordBytesMax;
    const slab = this.#pool.take(Math.max(bytes, Math.min(this.#slab.length * 2, fullBytes)));
    this.#slab.copy(slab, this.#base, this.#base, this.#end);
    this.#pool.give(this.#slab);
    this.#slab = slab;
    return slab;
  }

  #growNumbers(): Uint32Array {
    const slab = this.#pool.take(this.#numbersSlab.length * 2);
    this.#numbersSlab.copy(slab);
    this.#pool.give(this.#numbersSlab);
    this.#numbersSlab = slab;
    this.#numbers = numbersOf(slab);
    return this.#numbers;
  }

  /** Writes magic and key table before the user records. These move only if the table needs more room. The digest has room. */
  #writeHead(): void {
    const headBytes = magicBytes + this.#keys.bytes;
    if (headBytes > this.#base) {
      const bytes = headBytes + (this.#end - this.#base) + digestBytes;
      if (bytes > this.#slab.length) this.#grow(bytes);
      this.#slab.copyWithin(headBytes, this.#base, this.#end);
      this.#end += headBytes - this.#base;
      this.#base = headBytes;
    }
    this.#wholeStart = this.#base - headBytes;
    writeMagic(this.#slab, this.#wholeStart + magicBytes);
    this.#keys.write(this.#slab, this.#wholeStart + magicBytes);
  }
}

/** Copies source[start, end) to where it ends at `targetEnd`; nothing when `end` < 0: there is no run. */
function copyRun(source: Buffer, start: number, end: number, target: Buffer, targetEnd: number): void {
  if (end >= 0) source.copy(target, targetEnd - (end - start), start, end);
}

/** A slab is an allocation of its own, so its numbers are aligned. */
function numbersOf(slab: Buffer): Uint32Array {
  return new Uint32Array(slab.buffer, slab.byteOffset, slab.length / Uint32Array.BYTES_PER_ELEMENT);
}
