/** What the metrics are called in Prometheus, and in which units. Pure. Source: prometheus.io, "Metric and label naming". */
import { type MetricKind, type MetricName, metrics, type MetricUnit } from './metrics.ts';

/** `RequestTime` in milliseconds → `kinship_request_time_seconds`. */
export function promName(name: MetricName): string {
  const { kind, unit }: MetricKind = metrics[name];
  const suffix = unitSuffix(unit);
  const words = snake(name).split('_');
  const named = suffix === '' || words.includes(suffix) ? words : [...words, suffix];
  return ['kinship', ...named, ...(kind === 'counter' ? ['total'] : [])].join('_');
}

/** A value in seconds, bytes or as a ratio. */
export function inBaseUnit(unit: MetricUnit, value: number): number {
  if (unit === 'Milliseconds') return value / 1000;
  return unit === 'Percent' ? value / 100 : value;
}

/** `StreamName` → `stream_name`. */
export function snake(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
}

function unitSuffix(unit: MetricUnit): string {
  switch (unit) {
    case 'Bytes':
      return 'bytes';
    case 'Milliseconds':
    case 'Seconds':
      return 'seconds';
    case 'Percent':
      return 'ratio';
    case 'Count':
      return '';
  }
}
