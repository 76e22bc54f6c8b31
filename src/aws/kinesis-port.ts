/**
 * Kinesis through the SDK. Guarantees of the port: it never rejects; every entry of a PutRecords answer stands for the
 * record at the same place, or the whole call is reported as ambiguous; after a call, no memory of its records is touched.
 *
 * PutRecords bypasses the SDK's serializer: the body is made from the records' memory (request-body.ts), hashed once
 * for the signature, and handed to the socket in slices (body-stream.ts).
 */
import { DescribeStreamSummaryCommand, ListShardsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient, PutRecordsCommandInput, PutRecordsCommandOutput, Shard } from '@aws-sdk/client-kinesis';
import type { Handler } from '@smithy/types';
import { limits } from '../core/limits.ts';
import type {
  KinesisPort,
  OutgoingRecord,
  PutReply,
  ShardDescription,
  ShardsReply,
  StreamFactsReply,
} from '../core/ports.ts';
import type { BodyPool } from './wire/body-pool.ts';
import { putReply, sendBody } from './wire/put-call.ts';
import type { WireInput } from './wire/record-protocol.ts';
import type { ServiceAccess } from './access/service-access.ts';
import type { WireChoice } from './wire/wire-choice.ts';

/** Pages of ListShards: enough for more shards than an account can have. An endpoint that gives still more pages is broken. */
const PAGES_MAX = 1000;

type PutSteps = Handler<PutRecordsCommandInput, PutRecordsCommandOutput>;

export class SdkKinesisPort implements KinesisPort {
  readonly #access: ServiceAccess<KinesisClient>;
  readonly #wire: WireChoice;
  readonly #bodies: BodyPool;
  readonly #putSteps = new WeakMap<AbortSignal, Map<string, PutSteps>>();

  constructor(options: { access: ServiceAccess<KinesisClient>; wire: WireChoice; bodies: BodyPool }) {
    this.#access = options.access;
    this.#wire = options.wire;
    this.#bodies = options.bodies;
  }

  async putRecords(stream: string, records: readonly OutgoingRecord[], signal: AbortSignal): Promise<PutReply> {
    const answer = await this.#access.call({ operation: 'PutRecords', target: stream, signal }, async ({ client }) => {
      const wire = await this.#wire.choose({ client, stream, signal });
      const request = { operation: 'PutRecords', stream, records } as const;
      const steps = this.#stepsOf(client, stream, signal);
      const { output } = await sendBody({ wire, request, pool: this.#bodies }, (carrier) => {
        const input: PutRecordsCommandInput & WireInput = { ...streamMember(stream), Records: [], ...carrier };
        return steps({ input });
      });
      return output.Records;
    });
    if (answer.kind === 'failed') return answer;
    return putReply('Kinesis', { sent: records.length, answered: answer.value }, (entry) => ({
      sequenceNumber: entry.SequenceNumber,
      shardId: entry.ShardId,
      errorCode: entry.ErrorCode,
      errorMessage: entry.ErrorMessage,
    }));
  }

  /**
   * The client's steps around a PutRecords (endpoint, signature, answer), put together once and not for every request, as
   * the SDK's `cacheMiddleware` does for calls without a signal. Each stream and signal has its own: the steps keep what
   * they find out about a call in a context, which later calls share.
   */
  #stepsOf(client: KinesisClient, stream: string, signal: AbortSignal): PutSteps {
    const ofSignal = this.#putSteps.get(signal) ?? new Map<string, PutSteps>();
    this.#putSteps.set(signal, ofSignal);
    const known = ofSignal.get(stream);
    if (known !== undefined) return known;
    const command = new PutRecordsCommand({ Records: [] });
    const steps = command.resolveMiddleware(client.middlewareStack, client.config, { abortSignal: signal });
    ofSignal.set(stream, steps);
    return steps;
  }

  async listShards(stream: string, signal: AbortSignal): Promise<ShardsReply> {
    const answer = await this.#access.call({ operation: 'ListShards', target: stream, signal }, async ({ client }) => {
      const shards: Shard[] = [];
      let token: string | undefined;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const first = { ...streamMember(stream), ShardFilter: { Type: 'AT_LATEST' } } as const;
        const input = token === undefined ? first : { NextToken: token };
        const output = await client.send(new ListShardsCommand(input), { abortSignal: signal });
        shards.push(...(output.Shards ?? []));
        token = output.NextToken;
        if (token === undefined) return shards.map(describeShard);
      }
      throw new Error(`ListShards did not end after ${PAGES_MAX} pages`);
    });
    return answer.kind === 'failed' ? answer : { kind: 'answered', shards: answer.value };
  }

  async describeStream(stream: string, signal: AbortSignal): Promise<StreamFactsReply> {
    const answer = await this.#access.call({ operation: 'DescribeStreamSummary', target: stream, signal }, async ({ client }) => {
      const command = new DescribeStreamSummaryCommand(streamMember(stream));
      return (await client.send(command, { abortSignal: signal })).StreamDescriptionSummary;
    });
    if (answer.kind === 'failed') return answer;
    const mode = answer.value?.StreamModeDetails?.StreamMode;
    const recordKib = answer.value?.MaxRecordSizeInKiB;
    return {
      kind: 'answered',
      facts: {
        // 0 says nothing: no stream takes records without bytes.
        recordBytesMax: recordKib === undefined || recordKib <= 0 ? limits.kinesisRecordBytesDefault : recordKib * 1024,
        mode: mode === 'ON_DEMAND' ? 'on-demand' : mode === 'PROVISIONED' ? 'provisioned' : 'unknown',
        distribution: answer.value?.RecordDistributionStrategy === 'AUTO' ? 'auto' : 'partition-key',
      },
    };
  }
}

function streamMember(stream: string): { StreamARN: string } | { StreamName: string } {
  return stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream };
}

/** A closed shard has an ending sequence number. Servers that do not know ShardFilter list closed shards too. */
function describeShard(shard: Shard): ShardDescription {
  return {
    shardId: shard.ShardId ?? '',
    startHashKey: BigInt(shard.HashKeyRange?.StartingHashKey ?? 0),
    endHashKey: BigInt(shard.HashKeyRange?.EndingHashKey ?? 0),
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  };
}
