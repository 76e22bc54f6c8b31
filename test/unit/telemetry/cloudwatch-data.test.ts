import { expect, test } from 'vitest';
import { toData } from '../../../src/telemetry/cloudwatch-data.ts';
import { MetricRegistry } from '../../../src/telemetry/metric-registry.ts';

const at = { dimensions: {}, timestampMs: 1000 } as const;

function series(fill: (registry: MetricRegistry) => void) {
  const registry = new MetricRegistry();
  fill(registry);
  return registry.take().series;
}

const twoShards = series((registry) => {
  registry.count('KinesisRecordsPut', 3, { Destination: 'KinesisStream:logs', StreamName: 'logs', ShardId: 's-0' });
  registry.count('KinesisRecordsPut', 4, { Destination: 'KinesisStream:logs', StreamName: 'logs', ShardId: 's-1' });
  registry.observe('RequestTime', 20, { StreamName: 'logs' });
});

test('at summary shards are added up and detailed metrics stay out', () => {
  expect(toData(twoShards, { ...at, level: 'summary' })).toEqual([
    {
      name: 'KinesisRecordsPut',
      unit: 'Count',
      dimensions: [['StreamName', 'logs']],
      timestampMs: 1000,
      statistics: { kind: 'values', values: [3, 4], counts: [1, 1] },
    },
  ]);
});

test('at detailed there is the stream, each shard, and every metric', () => {
  const data = toData(twoShards, { ...at, level: 'detailed' });
  expect(data.map((datum) => [datum.name, ...datum.dimensions.flat()])).toEqual([
    ['KinesisRecordsPut', 'StreamName', 'logs'],
    ['RequestTime', 'StreamName', 'logs'],
    ['KinesisRecordsPut', 'StreamName', 'logs', 'ShardId', 's-0'],
    ['KinesisRecordsPut', 'StreamName', 'logs', 'ShardId', 's-1'],
  ]);
});

test('at none there is nothing', () => {
  expect(toData(twoShards, { ...at, level: 'none' })).toEqual([]);
});

test('a counter with many different amounts keeps an exact sum', () => {
  const rows = series((registry) => {
    for (let amount = 1; amount <= 1000; amount += 1) registry.count('BytesSent', amount, { Destination: 'd' });
  });
  expect(toData(rows, { ...at, level: 'summary' })[0]?.statistics).toEqual({
    kind: 'summary',
    count: 1000,
    sum: 500_500,
    min: 1,
    max: 1000,
  });
});

test('a distribution with many different values keeps at most 150 of them', () => {
  const rows = series((registry) => {
    for (let value = 1; value <= 1000; value += 1) registry.observe('BufferingTime', value, { StreamName: 'logs' });
  });
  const statistics = toData(rows, { ...at, level: 'summary' })[0]?.statistics;
  expect(statistics?.kind === 'values' && statistics.values.length <= 150).toBe(true);
  expect(statistics?.kind === 'values' && statistics.counts.reduce((total, count) => total + count, 0)).toBe(1000);
});

test('common dimensions come first; values that CloudWatch would refuse are made acceptable', () => {
  const rows = series((registry) => registry.count('UnparsableLines', 1, { Flow: 'zugriffe-ä\n' }));
  const data = toData(rows, { level: 'summary', dimensions: { Instance: 'i-1', Empty: '' }, timestampMs: 0 });
  expect(data[0]?.dimensions).toEqual([
    ['Instance', 'i-1'],
    ['Empty', '-'],
    ['Flow', 'zugriffe-??'],
  ]);
});

test('series beyond the bound are counted, not kept', () => {
  const registry = new MetricRegistry();
  for (let flow = 0; flow < 10_005; flow += 1) registry.count('UnparsableLines', 1, { Flow: String(flow) });
  const interval = registry.take();
  expect(interval.series).toHaveLength(10_000);
  expect(interval.droppedCount).toBe(5);
  expect(registry.take()).toEqual({ series: [], droppedCount: 0 });
});
