/**
 * One flow, over given bytes instead of its files, into ports that accept everything: the same splitter, converters,
 * router and producer as in the agent, so what comes out is what the agent would send.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { flowFooters, flowJoiner, flowPreprocessor } from '../../agent/flow-preprocessor.ts';
import type { FlowConfig } from '../../config/model.ts';
import { limits } from '../../core/limits.ts';
import { type Outcome, outcomes } from '../../core/offset-tracker.ts';
import type { Random } from '../../core/ports.ts';
import { RecordBatch } from '../../core/record-batch.ts';
import { nothingUnparsable, type UnparsableSent } from '../../core/status.ts';
import type { ChainPreprocessor } from '../../preprocess/chain.ts';
import type { PreprocessEnvironment } from '../../preprocess/stage/environment.ts';
import { decodeAggregatedRecord } from '../../producer/records/aggregated-record.ts';
import { Producer } from '../../producer/producer.ts';
import { partitionKeyPlan } from '../../route/partition-key.ts';
import { routedSink, type RoutedSink } from '../../route/router.ts';
import { lineCutBytes } from '../../tail/config.ts';
import { splitText, type TextSettings } from '../../tail/lines/text-splitter.ts';
import { acceptingPorts } from './accepting-ports.ts';
import type { StepClock } from './step-clock.ts';
import { TrialInput } from './trial-input.ts';

/** Partition keys counted one by one; further ones are counted together. */
const KEYS_MAX = 100_000;

export interface TrialCounts {
  lines: number;
  bytes: number;
  readonly outcomes: Record<Outcome, { bytes: number; records: number }>;
  readonly keys: Map<string, number>;
  keysBeyond: number;
  /** By stream: Kinesis (or Firehose) records and their bytes. */
  readonly streams: Map<string, { records: number; bytes: number }>;
}

/** Lines that the flow's chain could not parse: how many were sent all the same, and the first of them. */
export interface TrialUnparsable {
  readonly sent: UnparsableSent;
  readonly samples: readonly string[];
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
  readonly #settings: TextSettings;

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
      cutBytes: lineCutBytes(flow.tail, flow.destination.kind),
      oversize: flow.tail.oversizeRecords,
      terminator: Buffer.from(flow.producer.truncatedRecordTerminator),
      joiner: flowJoiner(flow, { emit: () => undefined }),
      joinLinesMax: flow.tail.multiLineLinesMax,
      skipHeaderLines: flow.tail.skipHeaderLines,
      encoding: flow.tail.encoding,
      keepsMark: flow.preprocess.compatibility === 'amazon-kinesis-agent',
      footers: flowFooters(flow, { emit: () => undefined }),
    };
  }

  get unparsable(): TrialUnparsable {
    return { sent: this.#preprocessor?.unparsableSent ?? nothingUnparsable, samples: this.#preprocessor?.unparsableSamples ?? [] };
  }

  /** Runs all of one file (or of standard input) through the flow. `afterEach` is awaited between its pieces. */
  async run(path: string, chunks: AsyncIterable<Uint8Array>, afterEach: () => Promise<void>): Promise<void> {
    const input = new TrialInput(path, this.#settings, (resolution) => {
      const count = this.counts.outcomes[resolution.outcome];
      count.bytes += resolution.bytes;
      count.records += resolution.records;
    });
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length;) {
        at += input.fill(chunk.subarray(at));
        await this.#take(input, false);
        await afterEach();
      }
    }
    this.counts.lines += input.lines;
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
  async #take(input: TrialInput, final: boolean): Promise<void> {
    for (;;) {
      const { consumedBytes } = this.#step(input, final);
      if (consumedBytes === 0) return;
      const drained = this.#sink.drain(new AbortController().signal).then(() => true);
      while (!(await Promise.race([drained, nextTurn(false)]))) this.#parts.clock.step();
    }
  }

  #step(input: TrialInput, final: boolean): { consumedBytes: number } {
    const { buffer, from, to, order, position } = input;
    if (from === to || (this.#settings.encoding !== 'utf-8' && order === undefined && !final)) return { consumedBytes: 0 };
    const previousByte = position === 0 ? undefined : buffer[from - 1];
    const result = splitText(
      { buffer, from, to, previousByte, atCut: false, final, recordsMax: limits.batchRecordsMax },
      { order, position },
      { settings: this.#settings, batch: this.#batch },
    );
    if (result.consumedBytes === 0) return result;
    this.counts.bytes += result.consumedBytes;
    const firstLine = input.firstLine();
    const span = input.tracker.open(result.consumedBytes, Buffer.alloc(0));
    if (result.skippedBytes > 0) span.resolve('skipped', result.skippedBytes, result.skippedLines);
    if (result.oversizeBytes > 0) span.resolve('oversize', result.oversizeBytes, result.oversizeLines);
    if (this.#batch.count > 0) {
      const source = { path: input.path, span, wallMs: this.#parts.clock.wallMs(), firstLine };
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
