/**
 * One interval's series → what PutMetricData takes. Pure.
 *
 * Guarantees: sums of counters are exact; at `summary` no series has a shard; every datum is within the service's limits
 * (MetricDatum and Dimension, API reference: 30 dimensions, 150 values, values of dimensions ASCII, 1 … 1024 characters).
 */
import { limits } from '../core/limits.ts';
import { Distribution } from './distribution.ts';
import { type MetricSeries, ownLabels, seriesKey } from './metric-registry.ts';
import type { MetricLabels } from './metric-sink.ts';
import { metrics, type MetricUnit } from './metrics.ts';

export interface MetricDatum {
  readonly name: string;
  readonly unit: MetricUnit;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
  readonly timestampMs: number;
  readonly statistics: MetricStatistics;
}

export type MetricStatistics =
  /** Percentiles work. */
  | { readonly kind: 'values'; readonly values: readonly number[]; readonly counts: readonly number[] }
  /** A counter with more different values than a datum holds: its sum stays exact. */
  | { readonly kind: 'summary'; readonly count: number; readonly sum: number; readonly min: number; readonly max: number };

export interface DatumOptions {
  readonly level: 'none' | 'summary' | 'detailed';
  /** Dimensions of every metric, before the metric's own. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

/** What to upload of `series`: by stream, and at `detailed` by shard as well. */
export function toData(series: readonly MetricSeries[], options: DatumOptions): readonly MetricDatum[] {
  if (options.level === 'none') return [];
  const rows = series.filter((row) => options.level === 'detailed' || metrics[row.name].level === 'summary');
  const shards = options.level === 'detailed' ? rows.filter((row) => row.labels.ShardId !== undefined) : [];
  return [...withoutShards(rows), ...shards].map((row) => toDatum(row, options));
}

/** Merges series that differ in their shard only. */
function withoutShards(rows: readonly MetricSeries[]): Iterable<MetricSeries> {
  const merged = new Map<string, MetricSeries>();
  for (const row of rows) {
    const labels = ownLabels(row.name, row.labels, 'ShardId');
    const key = seriesKey(row.name, labels);
    const whole = merged.get(key) ?? { name: row.name, labels, values: new Distribution() };
    whole.values.merge(row.values);
    merged.set(key, whole);
  }
  return merged.values();
}

function toDatum(row: MetricSeries, options: DatumOptions): MetricDatum {
  const { kind, unit } = metrics[row.name];
  return {
    name: row.name,
    unit,
    dimensions: dimensionsOf(options.dimensions, row.labels),
    timestampMs: options.timestampMs,
    statistics: kind === 'counter' && !row.values.isExact ? summaryOf(row.values) : valuesOf(row.values),
  };
}

function dimensionsOf(common: Readonly<Record<string, string>>, own: MetricLabels): MetricDatum['dimensions'] {
  return Object.entries({ ...common, ...own })
    .slice(-limits.cloudWatchDimensionsCountMax)
    .map(([name, value]) => [name, dimensionValue(value)] as const);
}

/** CloudWatch refuses the whole request for one empty or non-ASCII value. */
function dimensionValue(value: string): string {
  const printable = value.replaceAll(/[^\x20-\x7e]/g, '?').trim();
  return printable === '' ? '-' : printable.slice(0, 1024);
}

function summaryOf(values: Distribution): MetricStatistics {
  return { kind: 'summary', count: values.count, sum: values.sum, min: values.min, max: values.max };
}

function valuesOf(values: Distribution): MetricStatistics {
  const entries = values.entries();
  return { kind: 'values', values: entries.map(([value]) => value), counts: entries.map(([, count]) => count) };
}

/** Size of a datum in a request, estimated from above: JSON with the service's longer names for the fields. */
export function datumBytes(datum: MetricDatum): number {
  const fieldNamesBytes = 160 + 32 * datum.dimensions.length;
  return fieldNamesBytes + JSON.stringify(datum).length;
}
