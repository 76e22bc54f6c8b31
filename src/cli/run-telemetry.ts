/**
 * Metrics, health pages and the line of progress of a running agent. What is not configured is not loaded.
 */
import type { AwsClients } from '../aws/clients.ts';
import type { AwsRootSettings, AwsSettings } from '../aws/config.ts';
import type { AgentConfig } from '../config/model.ts';
import type { Clock } from '../core/ports.ts';
import type { AgentStatus } from '../core/status.ts';
import type { PageServer } from '../platform/http-server.ts';
import type { EventSink } from '../telemetry/events.ts';
import { LoopWatch } from '../telemetry/loop-watch.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';
import { fanOut } from '../telemetry/metric-sink.ts';
import { logProgress } from '../telemetry/progress.ts';

export interface RunTelemetryOptions {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly clients: AwsClients;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Time for the upload under way at the stop and the one of the last interval together: they must not hold up the process's end. */
const LAST_UPLOAD_MS = 3000;

export class RunTelemetry {
  readonly loops: LoopWatch;
  readonly metrics: MetricSink;
  readonly #options: RunTelemetryOptions;
  readonly #sinks: MetricSink[] = [];
  readonly #ending = new AbortController();
  readonly #tooLate = new AbortController();
  #running: Promise<unknown>[] = [];
  #server: PageServer | undefined;
  #lastUpload: (() => Promise<void>) | undefined;

  constructor(options: RunTelemetryOptions) {
    this.#options = options;
    this.loops = new LoopWatch(options.clock);
    this.metrics = fanOut(this.#sinks);
  }

  /** Starts the pages, the upload and the line of progress. `status` is the agent's. */
  async start(status: () => AgentStatus): Promise<void> {
    const { config, clock, events } = this.#options;
    const { prometheus, health, log } = config.telemetry;
    if (prometheus.listen !== undefined) await this.#listen(prometheus.listen, { status, lagSecondsMax: health.lagSecondsMax });
    if (config.telemetry.cloudwatch.emitMetrics && config.telemetry.cloudwatch.level !== 'none') await this.#upload(status);
    const everySeconds = log.progressSeconds;
    this.#running.push(logProgress({ status, events, clock, everySeconds }, this.#ending.signal));
  }

  /** Ends every loop, lets an upload that runs end, uploads the last interval, closes the pages. */
  async stop(): Promise<void> {
    const timer = this.#options.clock.setTimer(LAST_UPLOAD_MS, () => this.#tooLate.abort());
    this.#ending.abort();
    await Promise.all(this.#running);
    await this.#lastUpload?.();
    timer.cancel();
    await this.#server?.close();
  }

  async #upload(status: () => AgentStatus): Promise<void> {
    const { config, clock, events, clients, environment } = this.#options;
    const { InstanceName } = await import('../aws/machine/instance-name.ts');
    const { CloudWatchUploader } = await import('../telemetry/cloudwatch.ts');
    const { MetricRegistry } = await import('../telemetry/metric-registry.ts');
    const { cloudwatch: settings } = config.telemetry;
    const { region, endpoint } = settings;
    const registry = new MetricRegistry();
    this.#sinks.push(registry);
    const port = clients.cloudWatch(withoutFlow(config.aws), { region, endpoint });
    const instance = settings.tagInstance ? new InstanceName(clock, environment) : undefined;
    const uploader = new CloudWatchUploader({ port, registry, status, events, clock, settings, instance });
    this.#running.push(uploader.run({ ending: this.#ending.signal, tooLate: this.#tooLate.signal }));
    this.#lastUpload = () => uploader.flush(this.#tooLate.signal);
  }

  async #listen(listen: string, pages: { status: () => AgentStatus; lagSecondsMax: number }): Promise<void> {
    const { PrometheusMetrics } = await import('../telemetry/prometheus.ts');
    const { metricsPages, parseListenAddress } = await import('../telemetry/metrics-endpoint.ts');
    const { servePages } = await import('../platform/http-server.ts');
    const address = parseListenAddress(listen);
    if (address === undefined) return;
    const metrics = new PrometheusMetrics(pages.status);
    this.#sinks.push(metrics);
    try {
      this.#server = await servePages(address, metricsPages({ ...pages, metrics, loops: this.loops }));
      this.#options.events.emit('metricsListening', { address: this.#server.address });
    } catch (fault) {
      const reason = fault instanceof Error ? fault.message : String(fault);
      this.#options.events.emit('metricsPagesUnavailable', { listen, reason });
    }
  }
}

/** The settings of the root, without those of any flow. */
function withoutFlow(root: AwsRootSettings): AwsSettings {
  const { region, credentials, kinesis, firehose, proxy, caBundle, userAgent, userAgentOverride } = root;
  return { region, credentials, kinesis, firehose, proxy, caBundle, userAgent, userAgentOverride };
}
