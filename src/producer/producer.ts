/**
 * The way out: one `Producer` for the agent, one sink for each flow and destination. Flows to one stream through one
 * client share its sender, and streams behind one client share its connections.
 */
import { limits } from '../core/limits.ts';
import type { PartitionKeyPlan } from '../core/partition-key-plan.ts';
import type { RecordSink } from '../core/pipeline.ts';
import type { Clock, FirehosePort, KinesisPort, Random } from '../core/ports.ts';
import type { DestinationStatus } from '../core/status.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';
import type { ProducerSettings } from './config.ts';
import { ConnectionSlots } from './sending/connection-slots.ts';
import { firehoseDestination, kinesisDestination } from './sending/destination.ts';
import type { OversizePolicy } from './records/oversize.ts';
import { SlabPool } from './records/slab-pool.ts';
import { Stream } from './stream.ts';

export interface ProducerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly events: EventSink;
  readonly metrics: MetricSink;
  /** The byte budget upstream: requests are kept small enough for it to fill several. */
  readonly bufferBytesMax: number;
  /** Called when a sink may no longer be crowded. */
  readonly onRoom?: () => void;
}

export type ProducerTarget =
  | { readonly kind: 'kinesis'; readonly port: KinesisPort; readonly stream: string }
  | { readonly kind: 'firehose'; readonly port: FirehosePort; readonly stream: string };

export interface SinkOptions {
  readonly flow: string;
  /** One port object is one client: it has `maxConnections` for all its streams. */
  readonly target: ProducerTarget;
  readonly maxConnections: number;
  readonly requestBytesMax: number;
  readonly requestRecordsMax: number;
  readonly settings: ProducerSettings;
  readonly oversizeRecords: OversizePolicy;
  readonly plan: PartitionKeyPlan;
}

export interface ProducerSink extends RecordSink {
  status(): DestinationStatus;
  /**
   * The flow ends: nothing more is sent. Resolves when its requests under way are answered, or `signal` aborts. Records that
   * are not settled then stay unsettled. Call `drain` first.
   */
  close(signal: AbortSignal): Promise<void>;
}

interface Client {
  readonly slots: ConnectionSlots;
  /** By the stream's name and the backoff settings of its sender. */
  readonly streams: Map<string, Stream>;
}

/** Share of the byte budget that is kept in free slabs for the next taker. */
const POOL_SHARE = 0.5;

export class Producer {
  readonly #options: ProducerOptions;
  readonly #pool: SlabPool;
  #requestTargetBytes: number;
  readonly #clients = new Map<KinesisPort | FirehosePort, Client>();

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#pool = new SlabPool(options.bufferBytesMax * POOL_SHARE);
    this.#requestTargetBytes = requestTargetBytes(options.bufferBytesMax);
  }

  /** The budget is another one from now on: so is the size of requests, with the next one that is answered. */
  resize(bufferBytesMax: number): void {
    this.#pool.resize(bufferBytesMax * POOL_SHARE);
    this.#requestTargetBytes = requestTargetBytes(bufferBytesMax);
  }

  /** A sink for one flow. */
  open(sink: SinkOptions): ProducerSink {
    const { target, settings } = sink;
    const client = this.#client(target.port, sink.maxConnections);
    const key = [target.stream, settings.retryInitialBackoffMillis, settings.retryMaxBackoffMillis].join(' ');
    const stream = client.streams.get(key) ?? this.#stream(sink, client);
    client.streams.set(key, stream);
    const aggregator = stream.open({
      flow: sink.flow,
      format: settings.aggregation.format,
      aggregateBytesMax: settings.aggregation.recordBytesMax,
      bufferedMs: settings.recordMaxBufferedTimeMillis,
      plan: sink.plan,
      oversize: { policy: sink.oversizeRecords, terminator: Buffer.from(settings.truncatedRecordTerminator) },
    });
    return {
      get crowded() {
        return aggregator.crowded;
      },
      add: (batch, source) => aggregator.add(batch, source),
      drain: (signal) => aggregator.drain(signal),
      status: () => aggregator.status(),
      close: (signal) => stream.leave(aggregator, signal),
    };
  }

  /**
   * Ends the streams to which no flow writes any more. Until this call such streams stay as they are, so that a flow that
   * replaces another one finds the shards known and their pace learned.
   */
  async closeUnused(): Promise<void> {
    const unused: Stream[] = [];
    for (const [port, client] of this.#clients) {
      for (const [key, stream] of client.streams) {
        if (stream.flowCount > 0) continue;
        unused.push(stream);
        client.streams.delete(key);
      }
      if (client.streams.size === 0) this.#clients.delete(port);
    }
    await Promise.all(unused.map((stream) => stream.close()));
  }

  /** Ends every request and timer. Unsettled records stay unsettled: the files still have them. */
  async close(): Promise<void> {
    const streams = [...this.#clients.values()].flatMap((client) => [...client.streams.values()]);
    this.#clients.clear();
    await Promise.all(streams.map((stream) => stream.close()));
  }

  #client(port: KinesisPort | FirehosePort, maxConnections: number): Client {
    const known = this.#clients.get(port);
    if (known !== undefined) return known;
    const client = { slots: new ConnectionSlots(maxConnections), streams: new Map<string, Stream>() };
    this.#clients.set(port, client);
    return client;
  }

  #stream(sink: SinkOptions, client: Client): Stream {
    const { target, settings } = sink;
    const { clock, random, events, metrics, onRoom } = this.#options;
    return new Stream({
      destination:
        target.kind === 'kinesis'
          ? kinesisDestination(target.port, target.stream, sink)
          : firehoseDestination(target.port, target.stream, sink),
      kinesis: target.kind === 'kinesis' ? target.port : undefined,
      slots: client.slots,
      pool: this.#pool,
      clock,
      random,
      events,
      metrics,
      backoff: { baseMs: settings.retryInitialBackoffMillis, maxMs: settings.retryMaxBackoffMillis },
      onRoom: onRoom ?? (() => undefined),
      requestTargetBytes: () => this.#requestTargetBytes,
    });
  }
}

/** Small enough for the budget to fill several. */
function requestTargetBytes(bufferBytesMax: number): number {
  return Math.min(limits.requestTargetBytes, Math.floor(bufferBytesMax / 8));
}
