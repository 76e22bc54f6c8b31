import { expect, test } from 'vitest';
import { ThrottleReport } from '../../../src/producer/hot-shards/throttle-report.ts';
import { events } from '../../../src/telemetry/events.ts';

function report(shardsListed?: number, destination = 'KinesisStream:web') {
  const told: { name: string; fields: Record<string, unknown> }[] = [];
  const sink = new ThrottleReport({
    events: { emit: (name, fields) => told.push({ name, fields: { ...fields } }) },
    destination,
    shardsListed: () => shardsListed,
  });
  return { told, sink };
}

function sentenceOf(told: { fields: Record<string, unknown> } | undefined): string {
  return events.recordsThrottled.message(told?.fields as Parameters<typeof events.recordsThrottled.message>[0]);
}

test('a burst of refusals that is over in seconds is not reported', () => {
  const { told, sink } = report();
  for (let ms = 0; ms < 9000; ms += 10) sink.refused('shardId-1', ms);
  sink.accepted('shardId-1', 9500);
  sink.accepted('shardId-1', 60_000);
  expect(told).toEqual([]);
});

test('refusals that go on are reported after ten seconds, then once a minute, each counted once, and when they end', () => {
  const { told, sink } = report();
  let refused = 0;
  for (let ms = 0; ms <= 200_000; ms += 100) {
    sink.refused(ms % 400 === 0 ? 'shardId-1' : 'shardId-2', ms);
    refused += 1;
    if (ms % 1000 === 0) sink.accepted('shardId-1', ms);
  }
  sink.accepted('shardId-1', 240_000);
  sink.accepted('shardId-1', 241_000);
  expect(told.map(({ name }) => name)).toEqual(['recordsThrottled', 'recordsThrottled', 'recordsThrottled', 'recordsThrottled', 'recordsFlowAgain']);
  expect(told[0]?.fields).toMatchObject({ refusedCount: 101, seconds: 10, refusingShards: 2, answeringShards: 2, worst: 'shardId-2' });
  expect(told[1]?.fields).toMatchObject({ refusedCount: 600, acceptedCount: 60, seconds: 60 });
  const counted = told.reduce((sum, { fields }) => sum + Number(fields.refusedCount ?? 0), 0);
  // The rest of the last minute.
  expect(refused - counted).toBe(100);
});

test('the report says what it means and what to do', () => {
  const { told, sink } = report(4);
  for (let ms = 0; ms <= 10_000; ms += 1000) sink.refused('shardId-000000000001', ms);
  expect(sentenceOf(told[0])).toBe(
    'KinesisStream:web refuses records, it is at its limit: 11 refused and 0 accepted in 10 s, refused by 1 of its 4 shard(s), most (11) by shardId-000000000001; they wait and are sent again, nothing is lost. Raise its limit (more shards), or spread the partition key if one shard stands out (kinship status)',
  );
});

test('a delivery stream has no shards and no partition keys: its report does not speak of them', () => {
  const { told, sink } = report(undefined, 'DeliveryStream:web');
  for (let ms = 0; ms <= 10_000; ms += 1000) sink.refused(undefined, ms);
  const sentence = sentenceOf(told[0]);
  expect(sentence).toContain('Ask for a higher quota of it (Service Quotas, Amazon Data Firehose)');
  expect(sentence).not.toMatch(/shard|partition/);
});

test('where the shards of a stream are not listed, those that answered are counted', () => {
  const { told, sink } = report();
  sink.accepted('shardId-3', 0);
  for (let ms = 0; ms <= 10_000; ms += 1000) {
    sink.refused('shardId-1', ms);
    sink.accepted('shardId-1', ms);
    sink.accepted('shardId-2', ms);
  }
  expect(sentenceOf(told[0])).toContain(', refused by 1 of the 2 shard(s) that answered, most (11) by shardId-1;');
});

test('more shards than are listed were there before a reshard: they are not counted against the list', () => {
  const { told, sink } = report(1);
  for (let ms = 0; ms <= 10_000; ms += 1000) for (const shardId of ['shardId-1', 'shardId-2']) sink.refused(shardId, ms);
  expect(sentenceOf(told[0])).toContain('refused by 2 of the 2 shard(s) that answered');
});

test('a destination without shards is reported without shards', () => {
  const { told, sink } = report();
  for (let ms = 0; ms <= 10_000; ms += 1000) {
    sink.accepted(undefined, ms);
    sink.refused(undefined, ms);
  }
  expect(sentenceOf(told[0])).toContain('11 refused and 10 accepted in 10 s; they wait');
});
