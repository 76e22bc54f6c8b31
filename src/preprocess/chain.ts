/**
 * Runs a flow's `dataProcessingOptions` over a batch.
 *
 * Invariants: every record of the input is either one record of the output, accounting for the same source bytes, or is
 * resolved on the span as `filtered`, `skipped` or `unparsable`, once, at the end of the batch. Nothing is thrown. The time of a
 * batch is bounded (bounded-loop.ts), whatever a user's pattern does: a record that holds it up is found and counts as unparsable.
 */
import { BoundedLoop, type GivenUp, patternTimeoutMsDefault } from '../core/pattern/bounded-loop.ts';
import type { BatchSource, Preprocessor } from '../core/pipeline.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import type { UnparsableSent } from '../core/status.ts';
import type { EventSink } from '../telemetry/events.ts';
import { ByteWriter } from './stage/byte-writer.ts';
import { ChainOutput } from './chain-output.ts';
import type { Compatibility, OnUnparsable, ProcessingOption } from './config.ts';
import { createStages } from './create-stages.ts';
import type { PreprocessEnvironment } from './stage/environment.ts';
import { appendJsonText, decodeText, escapedBytesMax, writeJsonString } from './json/json-text.ts';
import { type RecordBytes, type RecordContext, type Stage, textEnd, type Verdict, verdict } from './stage/stage.ts';
import { type UnparsableLine, UnparsableLog } from './unparsable-log.ts';

export interface PreprocessorOptions {
  readonly processing: readonly ProcessingOption[];
  readonly compatibility: Compatibility;
  /** Left out: `keep`, and under compatibility what the Java agent does (LOGTOJSON drops, the others keep). */
  readonly onUnparsable?: OnUnparsable | undefined;
  readonly trimNewline?: boolean | undefined;
  readonly patternTimeoutMs?: number | undefined;
  readonly environment: PreprocessEnvironment;
  /** For messages. */
  readonly flow: string;
  readonly events: EventSink;
}

/** A flow's chain with what `status` and `try` show of it. */
export interface ChainPreprocessor extends Preprocessor {
  /** Lines that did not parse, whatever was done with them. */
  readonly unparsableCount: number;
  readonly unparsableSent: UnparsableSent;
  readonly unparsableSamples: readonly string[];
}

const LINE_FEED = 0x0a;
/** Stands for a line that REDACT could not finish: the line is neither sent nor shown. */
const HIDDEN = '[not shown and not sent: REDACT did not finish it in time]';

/**
 * The chain of a flow, or `undefined` where there is nothing to do. Throws an `OptionError` (problem.ts) for settings
 * that `preprocessIssues` refuses.
 */
export function createPreprocessor(options: PreprocessorOptions): ChainPreprocessor | undefined {
  if (options.processing.length === 0 && options.trimNewline !== true) return undefined;
  return new Chain(options, createStages(options));
}

class Chain implements ChainPreprocessor {
  readonly needsFirstLine: boolean;
  readonly #stages: readonly Stage[];
  readonly #policy: OnUnparsable;
  readonly #rawPolicy: OnUnparsable;
  readonly #redacts: boolean;
  /** Where a step runs a user's patterns. */
  readonly #loop: BoundedLoop | undefined;
  readonly #log: UnparsableLog;
  readonly #output: ChainOutput;
  readonly #scratch = [new ByteWriter(), new ByteWriter()] as const;
  readonly #record: RecordBytes = { buffer: Buffer.alloc(0), start: 0, end: 0 };
  readonly #context: RecordContext = { path: '', wallMs: 0, offset: 0, index: 0, failure: '', failedAtBytes: -1 };
  /** Bytes and records left out of the batch in hand, by verdict. */
  readonly #droppedBytes = new Float64Array(Object.keys(verdict).length);
  readonly #droppedRecords = new Uint32Array(Object.keys(verdict).length);
  #unparsable = 0;
  /** Unparsable records of all batches that were sent all the same. */
  #unparsableSent = 0;
  /** Whether the first step may be asked where a line stopped fitting: not when it was too slow to tell. */
  #asksStage = true;
  #unparsableLine: UnparsableLine | undefined;
  /** Index of the step at work. */
  #working = 0;
  /** Whether the text of records must not leave the machine, as there was no time to redact it. */
  #hides = false;
  /** Index of the record at work: a record that was interrupted begins again from here. */
  #next = 0;

  constructor(options: PreprocessorOptions, stages: readonly Stage[]) {
    this.#stages = stages;
    this.needsFirstLine = stages.some((stage) => stage.needsFirstLine === true);
    const java = options.compatibility === 'amazon-kinesis-agent';
    this.#policy = options.onUnparsable ?? (java ? 'drop' : 'keep');
    this.#rawPolicy = options.onUnparsable ?? 'keep';
    this.#output = new ChainOutput(options.trimNewline ?? false);
    this.#redacts = stages.some((stage) => stage.redactText !== undefined);
    const usesPatterns = stages.some((stage) => stage.usesPatterns);
    this.#loop = usesPatterns ? new BoundedLoop(options.patternTimeoutMs ?? patternTimeoutMsDefault) : undefined;
    this.#log = new UnparsableLog({ events: options.events, flow: options.flow });
  }

  get unparsableCount(): number {
    return this.#log.count;
  }

  get unparsableSent(): UnparsableSent {
    const wraps = this.#policy === 'wrap';
    return { keptRecords: wraps ? 0 : this.#unparsableSent, wrappedRecords: wraps ? this.#unparsableSent : 0 };
  }

  get unparsableSamples(): readonly string[] {
    return this.#log.samples;
  }

  process(input: RecordBatch, source: BatchSource): RecordBatch {
    if (input.count === 0) return input;
    this.#begin(input, source);
    this.#stages[0]?.prepare?.(input, source);
    const loop = this.#loop;
    if (loop === undefined) this.#convertTo(input, source, input.count);
    else {
      loop.run(input.count, {
        next: () => this.#next,
        doTo: (end) => this.#convertTo(input, source, end),
        giveUp: (end, reason) => this.#giveUp(loop, input, source, end, reason),
      });
    }
    this.#settle(source);
    return this.#output.end();
  }

  #begin(input: RecordBatch, source: BatchSource): void {
    this.#output.begin(input);
    this.#next = 0;
    this.#droppedBytes.fill(0);
    this.#droppedRecords.fill(0);
    this.#unparsable = 0;
    this.#unparsableLine = undefined;
    this.#context.path = source.path;
    this.#context.wallMs = source.wallMs;
  }

  /** Converts the records up to `end`; `#next` keeps how far it came. */
  #convertTo(input: RecordBatch, source: BatchSource, end: number): void {
    for (let index = this.#next; index < end; index += 1) {
      this.#finish(input, index, this.#convert(input, source, index));
    }
  }

  /** Ends the records up to `end`, which take too long or for which there is no time left. */
  #giveUp(loop: BoundedLoop, input: RecordBatch, source: BatchSource, end: number, reason: GivenUp): void {
    const failure = this.#slowness(reason);
    const finishAll = () => {
      while (this.#next < end) {
        this.#begins(input, source, this.#next);
        this.#context.failure = failure;
        this.#context.failedAtBytes = -1;
        this.#finish(input, this.#next, verdict.unparsable);
      }
    };
    this.#asksStage = false;
    // Text that is kept or logged is redacted first, and it may be REDACT's own pattern that does not end.
    if (this.#redacts) loop.attempt(finishAll);
    this.#hides = this.#redacts;
    finishAll();
    this.#hides = false;
    this.#asksStage = true;
  }

  #slowness(reason: GivenUp): string {
    if (reason.kind === 'late') return 'patterns took too long on the lines before it';
    const { name, patternText } = this.#stages[this.#working] as Stage;
    const pattern = patternText === undefined ? '' : `: the pattern ${patternText}`;
    return `${name} works on it for longer than ${Math.ceil(reason.afterMs)} ms${pattern}`;
  }

  #begins(input: RecordBatch, source: BatchSource, index: number): void {
    const record = this.#record;
    record.buffer = input.buffer;
    record.start = input.starts[index] as number;
    record.end = input.ends[index] as number;
    this.#context.index = index;
    this.#context.offset = source.span.start + (input.sourceStarts[index] as number);
  }

  /** Leaves the result in `#record`; where the last step wrote it, it stands at the end of the output's writer. */
  #convert(input: RecordBatch, source: BatchSource, index: number): Verdict {
    this.#begins(input, source, index);
    const record = this.#record;
    const stages = this.#stages;
    let current = 0;
    for (let i = 0; i < stages.length; i += 1) {
      const last = i === stages.length - 1;
      const target = last ? this.#output.writer : this.#scratch[current === 0 ? 1 : 0];
      const from = last ? this.#output.restart() : 0;
      target.length = from;
      this.#working = i;
      const outcome = (stages[i] as Stage).convert(record, this.#context, target);
      if (outcome === verdict.written) {
        record.buffer = target.bytes;
        record.start = from;
        record.end = target.length;
        current = 1 - current;
      } else if (outcome !== verdict.unchanged) return outcome;
    }
    return verdict.written;
  }

  /**
   * Books what became of the record at hand. Work can be ended at any loop or call (core/pattern/time-limit.ts), so the counters change
   * at the very end, after the last call.
   */
  #finish(input: RecordBatch, index: number, outcome: Verdict): void {
    const failed = outcome === verdict.unparsable || outcome === verdict.raw;
    const policy = this.#hides ? 'drop' : outcome === verdict.raw ? this.#rawPolicy : this.#policy;
    const sent = outcome === verdict.written || (failed && policy !== 'drop');
    if (failed) {
      this.#note(input, index);
      if (policy !== 'drop') this.#unparsed(input, index, policy);
    }
    if (sent) this.#output.add(this.#record, index);
    else {
      this.#droppedBytes[outcome] = (this.#droppedBytes[outcome] as number) + (input.sourceBytes[index] as number);
      this.#droppedRecords[outcome] = (this.#droppedRecords[outcome] as number) + 1;
    }
    if (failed) this.#unparsable += 1;
    this.#next = index + 1;
  }

  /** Makes the record at hand what it was when it came, or wraps it. What REDACT hides is hidden there too. */
  #unparsed(input: RecordBatch, index: number, policy: 'keep' | 'wrap'): void {
    const record = this.#record;
    record.buffer = input.buffer;
    record.start = input.starts[index] as number;
    record.end = input.ends[index] as number;
    const out = this.#output.writer;
    const from = this.#output.restart();
    const end = textEnd(record);
    const text = this.#redacts ? decodeText(record.buffer, record.start, end) : '';
    if (policy === 'wrap') {
      out.appendText('{"message":');
      if (this.#redacts) appendJsonText(out, this.#redacted(text));
      else {
        out.reserve((end - record.start) * escapedBytesMax + 2);
        writeJsonString(out, record.buffer, record.start, end);
      }
      out.appendText(',"error":');
      appendJsonText(out, this.#context.failure);
      out.appendText('}\n');
    } else {
      const redacted = this.#redacted(text);
      if (redacted === text) return;
      out.appendText(redacted);
      out.append(record.buffer, end, record.end);
    }
    record.buffer = out.bytes;
    record.start = from;
    record.end = out.length;
  }

  #redacted(text: string): string {
    return this.#stages.reduce((redacted, stage) => stage.redactText?.(redacted) ?? redacted, text);
  }

  #note(input: RecordBatch, index: number): void {
    if (!this.#log.wantsLine(this.#context.wallMs)) return;
    const start = input.starts[index] as number;
    const end = input.ends[index] as number;
    const newline = end > start && input.buffer[end - 1] === LINE_FEED ? 1 : 0;
    const text = this.#hides ? HIDDEN : decodeText(input.buffer, start, end - newline);
    const { failedAtBytes } = this.#context;
    const line: UnparsableLine = {
      path: this.#context.path,
      offset: this.#context.offset,
      text: this.#hides ? text : this.#redacted(text),
      failure: this.#context.failure,
      stoppedAtBytes: failedAtBytes < 0 && this.#asksStage ? (this.#stages[0]?.stoppedAt?.(text) ?? -1) : failedAtBytes,
    };
    this.#unparsableLine ??= line;
    this.#log.keep(line);
  }

  #settle(source: BatchSource): void {
    for (const [reason, outcome] of [
      ['filtered', verdict.filtered],
      ['skipped', verdict.skipped],
      ['unparsable', verdict.unparsable],
      ['unparsable', verdict.raw],
    ] as const) {
      const records = this.#droppedRecords[outcome] as number;
      if (records > 0) source.span.resolve(reason, this.#droppedBytes[outcome] as number, records);
    }
    const unsent = (this.#droppedRecords[verdict.unparsable] as number) + (this.#droppedRecords[verdict.raw] as number);
    this.#unparsableSent += this.#unparsable - unsent;
    if (this.#unparsable > 0) this.#log.add(this.#unparsable, this.#unparsableLine, source.wallMs);
  }
}
