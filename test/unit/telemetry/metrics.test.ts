import { expect, test } from 'vitest';
import { distinctMetricCount, metricNames, metrics } from '../../../src/telemetry/metrics.ts';
import { metricsReference } from '../../../src/telemetry/metrics-reference.ts';
import { promName } from '../../../src/telemetry/prometheus-names.ts';

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

test('what CloudWatch will bill grows with shards at detailed only', () => {
  const facts = { flows: 2, destinations: 1, shards: 0, reasons: 5 };
  const summary = distinctMetricCount({ ...facts, level: 'summary' });
  expect(distinctMetricCount({ ...facts, level: 'none' })).toBe(0);
  expect(distinctMetricCount({ ...facts, shards: 100, level: 'summary' })).toBe(summary);
  expect(distinctMetricCount({ ...facts, shards: 100, level: 'detailed' })).toBeGreaterThan(summary + 100);
  expect(distinctMetricCount({ ...facts, flows: 3, level: 'summary' })).toBeGreaterThan(summary);
});
