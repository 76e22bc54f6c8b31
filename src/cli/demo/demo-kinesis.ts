/**
 * The demo's Kinesis: kinesalite, an independent implementation from npm, on a free loopback port; and an independent
 * de-aggregator, aws-kinesis-agg by AWS, to read the stream back. Both are development packages: the demo checks
 * kinship with other people's code.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type _Record,
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CommandError } from '../../core/errors.ts';
import { exitCodes } from '../usage/exit-codes.ts';

export const DEMO_CREDENTIALS = { accessKeyId: 'demo', secretAccessKey: 'demo' };
export const DEMO_REGION = 'us-east-1';

/** One Kinesis record as read back, taken apart. */
export interface DemoRecord {
  readonly shardId: string;
  readonly userRecords: readonly Buffer[];
}

/** Shape of aws-kinesis-agg's function, for records as Lambda hands them over. */
type Deaggregate = (
  record: { readonly data: string; readonly partitionKey: string; readonly sequenceNumber: string },
  checkMd5: boolean,
  done: (fault: Error | null | undefined, userRecords?: readonly { readonly data: string }[]) => void,
) => void;

export class DemoKinesis {
  readonly endpoint: string;
  readonly #server: Server;
  readonly #client: KinesisClient;
  readonly #deaggregate: Deaggregate;
  #putRecordsCalls = 0;

  private constructor(server: Server, deaggregate: Deaggregate) {
    const { port } = server.address() as AddressInfo;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#server = server;
    this.#deaggregate = deaggregate;
    server.on('request', (request) => {
      if (String(request.headers['x-amz-target']).endsWith('.PutRecords')) this.#putRecordsCalls += 1;
    });
    this.#client = new KinesisClient({
      endpoint: this.endpoint,
      region: DEMO_REGION,
      credentials: DEMO_CREDENTIALS,
      // The SDK's own default speaks HTTP/2, kinesalite does not.
      requestHandler: new NodeHttpHandler(),
    });
  }

  /** Starts the server. Throws a `CommandError` where the development packages are missing. */
  static async start(): Promise<DemoKinesis> {
    const [{ default: kinesalite }, { deaggregateSync }] = await Promise.all([
      import('kinesalite'),
      import('aws-kinesis-agg'),
    ]).catch((cause: unknown) => {
      throw new CommandError({
        message: 'the demo needs kinesalite and aws-kinesis-agg, which only a checkout of kinship has',
        exitCode: exitCodes.serviceUnavailable,
        hint: 'in a checkout: npm ci && npm run demo',
        cause,
      });
    });
    const server = kinesalite({ createStreamMs: 10, shardLimit: 100 });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve());
    });
    return new DemoKinesis(server, deaggregateSync);
  }

  get putRecordsCalls(): number {
    return this.#putRecordsCalls;
  }

  async createStream(name: string, shardCount: number): Promise<void> {
    await this.#client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shardCount }));
    for (;;) {
      const { StreamDescriptionSummary: summary } = await this.#client.send(
        new DescribeStreamSummaryCommand({ StreamName: name }),
      );
      if (summary?.StreamStatus === 'ACTIVE') return;
    }
  }

  /** Everything in the stream, shard by shard in the order of its sequence numbers. */
  async *read(name: string): AsyncGenerator<DemoRecord> {
    const { Shards: shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: name }));
    for (const { ShardId: shardId = '' } of shards) {
      const { ShardIterator: first } = await this.#client.send(
        new GetShardIteratorCommand({ StreamName: name, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' }),
      );
      let iterator = first;
      while (iterator !== undefined) {
        const page = await this.#client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1000 }));
        for (const record of page.Records ?? []) yield { shardId, userRecords: this.#takeApart(record) };
        iterator = (page.Records ?? []).length === 0 ? undefined : page.NextShardIterator;
      }
    }
  }

  async close(): Promise<void> {
    this.#client.destroy();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #takeApart({ Data, PartitionKey = '', SequenceNumber = '' }: _Record): readonly Buffer[] {
    let userRecords: readonly Buffer[] = [];
    const record = { data: Buffer.from(Data ?? []).toString('base64'), partitionKey: PartitionKey, sequenceNumber: SequenceNumber };
    this.#deaggregate(record, true, (fault, parts) => {
      if (fault !== null && fault !== undefined) throw fault;
      userRecords = (parts ?? []).map((part) => Buffer.from(part.data, 'base64'));
    });
    return userRecords;
  }
}
