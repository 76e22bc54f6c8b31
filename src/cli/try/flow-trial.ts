/**
 * One flow, over given bytes instead of its files, into ports that accept everything: the same splitter, converters,
 * router and producer as in the agent, so what comes out is what the agent would send.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlowConfig } from '../../config/model.ts';
import { limits } from '../../core/limits.ts';
import { OffsetTracker, type Outcome, outcomes } from '../../core/offset-tracker.ts';
import type { Random } from '../../core/ports.ts';
import { RecordBatch } from '../../core/record-batch.ts';
import type { PreprocessEnvironment } from '../../preprocess/environment.ts';
import { flowPreprocessor } from '../../agent/flow-preprocessor.ts';
import type { ChainPreprocessor } from '../../preprocess/chain.ts';
import { decodeAggregatedRecord } from '../../producer/aggregated-record.ts';
import { Producer } from '../../producer/producer.ts';
import { partitionKeyPlan } from '../../route/partition-key.ts';
import { routedSink, type RoutedSink } from '../../route/router.ts';
import { splitLines } from '../../tail/line-splitter.ts';
import { multiLineJoiner } from '../../tail/multiline.ts';
import { acceptingPorts } from './accepting-ports.ts';
import type { StepClock } from './step-clock.ts';

/** Partition keys counted one by one; further ones are counted together. */
const KEYS_MAX = 100_000;
const NEWLINE = 0x0a;

export interface TrialCounts {
  lines: number;
  bytes: number;
  readonly outcomes: Record<Outcome, { bytes: number; records: number }>;
  readonly keys: Map<string, number>;
  keysBeyond: number;
  /** By stream: Kinesis (or Firehose) records and their bytes. */
  readonly streams: Map<string, { records: number; bytes: number }>;
}

export interface TrialParts {
  readonly flow: FlowConfig;
  readonly clock: StepClock;
  readonly random: Random;
  readonly environment: PreprocessEnvironment;
  /** Gets each record as a consumer would read it. */
  readonly print: (record: Buffer) => void;
}

export class FlowTrial {
  readonly counts: TrialCounts;
  readonly #parts: TrialParts;
  readonly #sink: RoutedSink;
  readonly #preprocessor: ChainPreprocessor | undefined;
  readonly #batch = new RecordBatch();
  readonly #settings: Parameters<typeof splitLines>[1];

  constructor(parts: TrialParts) {
    this.#parts = parts;
    const { flow, environment } = parts;
    const counted = outcomes.map((outcome) => [outcome, { bytes: 0, records: 0 }] as const);
    this.counts = {
      lines: 0,
      bytes: 0,
      outcomes: Object.fromEntries(counted) as TrialCounts['outcomes'],
      keys: new Map(),
      keysBeyond: 0,
      streams: new Map(),
    };
    this.#preprocessor = flowPreprocessor(flow, { environment, events: { emit: () => undefined } });
    this.#sink = this.#openSink();
    this.#settings = {
      lineBytesMax: flow.tail.lineBytesMax,
      oversize: flow.tail.oversizeRecords,
      joiner: multiLineJoiner(flow.tail),
      joinLinesMax: flow.tail.multiLineLinesMax,
      skipHeaderLines: flow.tail.skipHeaderLines,
    };
  }

  get unparsableSamples(): readonly string[] {
    return this.#preprocessor?.unparsableSamples ?? [];
  }

  /** Runs all of one file (or of standard input) through the flow. `afterEach` is awaited between its pieces. */
  async run(path: string, chunks: AsyncIterable<Uint8Array>, afterEach: () => Promise<void>): Promise<void> {
    const input = new Input(path, this.#settings.lineBytesMax, (resolution) => {
      const count = this.counts.outcomes[resolution.outcome];
      count.bytes += resolution.bytes;
      count.records += resolution.records;
    });
    let lastByte = NEWLINE;
    for await (const chunk of chunks) {
      this.counts.lines += newlinesIn(chunk);
      lastByte = chunk.at(-1) ?? lastByte;
      for (let at = 0; at < chunk.length;) {
        at += input.fill(chunk.subarray(at));
        await this.#take(input, false);
        await afterEach();
      }
    }
    if (lastByte !== NEWLINE) this.counts.lines += 1;
    await this.#take(input, true);
    await afterEach();
  }

  #openSink(): RoutedSink {
    const { flow, clock, random } = this.#parts;
    const recordBytesMax = Math.max(flow.producer.aggregation.recordBytesMax, flow.tail.lineBytesMax);
    const ports = acceptingPorts(recordBytesMax, (stream, record) => {
      this.#sent(stream, Buffer.from(record.data.subarray(record.start, record.end)), record.partitionKey);
    });
    const metrics = { count: () => undefined, observe: () => undefined };
    const producer = new Producer({
      clock,
      random,
      events: { emit: () => undefined },
      metrics,
      bufferBytesMax: 32 * limits.readBytesMax,
    });
    return routedSink({
      flow: flow.id,
      settings: flow.route,
      target: flow.destination,
      events: { emit: () => undefined },
      open: ({ kind, stream, partitionKey }) => {
        const { maxConnections, requestBytesMax, requestRecordsMax } =
          kind === 'firehose' ? flow.aws.firehose : flow.aws.kinesis;
        return producer.open({
          flow: flow.id,
          target: kind === 'firehose' ? { kind, port: ports.firehose, stream } : { kind, port: ports.kinesis, stream },
          maxConnections,
          requestBytesMax,
          requestRecordsMax,
          settings: flow.producer,
          oversizeRecords: flow.tail.oversizeRecords,
          plan: partitionKeyPlan(partitionKey),
        });
      },
    });
  }

  /** Splits what is there into records, and sends them until nothing of it is on its way. */
  async #take(input: Input, final: boolean): Promise<void> {
    for (;;) {
      const { consumedBytes } = this.#step(input, final);
      if (consumedBytes === 0) return;
      const drained = this.#sink.drain(new AbortController().signal).then(() => true);
      while (!(await Promise.race([drained, nextTurn(false)]))) this.#parts.clock.step();
    }
  }

  #step(input: Input, final: boolean): { consumedBytes: number } {
    const { buffer, filled } = input;
    if (filled === 0) return { consumedBytes: 0 };
    const order = {
      buffer,
      from: 0,
      to: filled,
      previousByte: input.previousByte,
      final,
      atCut: false,
      recordsMax: limits.batchRecordsMax,
    };
    const result = splitLines(order, this.#settings, this.#batch);
    if (result.consumedBytes === 0) return result;
    this.counts.bytes += result.consumedBytes;
    const span = input.tracker.open(result.consumedBytes, Buffer.alloc(0));
    if (result.skippedBytes > 0) span.resolve('skipped', result.skippedBytes, result.skippedLines);
    if (result.oversizeBytes > 0) span.resolve('oversize', result.oversizeBytes, result.oversizeLines);
    if (this.#batch.count > 0) {
      const source = { path: input.path, span, wallMs: this.#parts.clock.wallMs(), firstLine: input.firstLine() };
      this.#sink.add(this.#preprocessor?.process(this.#batch, source) ?? this.#batch, source);
    }
    input.consume(result.consumedBytes);
    return result;
  }

  #sent(stream: string, data: Buffer, partitionKey: string): void {
    const total = this.counts.streams.get(stream) ?? { records: 0, bytes: 0 };
    total.records += 1;
    total.bytes += data.length;
    this.counts.streams.set(stream, total);
    const records = decodeAggregatedRecord(data) ?? [{ partitionKey, data }];
    for (const record of records) {
      this.#countKey(record.partitionKey);
      this.#parts.print(record.data);
    }
  }

  #countKey(key: string): void {
    const { keys } = this.counts;
    const count = keys.get(key);
    if (count === undefined && keys.size >= KEYS_MAX) this.counts.keysBeyond += 1;
    else keys.set(key, (count ?? 0) + 1);
  }
}

function newlinesIn(chunk: Uint8Array): number {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

/** Bytes of one source that are not consumed yet. */
class Input {
  readonly path: string;
  readonly buffer: Buffer;
  readonly tracker: OffsetTracker;
  filled = 0;
  previousByte: number | undefined;
  #firstLine: Buffer | undefined;

  constructor(
    path: string,
    lineBytesMax: number,
    onResolve: ConstructorParameters<typeof OffsetTracker>[0]['onResolve'],
  ) {
    this.path = path;
    // The longest line, the byte that shows it is too long, and the byte of room that splitting needs.
    this.buffer = Buffer.alloc(Math.max(limits.readBytesMax, lineBytesMax + 1) + 1);
    this.tracker = new OffsetTracker({ startOffset: 0, onResolve });
  }

  /** Takes as much of `chunk` as there is room for; says how much. */
  fill(chunk: Uint8Array): number {
    const room = this.buffer.length - 1 - this.filled;
    const taken = chunk.subarray(0, room);
    this.buffer.set(taken, this.filled);
    this.filled += taken.length;
    return taken.length;
  }

  firstLine(): Buffer | undefined {
    if (this.#firstLine === undefined && this.previousByte === undefined) {
      const end = this.buffer.subarray(0, this.filled).indexOf(NEWLINE);
      this.#firstLine = Buffer.from(this.buffer.subarray(0, end < 0 ? this.filled : end + 1));
    }
    return this.#firstLine;
  }

  consume(bytes: number): void {
    this.previousByte = this.buffer[bytes - 1];
    this.buffer.copyWithin(0, bytes, this.filled);
    this.filled -= bytes;
  }
}
