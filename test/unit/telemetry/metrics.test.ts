import { expect, test } from 'vitest';
import { toData } from '../../../src/telemetry/cloudwatch-data.ts';
import { MetricRegistry } from '../../../src/telemetry/metric-registry.ts';
import { metricsReference } from '../../../src/telemetry/metrics-reference.ts';
import { distinctMetricCount, metricNames, metrics, type StageMetric } from '../../../src/telemetry/metrics.ts';
import { promName } from '../../../src/telemetry/prometheus-names.ts';
import { dropReasons } from '../../../src/telemetry/status-metrics.ts';

test.each([
  ['RecordSendAttempts', 'Count'],
  ['RecordsSent', 'Count'],
  ['RecordSendErrors', 'Count'],
  ['BytesSent', 'Bytes'],
  ['ServiceErrors', 'Count'],
] as const)('%s is as in the Java agent: by Destination, in %s, always uploaded', (name, unit) => {
  expect(metrics[name]).toMatchObject({ unit, labels: ['Destination'], level: 'summary' });
});

test('Prometheus names are unique, in snake case, with their unit', () => {
  const names = metricNames.map(promName);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^kinship(_[a-z]+)+$/);
  expect(promName('BytesSent')).toBe('kinship_bytes_sent_total');
  expect(promName('LagSeconds')).toBe('kinship_lag_seconds');
  expect(promName('CheckpointAge')).toBe('kinship_checkpoint_age_seconds');
});

test('the reference has a row for every metric', () => {
  const rows = metricsReference().split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toHaveLength(metricNames.length);
  expect(rows[0]).toBe(
    '| `RecordSendAttempts` | `kinship_record_send_attempts_total` | counter | Count | Destination | summary | Records in a request, for each request that was sent. |',
  );
});

test.each(['summary', 'detailed'] as const)('what check says CloudWatch will bill at %s is what it gets where everything occurs', (level) => {
  const registry = new MetricRegistry();
  const flows = ['a', 'b'];
  const shards = ['shardId-1', 'shardId-2', 'shardId-3'];
  for (const name of metricNames) {
    for (const Flow of flows) for (const Reason of dropReasons) for (const ShardId of shards) {
      const labels = { Flow, Reason, ShardId, StreamName: 'logs', Destination: 'KinesisStream:logs', ErrorCode: 'Code' };
      registry.observe(name as StageMetric, 1, labels);
    }
  }
  const data = toData(registry.take().series, { level, dimensions: {}, timestampMs: 0 });
  const distinct = new Set(data.map((datum) => JSON.stringify([datum.name, datum.dimensions])));
  const facts = { flows: flows.length, destinations: 1, shards: shards.length, reasons: dropReasons.length };
  expect(distinctMetricCount({ ...facts, level })).toBe(distinct.size);
});

test('what CloudWatch will bill grows with shards at detailed only', () => {
  const facts = { flows: 2, destinations: 1, shards: 0, reasons: 5 };
  const summary = distinctMetricCount({ ...facts, level: 'summary' });
  expect(distinctMetricCount({ ...facts, level: 'none' })).toBe(0);
  expect(distinctMetricCount({ ...facts, shards: 100, level: 'summary' })).toBe(summary);
  expect(distinctMetricCount({ ...facts, shards: 100, level: 'detailed' })).toBeGreaterThan(summary + 100);
  expect(distinctMetricCount({ ...facts, flows: 3, level: 'summary' })).toBeGreaterThan(summary);
});
