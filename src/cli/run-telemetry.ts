/**
 * Metrics, health pages and the line of progress of a running agent. What is not configured is not loaded.
 */
import type { AgentConfig } from '../config/model.ts';
import type { Clock } from '../core/ports.ts';
import type { AgentStatus } from '../core/status.ts';
import type { PageServer } from '../platform/http-server.ts';
import type { EventSink } from '../telemetry/events.ts';
import { LoopWatch } from '../telemetry/loop-watch.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';
import { fanOut } from '../telemetry/metric-sink.ts';
import { logProgress } from '../telemetry/progress.ts';
import type { Invocation } from './invocation.ts';

export interface RunTelemetryOptions {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly env: Invocation['env'];
}

export class RunTelemetry {
  readonly loops: LoopWatch;
  readonly metrics: MetricSink;
  readonly #options: RunTelemetryOptions;
  readonly #sinks: MetricSink[] = [];
  readonly #ending = new AbortController();
  #running: Promise<unknown>[] = [];
  #server: PageServer | undefined;

  constructor(options: RunTelemetryOptions) {
    this.#options = options;
    this.loops = new LoopWatch(options.clock);
    this.metrics = fanOut(this.#sinks);
  }

  /** Begins to tell; `status` is the agent's. */
  async start(status: () => AgentStatus): Promise<void> {
    const { config, clock, events } = this.#options;
    const { prometheus, health, log } = config.telemetry;
    if (prometheus.listen !== undefined) await this.#listen(prometheus.listen, { status, lagSecondsMax: health.lagSecondsMax });
    const everySeconds = log.progressSeconds;
    this.#running.push(logProgress({ status, events, clock, everySeconds }, this.#ending.signal));
  }

  /** Ends every loop and closes the pages. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#running);
    await this.#server?.close();
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
    } catch (fault) {
      const reason = fault instanceof Error ? fault.message : String(fault);
      this.#options.events.emit('metricsPagesUnavailable', { listen, reason });
    }
  }
}
