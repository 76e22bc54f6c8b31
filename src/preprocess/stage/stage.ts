/** The steps of a chain, as chain.ts runs them: one record in, one record out, or a reason why there is none. */
import type { RecordBatch } from '../../core/record-batch.ts';
import type { BatchSource } from '../../core/pipeline.ts';
import type { ByteWriter } from './byte-writer.ts';

/** What became of a record in one step. */
export const verdict = {
  /** The record was appended to the output. */
  written: 0,
  /** The record goes on as it is. */
  unchanged: 1,
  /** Left out on purpose. */
  filtered: 2,
  /** Not of the format: `onUnparsable` decides. */
  unparsable: 3,
  /** The Java agent's answer to an exception: the record as it came, past all other steps. */
  raw: 4,
  /** No record but a part of the file's form (a header line). */
  skipped: 5,
} as const;
export type Verdict = (typeof verdict)[keyof typeof verdict];

/** What a step may know about the record in hand; one object for all records. */
export interface RecordContext {
  path: string;
  wallMs: number;
  /** Offset of the record's first byte in the file. */
  offset: number;
  /** Index in the batch that the chain was given. */
  index: number;
  /** Set with `unparsable`: why, and after how many bytes of the step's input; -1 where that is not known. */
  failure: string;
  failedAtBytes: number;
}

export interface Stage {
  /** The option's name, for messages. */
  readonly name: string;
  /** Whether the step runs regular expressions that a user wrote. */
  readonly usesPatterns: boolean;
  /** One of these expressions, for messages. */
  readonly patternText?: string | undefined;
  /** Whether the step reads the first line of each file, also when a batch begins within the file. */
  readonly needsFirstLine?: boolean;
  /** Called before the records of a batch, if the step is the first of its chain. */
  prepare?(input: RecordBatch, source: BatchSource): void;
  /**
   * Converts the record input[start, end), newline included, and appends the result to `out` (of which it may have
   * written a part where it returns anything but `written`).
   */
  convert(record: RecordBytes, context: RecordContext, out: ByteWriter): Verdict;
  /** After how many bytes a `line` that the step could not read stops fitting; for messages, slow. */
  stoppedAt?(line: string): number;
  /** Set where text must not leave the machine as it is (REDACT): redacts a record that another step could not read. */
  readonly redactText?: (text: string) => string;
}

/** A record within a buffer: buffer[start, end). Reused, never kept. */
export interface RecordBytes {
  buffer: Buffer;
  start: number;
  end: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** End of the record without one `\n`. */
export function textEnd(record: RecordBytes): number {
  return record.end > record.start && record.buffer[record.end - 1] === LINE_FEED ? record.end - 1 : record.end;
}

/** End of the record without its newline, `\n` or `\r\n`. */
export function lineEnd(record: RecordBytes): number {
  const end = textEnd(record);
  return end < record.end && end > record.start && record.buffer[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
}
