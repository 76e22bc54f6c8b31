/**
 * A producer with everything around it simulated: clock, chance, and a model of Kinesis that keeps the service's rules.
 * Whatever is fed in is remembered, so that a test can ask what a consumer gets and what was settled.
 */
import { OffsetTracker } from '../../../src/core/offset-tracker.ts';
import type { Resolution } from '../../../src/core/offset-tracker.ts';
import type { PartitionKeyPlan } from '../../../src/core/partition-key-plan.ts';
import type { BatchSource } from '../../../src/core/pipeline.ts';
import type { OutgoingRecord } from '../../../src/core/ports.ts';
import { RecordBatch } from '../../../src/core/record-batch.ts';
import type { ProducerSettings } from '../../../src/producer/config.ts';
import { Producer } from '../../../src/producer/producer.ts';
import type { ProducerSink, SinkOptions } from '../../../src/producer/producer.ts';
import type { EventSink } from '../../../src/telemetry/events.ts';
import type { MetricSink } from '../../../src/telemetry/metric-sink.ts';
import { Life, ProcessClock, SimClock } from '../../simulation/sim-clock.ts';
import { SimRandom } from '../../simulation/sim-random.ts';
import { deaggregate } from '../../support/deaggregate.ts';
import { KinesisModel } from '../../support/kinesis-server/kinesis-model.ts';
import { ModelKinesisPort } from '../../support/kinesis-server/model-port.ts';
import type { Stream, StreamOptions } from '../../support/kinesis-server/stream-model.ts';

export interface WorldOptions {
  readonly seed?: number;
  readonly stream?: StreamOptions;
  readonly latencyMs?: number | (() => number);
  readonly requestTimeoutMs?: number;
  /** Takes the metrics in place of `counts` and `largest`. */
  readonly metrics?: MetricSink;
}

export interface FlowSetting {
  readonly flow?: string;
  readonly plan?: PartitionKeyPlan;
  readonly format?: 'kpl' | 'newline' | 'none';
  readonly recordBytesMax?: number;
  readonly bufferedMs?: number;
  readonly oversizeRecords?: SinkOptions['oversizeRecords'];
  readonly maxConnections?: number;
  readonly stream?: string;
}

/** One request as the service saw it. */
export interface Request {
  readonly atMs: number;
  readonly stream: string;
  readonly records: readonly OutgoingRecord[];
}

export class ProducerWorld {
  readonly clock = new SimClock();
  readonly life = new Life();
  readonly model: KinesisModel;
  readonly port: ModelKinesisPort;
  readonly producer: Producer;
  readonly stream: Stream;
  readonly requests: Request[] = [];
  readonly events: { readonly name: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  readonly counts = new Map<string, number>();
  /** The largest observed value of each distribution. */
  readonly largest = new Map<string, number>();
  /** How often the producer said that a sink may have room again. */
  roomCalls = 0;
  readonly random: SimRandom;
  readonly #processClock: ProcessClock;

  constructor(options: WorldOptions = {}) {
    this.random = new SimRandom(options.seed ?? 1);
    this.#processClock = new ProcessClock(this.clock, this.life);
    const clock = this.#processClock;
    this.model = new KinesisModel({ clock });
    this.stream = this.model.createStream('web', options.stream ?? { shards: 4 });
    const latency = options.latencyMs ?? 5;
    this.port = new ModelKinesisPort({
      model: this.model,
      clock,
      latencyMs: typeof latency === 'number' ? () => latency : latency,
      requestTimeoutMs: options.requestTimeoutMs ?? 6000,
      onPutRecords: (stream, records) => {
        const copies = records.map((record) => ({ ...record, partitionKey: record.partitionKey }));
        this.requests.push({ atMs: clock.monotonicMs(), stream, records: copies });
      },
    });
    const events: EventSink = { emit: (name, fields) => this.events.push({ name, fields: { ...fields } }) };
    const count = (name: string, amount: number) => {
      this.counts.set(name, (this.counts.get(name) ?? 0) + amount);
    };
    this.producer = new Producer({
      clock,
      random: this.random.fork('producer'),
      events,
      metrics: options.metrics ?? {
        count,
        observe: (name, value) => {
          this.largest.set(name, Math.max(this.largest.get(name) ?? 0, value));
        },
      },
      bufferBytesMax: 32 * 1024 * 1024,
      onRoom: () => {
        this.roomCalls += 1;
      },
    });
  }

  get nowMs(): number {
    return this.#processClock.monotonicMs();
  }

  flow(setting: FlowSetting = {}): FlowFeed {
    const settings: ProducerSettings = {
      recordMaxBufferedTimeMillis: setting.bufferedMs ?? 100,
      aggregation: { format: setting.format ?? 'kpl', recordBytesMax: setting.recordBytesMax ?? 51_200 },
      truncatedRecordTerminator: '\n',
      retryInitialBackoffMillis: 100,
      retryMaxBackoffMillis: 10_000,
    };
    const sink = this.producer.open({
      flow: setting.flow ?? 'flow',
      target: { kind: 'kinesis', port: this.port, stream: setting.stream ?? 'web' },
      maxConnections: setting.maxConnections ?? 24,
      requestBytesMax: 5 * 1024 * 1024,
      requestRecordsMax: 500,
      settings,
      oversizeRecords: setting.oversizeRecords ?? 'truncate',
      plan: setting.plan ?? { kind: 'random' },
    });
    return new FlowFeed(sink, this.clock);
  }

  /** Lets `elapsedMs` pass. */
  run(elapsedMs: number): Promise<void> {
    return this.clock.runUntil(this.clock.nowMs + elapsedMs);
  }

  /** Data of the user records that a KCL consumer gets, shard by shard in the order of acceptance. */
  consumed(stream: Stream = this.stream): { readonly text: string; readonly partitionKey: string; readonly shardId: string }[] {
    return stream.accepted.flatMap((record) => {
      const shard = stream.shard(record.shardId);
      return deaggregate(record, shard).map((user) => ({
        text: user.data.toString('latin1'),
        partitionKey: user.partitionKey,
        shardId: record.shardId,
      }));
    });
  }

  eventNames(): string[] {
    return this.events.map((event) => event.name);
  }
}

/** Feeds lines to a sink as a tailer would, and keeps account of what was settled. */
export class FlowFeed {
  readonly sink: ProducerSink;
  readonly lines: string[] = [];
  readonly settled: Record<string, { bytes: number; records: number }> = {};
  readonly #tracker: OffsetTracker;
  readonly #clock: SimClock;
  readonly #batch = new RecordBatch();

  constructor(sink: ProducerSink, clock: SimClock) {
    this.sink = sink;
    this.#clock = clock;
    this.#tracker = new OffsetTracker({ startOffset: 0, onResolve: (resolution) => this.#count(resolution) });
  }

  get pendingBytes(): number {
    return this.#tracker.pendingBytes;
  }

  get watermark(): number {
    return this.#tracker.watermark;
  }

  get deliveredRecords(): number {
    return this.settled['delivered']?.records ?? 0;
  }

  /** One read that holds these records; `waitedMs`: how long they were in the file. */
  feed(lines: readonly string[], path = '/log/a.log', waitedMs?: number): void {
    const buffer = Buffer.from(lines.join(''), 'latin1');
    const span = this.#tracker.open(buffer.length);
    const batch = this.#batch;
    batch.reset(buffer);
    let position = 0;
    for (const line of lines) {
      batch.push(position, position + line.length, position, line.length);
      position += line.length;
    }
    this.lines.push(...lines);
    const source: BatchSource = { path, span, wallMs: 0, waitedMs };
    this.sink.add(batch, source);
    // The buffer belongs to the tailer again: nobody may read it now.
    buffer.fill(0x58);
    this.#clock.wake();
  }

  #count({ outcome, bytes, records }: Resolution): void {
    const sum = (this.settled[outcome] ??= { bytes: 0, records: 0 });
    sum.bytes += bytes;
    sum.records += records;
  }
}

/** The part of a line before its first `|` is its partition key. */
export const keyBeforeBar: PartitionKeyPlan = {
  kind: 'per-record',
  keyOf: (batch, index) => {
    const text = batch.record(index).toString('latin1');
    const bar = text.indexOf('|');
    return bar <= 0 ? undefined : text.slice(0, bar);
  },
};
