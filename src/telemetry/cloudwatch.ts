/**
 * Uploads metrics to CloudWatch, once an interval. It is never in the way of shipping: it only reads what was counted, and nothing
 * waits for it. What CloudWatch does not take is kept up to a bound and tried again with the next interval, under the time at which
 * it was measured.
 *
 * At least once: PutMetricData has no token that would tell a repetition, and to give up each interval whose answer did not come would
 * lose what an outage is looked at for. The Java agent and the KPL repeat, too, a few times within a call.
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

/** Value of the dimension `Instance`. */
export interface InstanceNames {
  /** The best name that is known by now. */
  readonly name: string;
  /** Finds the name out where it is not known for sure, in bounded time. Never rejects. */
  look(): Promise<void>;
}

type UploaderSettings = Pick<CloudWatchSettings, 'namespace' | 'level' | 'dimensions' | 'metricsUploadSeconds'>;

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
  readonly #settings: UploaderSettings;
  readonly #instance: InstanceNames | undefined;
  #queue: Upload[] = [];
  /** Values of the status's counters at the last interval. */
  readonly #counted = new Map<string, number>();
  /** While nothing gets through: the code of the fault that was logged last. */
  #toldCode: string | undefined;

  /** `instance` is given where the dimension is wanted. */
  constructor(options: {
    port: CloudWatchPort;
    registry: MetricRegistry;
    status: () => AgentStatus;
    events: EventSink;
    clock: Clock;
    settings: UploaderSettings;
    instance?: InstanceNames | undefined;
  }) {
    this.#port = options.port;
    this.#registry = options.registry;
    this.#status = options.status;
    this.#events = options.events;
    this.#clock = options.clock;
    this.#settings = options.settings;
    this.#instance = options.instance;
  }

  /** Uploads every interval until `ending` aborts. An upload under way then has until `tooLate`. Call `flush` for the last interval. */
  async run({ ending, tooLate }: { ending: AbortSignal; tooLate: AbortSignal }): Promise<void> {
    const intervalMs = this.#settings.metricsUploadSeconds * 1000;
    for (;;) {
      // The name is looked for at the start as well: a process may end before its first interval does.
      await Promise.all([this.#clock.sleep(intervalMs, ending), this.#instance?.look()]);
      if (ending.aborted) return;
      await this.#instance?.look();
      await this.flush(tooLate);
    }
  }

  /** Uploads what was counted since the last time, and what is kept from before, until `tooLate` aborts. */
  async flush(tooLate: AbortSignal): Promise<void> {
    this.#collect();
    while (this.#queue[0] !== undefined && !tooLate.aborted) {
      const reply = await this.#port.putMetricData(this.#settings.namespace, this.#queue[0].data, tooLate);
      if (reply.kind === 'accepted') {
        this.#queue.shift();
        this.#recovered();
      } else if (reply.fault.kind === 'invalid' || reply.fault.kind === 'too-large') {
        const refused = this.#queue.shift();
        this.#events.emit('metricsDropped', { count: refused?.data.length ?? 0, reason: reply.fault.message });
      } else if (tooLate.aborted) {
        // As a rule the upload was sent, and may have been taken without an answer. A second one would count it twice for good.
        this.#queue.shift();
      } else {
        this.#failed(reply.fault);
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
    const data = toData([...series, ...statusSeries], {
      level: this.#settings.level,
      dimensions: { ...this.#settings.dimensions, ...(this.#instance === undefined ? {} : { Instance: this.#instance.name }) },
      timestampMs: this.#clock.wallMs(),
    });
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

  /** The series of a counter holds what was added since the last interval. A rare outcome has a metric only once it occurs. */
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

  /** Tells of each reason once: when a person has set one right, the next may show. */
  #failed(fault: ServiceFault): void {
    if (this.#toldCode === fault.code) return;
    this.#toldCode = fault.code;
    this.#events.emit('metricsUploadFailed', {
      errorCode: fault.code,
      reason: fault.message,
      hint: fault.hint,
      waitingCount: this.waitingCount,
    });
  }

  #recovered(): void {
    if (this.#toldCode !== undefined) this.#events.emit('metricsUploadRecovered', { waitingCount: this.waitingCount });
    this.#toldCode = undefined;
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
