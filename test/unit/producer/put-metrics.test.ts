/** What CloudWatch gets of a producer at work: the Java agent's metrics by destination, the KPL's by stream and by shard. */
import { expect, test } from 'vitest';
import { toData, type MetricDatum } from '../../../src/telemetry/cloudwatch-data.ts';
import { MetricRegistry } from '../../../src/telemetry/metric-registry.ts';
import type { MetricName } from '../../../src/telemetry/metrics.ts';
import type { Fault } from '../../support/kinesis-server/fault.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';

const byShard = [
  'UserRecordsPut',
  'UserRecordsDataPut',
  'KinesisRecordsPut',
  'KinesisRecordsDataPut',
  'RetriesPerRecord',
  'BufferingTime',
  'UserRecordsPerKinesisRecord',
] as const;
const byStream = ['RequestTime', 'KinesisRecordsPerPutRecordsRequest', 'UserRecordsPerPutRecordsRequest'] as const;

/** What CloudWatch gets of a producer that was given `lines`, each with a key of its own. */
async function sent(lines: readonly string[], prepare: (world: ProducerWorld) => void = () => undefined) {
  const registry = new MetricRegistry();
  const world = new ProducerWorld({ stream: { shards: 2 }, metrics: registry });
  prepare(world);
  const feed = world.flow({ plan: keyBeforeBar });
  feed.feed(lines);
  await world.run(10_000);
  expect(feed.pendingBytes).toBe(0);
  return toData(registry.take().series, { level: 'detailed', dimensions: {}, timestampMs: 0 });
}

function sumOf(datum: MetricDatum | undefined): number | undefined {
  const statistics = datum?.statistics;
  if (statistics?.kind === 'summary') return statistics.sum;
  return statistics?.values.reduce((sum, value, index) => sum + value * (statistics.counts[index] ?? 0), 0);
}

/** How many values the datum has. */
function countOf(datum: MetricDatum | undefined): number | undefined {
  const statistics = datum?.statistics;
  if (statistics?.kind === 'summary') return statistics.count;
  return statistics?.counts.reduce((sum, count) => sum + count, 0);
}

function find(data: readonly MetricDatum[], name: MetricName, dimensions: Readonly<Record<string, string>>): MetricDatum | undefined {
  const wanted = JSON.stringify(Object.entries(dimensions));
  return data.find((datum) => datum.name === name && JSON.stringify(datum.dimensions) === wanted);
}

const lines = Array.from({ length: 100 }, (_, line) => `key ${line}|a line\n`);
const bytes = lines.join('').length;
const java = { Destination: 'KinesisStream:web' };
const stream = { StreamName: 'web' };

test('the Java agent\'s five are there by destination, zeros included, so that no alarm lacks data', async () => {
  const data = await sent(lines);
  expect(sumOf(find(data, 'RecordSendAttempts', java))).toBe(100);
  expect(sumOf(find(data, 'RecordsSent', java))).toBe(100);
  expect(sumOf(find(data, 'BytesSent', java))).toBeGreaterThanOrEqual(bytes);
  expect(sumOf(find(data, 'RecordSendErrors', java))).toBe(0);
  expect(sumOf(find(data, 'ServiceErrors', java))).toBe(0);
});

test('the Java agent\'s five have one value a call, so that averages, extremes and sample counts are those of calls', async () => {
  const data = await sent(lines, (world) => {
    let refusals = 1;
    world.model.fault = (call) => {
      if (call.operation !== 'PutRecords' || refusals === 0) return undefined;
      refusals -= 1;
      return { kind: 'fail-entries', codeOf: () => 'ProvisionedThroughputExceededException' };
    };
  });
  const calls = countOf(find(data, 'RecordSendAttempts', java));
  expect(calls).toBeGreaterThan(1);
  for (const name of ['RecordsSent', 'RecordSendErrors', 'BytesSent', 'ServiceErrors'] as const) {
    expect(countOf(find(data, name, java)), name).toBe(calls);
  }
});

test('the KPL\'s are there by stream and by shard, and the shards add up to the stream', async () => {
  const data = await sent(lines);
  for (const name of byShard) {
    const whole = find(data, name, stream);
    const shards = data.filter((datum) => datum.name === name && datum.dimensions.length === 2);
    expect(whole, name).toBeDefined();
    expect(shards.map((datum) => datum.dimensions[1]?.[0]), name).toEqual(['ShardId', 'ShardId']);
    expect(shards.reduce((sum, datum) => sum + (sumOf(datum) ?? 0), 0), name).toBeCloseTo(sumOf(whole) ?? Number.NaN);
  }
  for (const name of byStream) expect(find(data, name, stream), name).toBeDefined();
  expect(sumOf(find(data, 'UserRecordsPut', stream))).toBe(100);
  expect(sumOf(find(data, 'UserRecordsDataPut', stream))).toBe(bytes);
  expect(sumOf(find(data, 'RetriesPerRecord', stream))).toBe(0);
  expect(sumOf(find(data, 'AllErrors', stream))).toBe(0);
});

test('throttled entries count as errors of their records, by code and by shard, and as retries', async () => {
  const data = await sent(lines, (world) => {
    let refusals = 2;
    world.model.fault = (call) => {
      if (call.operation !== 'PutRecords' || refusals === 0) return undefined;
      refusals -= 1;
      return { kind: 'fail-entries', codeOf: () => 'ProvisionedThroughputExceededException' };
    };
  });
  const refused = sumOf(find(data, 'ThrottledRecords', stream)) ?? 0;
  expect(refused).toBeGreaterThan(0);
  expect(sumOf(find(data, 'RecordSendErrors', java))).toBeGreaterThanOrEqual(refused);
  expect(sumOf(find(data, 'ServiceErrors', java))).toBe(0);
  expect(sumOf(find(data, 'AllErrors', stream))).toBe(refused);
  expect(sumOf(find(data, 'ErrorsByCode', { ...stream, ErrorCode: 'ProvisionedThroughputExceededException' }))).toBe(refused);
  const ofShards = data.filter(({ name, dimensions }) => name === 'ErrorsByCode' && dimensions.length === 3);
  expect(ofShards.reduce((sum, datum) => sum + (sumOf(datum) ?? 0), 0)).toBe(refused);
  expect(sumOf(find(data, 'RetriesPerRecord', stream))).toBe(refused);
});

test.each([
  ['refused', { kind: 'refuse', code: 'InternalFailure' }, 0],
  ['throttled', { kind: 'refuse', code: 'ProvisionedThroughputExceededException' }, 0],
  ['sent without an answer', { kind: 'lose-answer' }, 1],
] as const satisfies readonly (readonly [string, Fault, number])[])(
  'a request %s is one service error and no error of its records, as in the Java agent',
  async (_title, fault, ambiguous) => {
    const data = await sent(lines, (world) => {
      let failures = 1;
      world.model.fault = (call) => (call.operation === 'PutRecords' && failures-- > 0 ? fault : undefined);
    });
    expect(sumOf(find(data, 'ServiceErrors', java))).toBe(1);
    expect(sumOf(find(data, 'AllErrors', stream))).toBe(1);
    expect(sumOf(find(data, 'RecordSendErrors', java))).toBe(0);
    expect(sumOf(find(data, 'AmbiguousSends', java)) ?? 0).toBe(ambiguous);
    expect(sumOf(find(data, 'RecordsSent', java))).toBe(100);
  },
);
