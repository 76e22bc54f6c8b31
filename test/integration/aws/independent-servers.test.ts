/** The port against Kinesis servers that others wrote, and the project's own server against the SDK as it comes. */
import { randomBytes } from 'node:crypto';
import { CreateStreamCommand, DescribeStreamSummaryCommand, MergeShardsCommand, PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awsSettings, never, outgoing, testClients } from '../../support/fake-aws/settings.ts';
import { startKinesalite } from '../../support/fake-kinesis/kinesalite.ts';
import type { IndependentServer } from '../../support/fake-kinesis/kinesalite.ts';
import { startKinesisLocal } from '../../support/fake-kinesis/kinesis-local.ts';
import { plainClient, readBack } from '../../support/fake-kinesis/read-back.ts';
import { KinesisServer } from '../../support/kinesis-server/server.ts';

const top = String(2n ** 128n - 1n);

async function createStream(client: KinesisClient, name: string, shards: number): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  for (;;) {
    const { StreamDescriptionSummary: summary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    if (summary?.StreamStatus === 'ACTIVE') return;
  }
}

describe('kinesalite', () => {
  it('gets every byte in JSON, to which the port turns after a cut CBOR answer, and routes by hash key', async () => {
    await using server = await startKinesalite();
    using clients = testClients();
    const client = plainClient(server.endpoint);
    await createStream(client, 'logs', 2);
    const port = clients.kinesis(awsSettings({ kinesis: { endpoint: server.endpoint } }), 'logs');
    const bytes = randomBytes(60_000);
    const records = [outgoing(bytes, 'a'), outgoing('zero', 'k', '0'), outgoing('top', 'k', top), outgoing('é\n', 'ключ')];
    const reply = await port.putRecords('logs', records, never);
    expect(reply).toMatchObject({ kind: 'answered', entries: [{}, { shardId: 'shardId-000000000000' }, { shardId: 'shardId-000000000001' }, {}] });
    const read = await readBack(client, 'logs');
    expect(read.map((record) => record.data.toString('hex')).toSorted()).toEqual(
      [bytes, Buffer.from('zero'), Buffer.from('top'), Buffer.from('é\n')].map((data) => data.toString('hex')).toSorted(),
    );
    expect(read.map((record) => record.partitionKey).toSorted()).toEqual(['a', 'k', 'k', 'ключ']);
    expect(clients.events.names).toEqual(['protocolFellBack']);
    client.destroy();
  });

  it('lists open and closed shards after a split', async () => {
    await using server = await startKinesalite();
    using clients = testClients();
    const client = plainClient(server.endpoint);
    await createStream(client, 'logs', 1);
    await client.send(new SplitShardCommand({ StreamName: 'logs', ShardToSplit: 'shardId-000000000000', NewStartingHashKey: String(2n ** 127n) }));
    const port = clients.kinesis(awsSettings({ kinesis: { endpoint: server.endpoint } }), 'logs');
    await expect
      .poll(async () => {
        const reply = await port.listShards('logs', never);
        return reply.kind === 'answered' ? reply.shards.map((shard) => [shard.shardId.slice(-1), shard.closed]) : reply;
      })
      .toEqual([['0', true], ['1', false], ['2', false]]);
    client.destroy();
  });

  it.each([
    { name: 'a missing stream', stream: 'absent', records: [outgoing('a')], code: 'ResourceNotFoundException', kind: 'blocked' },
    { name: '501 records', stream: 'logs', records: Array.from({ length: 501 }, () => outgoing('a')), code: 'ValidationException', kind: 'invalid' },
    { name: 'a record over 1 MiB', stream: 'logs', records: [outgoing(Buffer.alloc(1024 * 1024 + 1))], code: 'ValidationException', kind: 'invalid' },
    { name: 'a hash key of 2^128', stream: 'logs', records: [outgoing('a', 'k', String(2n ** 128n))], code: 'InvalidArgumentException', kind: 'invalid' },
  ])('refuses $name just as the project’s own server does', async ({ stream, records, code, kind }) => {
    await using server = await startKinesalite();
    await using own = await KinesisServer.start();
    using clients = testClients();
    const client = plainClient(server.endpoint);
    await createStream(client, 'logs', 1);
    own.model.createStream('logs', { shards: 1 });
    for (const { endpoint } of [server, own]) {
      const port = clients.kinesis(awsSettings({ kinesis: { endpoint, protocol: 'json' } }), stream);
      expect(await port.putRecords(stream, records, never)).toMatchObject({ kind: 'failed', fault: { kind, code } });
    }
    client.destroy();
  });

  it('gives the records of many keys the same shards as the project’s own server', async () => {
    await using server = await startKinesalite();
    await using own = await KinesisServer.start();
    using clients = testClients();
    const client = plainClient(server.endpoint);
    await createStream(client, 'logs', 7);
    own.model.createStream('logs', { shards: 7 });
    const records = Array.from({ length: 400 }, (_, index) => outgoing(`${index}`, `key ${index} ü`));
    const shardsOf = async (endpoint: string) => {
      const port = clients.kinesis(awsSettings({ kinesis: { endpoint, protocol: 'json' } }), 'logs');
      const reply = await port.putRecords('logs', records, never);
      return reply.kind === 'answered' ? reply.entries.map((entry) => entry.shardId) : reply;
    };
    expect(await shardsOf(own.endpoint)).toEqual(await shardsOf(server.endpoint));
    client.destroy();
  });
});

describe('kinesis-local', () => {
  let server: IndependentServer | undefined;
  let reason = '';

  beforeAll(async () => {
    server = await startKinesisLocal('logs:2').catch((error: unknown) => {
      reason = String(error);
      return undefined;
    });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('understands the CBOR of the port, by name and by ARN, large records in pieces', async (context) => {
    if (server === undefined) return context.skip(reason);
    using clients = testClients();
    const { endpoint } = server;
    const settings = awsSettings({ kinesis: { endpoint } });
    const bytes = randomBytes(20_000);
    const records = [outgoing(bytes, 'a'), outgoing('zero', 'k', '0'), outgoing('top', 'ключ', top)];
    const reply = await clients.kinesis(settings, 'logs').putRecords('logs', records, never);
    expect(reply).toMatchObject({ kind: 'answered', entries: [{}, { shardId: 'shardId-000000000000' }, { shardId: 'shardId-000000000001' }] });
    const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/logs';
    expect((await clients.kinesis(settings, arn).putRecords(arn, [outgoing('by arn')], never)).kind).toBe('answered');
    expect(clients.events.names).toEqual([]);
    const client = plainClient(endpoint);
    const read = await readBack(client, 'logs');
    expect(read.map((record) => record.data.toString('hex')).toSorted()).toEqual(
      [bytes, Buffer.from('zero'), Buffer.from('top'), Buffer.from('by arn')].map((data) => data.toString('hex')).toSorted(),
    );
    client.destroy();
    return undefined;
  });

  it('answers faults in CBOR that the port understands', async (context) => {
    if (server === undefined) return context.skip(reason);
    using clients = testClients();
    const settings = awsSettings({ kinesis: { endpoint: server.endpoint, protocol: 'cbor' } });
    const reply = await clients.kinesis(settings, 'absent').putRecords('absent', [outgoing('a')], never);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'ResourceNotFoundException' } });
    return undefined;
  });
});

describe('the project’s own server', () => {
  it('is a Kinesis to the SDK as it comes: create, put, split, merge, read', async () => {
    await using server = await KinesisServer.start();
    const client = plainClient(server.endpoint);
    await createStream(client, 'logs', 1);
    const put = (text: string, hashKey: string) =>
      client.send(new PutRecordsCommand({ StreamName: 'logs', Records: [{ Data: Buffer.from(text), PartitionKey: 'k', ExplicitHashKey: hashKey }] }));
    await put('before', '0');
    await client.send(new SplitShardCommand({ StreamName: 'logs', ShardToSplit: 'shardId-000000000000', NewStartingHashKey: String(2n ** 127n) }));
    await put('low', '0');
    await put('high', top);
    await client.send(new MergeShardsCommand({ StreamName: 'logs', ShardToMerge: 'shardId-000000000001', AdjacentShardToMerge: 'shardId-000000000002' }));
    await put('after', '0');
    const read = await readBack(client, 'logs');
    expect(read.map((record) => [record.shardId.slice(-1), record.data.toString()])).toEqual([
      ['0', 'before'],
      ['1', 'low'],
      ['2', 'high'],
      ['3', 'after'],
    ]);
    client.destroy();
  });
});
