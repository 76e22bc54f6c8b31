/**
 * Metrics to CloudWatch, one upload an interval. Never in the way of shipping: it only reads what was counted, waits for
 * nobody, and what CloudWatch does not take is kept up to a bound and tried again with the next interval, under the time
 * at which it was measured.
 *
 * Invariant: the queue never holds more than `queueBytesMax`; what is given up is counted and told.
 */
import type { ServiceFault } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import type { AgentStatus } from '../core/status.ts';
import { datumBytes, type MetricDatum, toData } from './cloudwatch-data.ts';
import type { CloudWatchSettings } from './config.ts';
import { Distribution } from './distribution.ts';
import type { EventSink } from './events.ts';
import { type MetricRegistry, type MetricSeries, seriesKey } from './metric-registry.ts';
import { metrics } from './metrics.ts';
import { type StatusValue, statusValues } from './status-metrics.ts';

const queueBytesMax = 4 * 1024 * 1024;

/** Never rejects. */
export interface CloudWatchPort {
  putMetricData(
    namespace: string,
    data: readonly MetricDatum[],
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'accepted' } | { readonly kind: 'failed'; readonly fault: ServiceFault }>;
}

interface Upload {
  readonly data: readonly MetricDatum[];
  readonly bytes: number;
}

export class CloudWatchUploader {
  readonly #port: CloudWatchPort;
  readonly #registry: MetricRegistry;
  readonly #status: () => AgentStatus;
  readonly #events: EventSink;
  readonly #clock: Clock;
  readonly #settings: Pick<CloudWatchSettings, 'namespace' | 'level' | 'dimensions' | 'metricsUploadSeconds'>;
  #queue: Upload[] = [];
  /** Of every counter of the status, at the last interval. */
  readonly #counted = new Map<string, number>();
  #failing = false;

  /** `settings.dimensions` holds every common dimension, `Instance` among them where it is wanted. */
  constructor(options: {
    port: CloudWatchPort;
    registry: MetricRegistry;
    status: () => AgentStatus;
    events: EventSink;
    clock: Clock;
    settings: Pick<CloudWatchSettings, 'namespace' | 'level' | 'dimensions' | 'metricsUploadSeconds'>;
  }) {
    this.#port = options.port;
    this.#registry = options.registry;
    this.#status = options.status;
    this.#events = options.events;
    this.#clock = options.clock;
    this.#settings = options.settings;
  }

  /** Uploads every interval until `signal` aborts. The last interval is `flush`'s. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(this.#settings.metricsUploadSeconds * 1000, signal);
      if (signal.aborted) return;
      await this.flush(signal);
    }
  }

  /** Uploads what was counted since the last time, and what is kept from before, until `signal` aborts. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#collect();
    while (this.#queue[0] !== undefined && !signal.aborted) {
      const reply = await this.#port.putMetricData(this.#settings.namespace, this.#queue[0].data, signal);
      if (reply.kind === 'accepted') {
        this.#queue.shift();
        this.#recovered();
      } else if (reply.fault.kind === 'invalid') {
        const refused = this.#queue.shift();
        this.#events.emit('metricsDropped', { count: refused?.data.length ?? 0, reason: reply.fault.message });
      } else {
        if (!signal.aborted) this.#failed(reply.fault);
        return;
      }
    }
  }

  /** Datums that wait for an upload. */
  get waitingCount(): number {
    return this.#queue.reduce((count, upload) => count + upload.data.length, 0);
  }

  #collect(): void {
    const { series, droppedCount } = this.#registry.take();
    const statusSeries = statusValues(this.#status()).flatMap((value) => this.#statusSeries(value));
    const data = toData([...series, ...statusSeries], { ...this.#settings, timestampMs: this.#clock.wallMs() });
    this.#queue.push(...toUploads(data));
    let givenUpCount = droppedCount;
    let queueBytes = this.#queue.reduce((bytes, upload) => bytes + upload.bytes, 0);
    while (queueBytes > queueBytesMax) {
      const oldest = this.#queue.shift();
      queueBytes -= oldest?.bytes ?? 0;
      givenUpCount += oldest?.data.length ?? 0;
    }
    if (givenUpCount > 0) {
      const reason = 'CloudWatch did not take them for too long, or there are too many different ones';
      this.#events.emit('metricsDropped', { count: givenUpCount, reason });
    }
  }

  /** A counter by what was added since the last interval. What only sometimes occurs has a metric only once it does. */
  #statusSeries({ name, labels, value }: StatusValue): readonly MetricSeries[] {
    const values = new Distribution();
    if (metrics[name].kind === 'gauge') {
      values.add(value);
    } else {
      const key = seriesKey(name, labels);
      const added = value - (this.#counted.get(key) ?? 0);
      this.#counted.set(key, value);
      if (added === 0 && labels.Reason !== undefined) return [];
      values.add(added);
    }
    return [{ name, labels, values }];
  }

  #failed(fault: ServiceFault): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#events.emit('metricsUploadFailed', {
      errorCode: fault.code,
      reason: fault.message,
      hint: fault.hint,
      waitingCount: this.waitingCount,
    });
  }

  #recovered(): void {
    if (this.#failing) this.#events.emit('metricsUploadRecovered', { waitingCount: this.waitingCount });
    this.#failing = false;
  }
}

/** Cuts data into requests within the limits of PutMetricData. */
function toUploads(data: readonly MetricDatum[]): readonly Upload[] {
  const uploads: Upload[] = [];
  let part: MetricDatum[] = [];
  let bytes = 0;
  const finish = () => {
    if (part.length > 0) uploads.push({ data: part, bytes });
    part = [];
    bytes = 0;
  };
  for (const datum of data) {
    const size = datumBytes(datum);
    if (part.length === limits.cloudWatchMetricsCountMax || bytes + size > limits.cloudWatchRequestBytesMax) finish();
    part.push(datum);
    bytes += size;
  }
  finish();
  return uploads;
}
