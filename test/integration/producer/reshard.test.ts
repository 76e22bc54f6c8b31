/**
 * The producer sends through the real SDK to an independent Kinesis server that is resharded meanwhile. What a KCL consumer
 * of each shard would get is complete, and in order for every key.
 */
import { ListShardsCommand, MergeShardsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { expect, it } from 'vitest';
import { OffsetTracker } from '../../../src/core/offset-tracker.ts';
import { RecordBatch } from '../../../src/core/record-batch.ts';
import { NodeClock } from '../../../src/platform/node-clock.ts';
import { NodeRandom } from '../../../src/platform/node-random.ts';
import { Producer } from '../../../src/producer/producer.ts';
import { deaggregate } from '../../support/deaggregate.ts';
import { awsSettings, testClients } from '../../support/fake-aws/settings.ts';
import { startKinesisLocal } from '../../support/fake-kinesis/kinesis-local.ts';
import { plainClient, readBack } from '../../support/fake-kinesis/read-back.ts';
import { keyBeforeBar } from '../../unit/producer/producer-world.ts';

const KEYS = 20;

it('a split and a merge while shipping: nothing missing, every key in order', async () => {
  await using server = await startKinesisLocal('logs:2');
  using clients = testClients();
  const client = plainClient(server.endpoint);
  const producer = new Producer({
    clock: new NodeClock(),
    random: new NodeRandom(),
    events: { emit: () => undefined },
    metrics: { count: () => undefined, observe: () => undefined },
    bufferBytesMax: 4 * 1024 * 1024,
  });
  const sink = producer.open({
    flow: 'flow',
    target: { kind: 'kinesis', port: clients.kinesis(awsSettings({ kinesis: { endpoint: server.endpoint } }), 'logs'), stream: 'logs' },
    maxConnections: 1,
    requestBytesMax: 50_000,
    requestRecordsMax: 500,
    settings: {
      recordMaxBufferedTimeMillis: 5,
      aggregation: { format: 'kpl', recordBytesMax: 2000 },
      truncatedRecordTerminator: '\n',
      retryInitialBackoffMillis: 20,
      retryMaxBackoffMillis: 200,
    },
    oversizeRecords: 'truncate',
    plan: keyBeforeBar,
  });
  const tracker = new OffsetTracker({ startOffset: 0, onResolve: () => undefined });
  const numbers = Array.from({ length: KEYS }, () => 0);
  const feed = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      const lines = numbers.map((number, key) => `key-${key}|${number}\n`);
      numbers.forEach((number, key) => (numbers[key] = number + 1));
      const batch = new RecordBatch();
      batch.reset(Buffer.from(lines.join('')));
      let position = 0;
      for (const { length } of lines) {
        batch.push(position, position + length, position, length);
        position += length;
      }
      sink.add(batch, { path: '/log', span: tracker.open(position), wallMs: 0 });
      await expect.poll(() => tracker.pendingBytes, { interval: 2, timeout: 20_000 }).toBeLessThan(2000);
    }
  };
  await feed(20);
  const [first] = await openShards(client);
  await client.send(new SplitShardCommand({ StreamName: 'logs', ShardToSplit: first?.ShardId, NewStartingHashKey: String(2n ** 125n) }));
  await feed(40);
  await expect.poll(async () => (await openShards(client)).length, { timeout: 20_000 }).toBe(3);
  const open = await openShards(client);
  const [left, right] = open.toSorted((a, b) => (BigInt(a.HashKeyRange?.StartingHashKey ?? 0) < BigInt(b.HashKeyRange?.StartingHashKey ?? 0) ? -1 : 1));
  await expect
    .poll(async () => merged(client, left?.ShardId ?? '', right?.ShardId ?? ''), { timeout: 20_000 })
    .toBe(true);
  await feed(40);
  await sink.drain(AbortSignal.timeout(30_000));
  expect(tracker.pendingBytes).toBe(0);
  await producer.close();

  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: 'logs' }));
  const ranges = new Map(
    shards.map((shard) => [
      shard.ShardId ?? '',
      { startHashKey: BigInt(shard.HashKeyRange?.StartingHashKey ?? 0), endHashKey: BigInt(shard.HashKeyRange?.EndingHashKey ?? 0) },
    ]),
  );
  const seen = new Map<string, number[]>();
  const records = [...(await readBack(client, 'logs'))].sort((a, b) => (BigInt(a.sequenceNumber) < BigInt(b.sequenceNumber) ? -1 : 1));
  for (const record of records) {
    for (const { data } of deaggregate(record, ranges.get(record.shardId))) {
      const [key = '', number = ''] = data.toString().split('|');
      seen.set(key, [...(seen.get(key) ?? []), Number(number)]);
    }
  }
  for (let key = 0; key < KEYS; key += 1) {
    const firsts = [...new Set(seen.get(`key-${key}`))];
    expect(firsts).toEqual(Array.from({ length: 100 }, (_, index) => index));
  }
  client.destroy();
});

async function openShards(client: KinesisClient) {
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: 'logs' }));
  return shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined);
}

/** Whether the server took the merge on: it refuses a merge while the split is under way. */
async function merged(client: KinesisClient, left: string, right: string): Promise<boolean> {
  try {
    await client.send(new MergeShardsCommand({ StreamName: 'logs', ShardToMerge: left, AdjacentShardToMerge: right }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceInUseException') return false;
    throw error;
  }
}
