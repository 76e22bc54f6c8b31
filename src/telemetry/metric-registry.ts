/**
 * What was counted and observed since the last upload, by metric and dimensions.
 *
 * Invariant: bounded. At most `metricSeriesCountMax` different series an interval; what would exceed them is counted as
 * dropped, never allocated.
 */
import { limits } from '../core/limits.ts';
import { Distribution } from './distribution.ts';
import type { MetricLabels, MetricSink } from './metric-sink.ts';
import { type MetricLabel, type MetricName, metrics } from './metrics.ts';

export interface MetricSeries {
  readonly name: MetricName;
  /** Values of the metric's own dimensions, those that were given. */
  readonly labels: MetricLabels;
  readonly values: Distribution;
}

export interface MetricInterval {
  readonly series: readonly MetricSeries[];
  /** Values that found no room. */
  readonly droppedCount: number;
}

export class MetricRegistry implements MetricSink {
  #series = new Map<string, MetricSeries>();
  #droppedCount = 0;

  count(name: MetricName, amount: number, labels: MetricLabels): void {
    this.#add(name, amount, labels);
  }

  observe(name: MetricName, value: number, labels: MetricLabels): void {
    this.#add(name, value, labels);
  }

  /** Everything since the last call; begins anew. */
  take(): MetricInterval {
    const interval = { series: [...this.#series.values()], droppedCount: this.#droppedCount };
    this.#series = new Map();
    this.#droppedCount = 0;
    return interval;
  }

  #add(name: MetricName, value: number, labels: MetricLabels): void {
    const key = seriesKey(name, labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= limits.metricSeriesCountMax) {
        this.#droppedCount += 1;
        return;
      }
      series = { name, labels: ownLabels(name, labels), values: new Distribution() };
      this.#series.set(key, series);
    }
    series.values.add(value);
  }
}

/** Identity of a series: its name and the values of its own dimensions. */
export function seriesKey(name: MetricName, labels: MetricLabels): string {
  let key: string = name;
  for (const label of metrics[name].labels) key += `\0${labels[label] ?? ''}`;
  return key;
}

/** Only the dimensions that the metric has, in the order of its row. */
export function ownLabels(name: MetricName, labels: MetricLabels, without?: MetricLabel): MetricLabels {
  const own: Partial<Record<MetricLabel, string>> = {};
  for (const label of metrics[name].labels) {
    const value = labels[label];
    if (value !== undefined && label !== without) own[label] = value;
  }
  return own;
}
