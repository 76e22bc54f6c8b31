/**
 * The seams between the stages of one flow. Every stage is one synchronous call on a batch; `agent/flow.ts` puts them
 * together. Stages never import each other: they meet here.
 */
import type { Span } from './offset-tracker.ts';
import type { RecordBatch } from './record-batch.ts';

/** What a stage may know about where a batch comes from. */
export interface BatchSource {
  /** The path under which the file was first found: rotation does not change it, so a key made of it keeps the order. */
  readonly path: string;
  readonly span: Span;
  readonly wallMs: number;
  /** How long some of the records waited in the file before they were read, where known. Aggregation makes them wait less by that. */
  readonly waitedMs?: number | undefined;
  /** The first line of the file generation, given where the preprocessor `needsFirstLine` and it is known. */
  readonly firstLine?: Buffer | undefined;
}

/**
 * Turns records into other records. Guarantees: every source byte of the input is either carried by a record of the
 * output (`sourceBytes`) or was resolved on `source.span` as dropped with a reason; nothing is thrown.
 */
export interface Preprocessor {
  /** Whether the preprocessor reads `BatchSource.firstLine` (a CSV header), also for batches that begin within the file. */
  readonly needsFirstLine?: boolean;
  /** Returns `input` itself when nothing changes, else a batch of its own that is valid until the next call. */
  process(input: RecordBatch, source: BatchSource): RecordBatch;
}

/**
 * Decides which consecutive lines form one record. The decision must depend on nothing but the bytes, so that framing is the
 * same after a crash. Only a line on which a pattern runs too long may be judged differently then.
 */
export interface LineJoiner {
  /** Announces that each whole line of buffer[start, end) will be asked for, in order, so that all can be judged at once. */
  prepare?(buffer: Buffer, start: number, end: number): void;
  /** Whether the line buffer[start, end) (newline included) begins a new record. */
  startsRecord(buffer: Buffer, start: number, end: number): boolean;
  /** Whether the record ends with this line, whatever comes next. */
  endsRecord(buffer: Buffer, start: number, end: number): boolean;
}

/**
 * Takes records for a destination. Everything is copied before `add` returns; each record's share of the span is
 * resolved later, exactly once, when the service has accepted it (or never can).
 */
export interface RecordSink {
  /** Whether enough data waits for the next request: more would only take memory. Absent: never. */
  readonly crowded?: boolean;
  add(batch: RecordBatch, source: BatchSource): void;
  /** Sends what waits, without waiting for deadlines; resolves when nothing is pending or `signal` aborts. */
  drain(signal: AbortSignal): Promise<void>;
}
