/** What a consumer finds in a stream, through the SDK as it comes (JSON), from the first record of every shard on. */
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { testKeys } from '../fake-aws/settings.ts';

export interface ReadRecord {
  readonly shardId: string;
  readonly data: Buffer;
  readonly partitionKey: string;
  readonly sequenceNumber: string;
}

/** A client for tests to manage streams with. The SDK writes into the credentials it is given: they are a copy. */
export function plainClient(endpoint: string): KinesisClient {
  const credentials = { ...testKeys };
  return new KinesisClient({ endpoint, region: 'us-east-1', credentials, requestHandler: new NodeHttpHandler() });
}

/** Every record of every shard, closed ones too, in the order of each shard. */
export async function readBack(client: KinesisClient, stream: string): Promise<readonly ReadRecord[]> {
  const found: ReadRecord[] = [];
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
  for (const shard of shards) {
    const shardId = shard.ShardId ?? '';
    const start = new GetShardIteratorCommand({ StreamName: stream, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' });
    let iterator = (await client.send(start)).ShardIterator;
    while (iterator !== undefined) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
      for (const record of page.Records ?? []) {
        found.push({
          shardId,
          data: Buffer.from(record.Data ?? []),
          partitionKey: record.PartitionKey ?? '',
          sequenceNumber: record.SequenceNumber ?? '',
        });
      }
      const atEnd = (page.Records ?? []).length === 0 && (page.MillisBehindLatest ?? 0) === 0;
      iterator = atEnd ? undefined : page.NextShardIterator;
    }
  }
  return found;
}
