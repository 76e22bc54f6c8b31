/**
 * The same metrics for Prometheus, by prom-client: `kinship_` + the name in snake case + unit, base units (seconds,
 * bytes, ratios), counters with `_total` (prometheus-names.ts).
 *
 * Guarantees: status metrics are read when they are scraped. Those of destinations and flows that are gone are not kept.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type RegistryContentType } from 'prom-client';
import type { AgentStatus } from '../core/status.ts';
import type { MetricLabels, MetricSink } from './metric-sink.ts';
import {
  type MetricKind,
  type MetricLabel,
  type MetricName,
  metricNames,
  metrics,
  type StageMetric,
  statusMetricNames,
} from './metrics.ts';
import { inBaseUnit, promName, snake } from './prometheus-names.ts';
import { statusValues } from './status-metrics.ts';

/** Node's own measurement of its event loop wakes up this often. */
const eventLoopSampleMs = 100;
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const countBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

type Instrument =
  | { readonly kind: 'counter'; readonly prom: Counter }
  | { readonly kind: 'distribution'; readonly prom: Histogram }
  | { readonly kind: 'gauge'; readonly prom: Gauge };

export class PrometheusMetrics implements MetricSink {
  readonly #registry = new Registry<RegistryContentType>();
  readonly #instruments = new Map<MetricName, Instrument>();
  readonly #status: () => AgentStatus | undefined;
  #rendering: Promise<unknown> = Promise.resolve();

  /** `status` gives `undefined` until there is a status. */
  constructor(status: () => AgentStatus | undefined) {
    this.#status = status;
    for (const name of metricNames) this.#instruments.set(name, instrument(name, this.#registry));
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: eventLoopSampleMs });
  }

  count(name: StageMetric, amount: number, labels: MetricLabels): void {
    const found = this.#instruments.get(name);
    if (found?.kind === 'counter') found.prom.inc(promLabels(name, labels), inBaseUnit(metrics[name].unit, amount));
  }

  observe(name: StageMetric, value: number, labels: MetricLabels): void {
    const found = this.#instruments.get(name);
    if (found?.kind === 'distribution') found.prom.observe(promLabels(name, labels), inBaseUnit(metrics[name].unit, value));
  }

  /** The whole page, as OpenMetrics where `accept` asks for it. */
  render(accept: string): Promise<{ readonly contentType: string; readonly body: string }> {
    const contentType = accept.includes('application/openmetrics-text')
      ? Registry.OPENMETRICS_CONTENT_TYPE
      : Registry.PROMETHEUS_CONTENT_TYPE;
    // One after another: the content type is a setting of the registry.
    const rendered = this.#rendering.then(async () => {
      this.#registry.setContentType(contentType);
      this.#readStatus();
      return { contentType, body: await this.#registry.metrics() };
    });
    this.#rendering = rendered.catch(() => undefined);
    return rendered;
  }

  #readStatus(): void {
    for (const name of statusMetricNames) this.#instruments.get(name)?.prom.reset();
    const status = this.#status();
    if (status === undefined) return;
    for (const { name, labels, value } of statusValues(status)) {
      const found = this.#instruments.get(name);
      const amount = inBaseUnit(metrics[name].unit, value);
      if (found?.kind === 'gauge') found.prom.set(promLabels(name, labels), amount);
      if (found?.kind === 'counter') found.prom.inc(promLabels(name, labels), amount);
    }
  }
}

function instrument(name: MetricName, registry: Registry<RegistryContentType>): Instrument {
  const { kind, unit, description }: MetricKind = metrics[name];
  const options = { name: promName(name), help: description, labelNames: promLabelNames(name), registers: [registry] };
  switch (kind) {
    case 'counter':
      return { kind, prom: new Counter(options) };
    case 'gauge':
      return { kind, prom: new Gauge(options) };
    case 'distribution':
      return { kind, prom: new Histogram({ ...options, buckets: unit === 'Milliseconds' ? secondsBuckets : countBuckets }) };
  }
}

function promLabels(name: MetricName, labels: MetricLabels): Record<string, string> {
  const own: Record<string, string> = {};
  for (const label of labelsOf(name)) own[snake(label)] = labels[label] ?? '';
  return own;
}

function promLabelNames(name: MetricName): string[] {
  return labelsOf(name).map(snake);
}

/** Distributions are by stream: a histogram is a dozen series, and there can be thousands of shards. */
function labelsOf(name: MetricName): readonly MetricLabel[] {
  const { kind, labels }: MetricKind = metrics[name];
  return kind === 'distribution' ? labels.filter((label) => label !== 'ShardId') : labels;
}
