/**
 * The operations of the Kinesis API on a model, from decoded request to response, for both protocols: in a request,
 * data may be bytes or base64 text; in an answer it is bytes, which the JSON front turns into base64.
 */
import type { OutgoingRecord } from '../../../src/core/ports.ts';
import type { CborValue } from './cbor.ts';
import { ServiceError } from './fault.ts';
import type { KinesisModel, Outcome } from './kinesis-model.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream-model.ts';

type Members = { readonly [key: string]: CborValue | undefined };

const EMPTY: Members = {};

/** Carries out one operation. Throws nothing: errors are outcomes. */
export function carryOut(model: KinesisModel, operation: string, request: Members): Outcome<Members> {
  const stream = text(request['StreamARN']) || text(request['StreamName']) || tokenStream(request);
  if (operation === 'PutRecords') {
    const outcome = model.putRecords(stream, outgoingRecords(request));
    return mapAnswer(outcome, (entries) => ({
      FailedRecordCount: entries.filter((entry) => entry.errorCode !== undefined).length,
      Records: entries.map((entry) => ({
        SequenceNumber: entry.sequenceNumber,
        ShardId: entry.shardId,
        ErrorCode: entry.errorCode,
        ErrorMessage: entry.errorMessage,
      })),
      EncryptionType: 'NONE',
    }));
  }
  return model.call({ operation, stream, records: [] }, () => {
    const handler = operations[operation];
    if (handler === undefined) throw new ServiceError('UnknownOperationException', `No operation ${operation} here.`);
    return handler(model, stream, request);
  });
}

const operations: Record<string, (model: KinesisModel, stream: string, request: Members) => Members> = {
  CreateStream(model, stream, request) {
    const mode = text((request['StreamModeDetails'] as Members | undefined)?.['StreamMode']) || 'PROVISIONED';
    model.createStream(stream, {
      shards: number(request['ShardCount'], 4),
      mode: mode as 'ON_DEMAND' | 'PROVISIONED',
      ...(request['MaxRecordSizeInKiB'] === undefined
        ? {}
        : { recordBytesMax: number(request['MaxRecordSizeInKiB'], 1024) * 1024 }),
    });
    return EMPTY;
  },
  DeleteStream(model, stream) {
    model.deleteStream(stream);
    return EMPTY;
  },
  DescribeStreamSummary: (model, stream) => ({ StreamDescriptionSummary: summary(model.stream(stream)) }),
  ListShards(model, stream, request) {
    const filter = request['ShardFilter'] as Members | undefined;
    const openOnly = text(filter?.['Type']) === 'AT_LATEST' || text(request['NextToken']).endsWith('|AT_LATEST');
    const all = model.stream(stream).listedShards(openOnly);
    const from = number(Number(text(request['NextToken']).split('|')[1] ?? 0), 0);
    const to = from + number(request['MaxResults'], 1000);
    const type = openOnly ? 'AT_LATEST' : '';
    return {
      Shards: all.slice(from, to).map((entry) => describe(entry.shard, entry.closed)),
      NextToken: to < all.length ? `${stream}|${to}|${type}` : undefined,
    };
  },
  SplitShard(model, stream, request) {
    model.stream(stream).split(text(request['ShardToSplit']), BigInt(text(request['NewStartingHashKey'])));
    return EMPTY;
  },
  MergeShards(model, stream, request) {
    model.stream(stream).merge(text(request['ShardToMerge']), text(request['AdjacentShardToMerge']));
    return EMPTY;
  },
  GetShardIterator(model, stream, request) {
    const shard = model.stream(stream).shard(text(request['ShardId']));
    return { ShardIterator: [model.stream(stream).name, shard.shardId, iteratorStart(shard, request)].join('|') };
  },
  GetRecords(model, _stream, request) {
    const [name = '', shardId = '', from = '0'] = text(request['ShardIterator']).split('|');
    const shard = model.stream(name).shard(shardId);
    const records = shard.records.slice(Number(from), Number(from) + number(request['Limit'], 10_000));
    const next = Number(from) + records.length;
    return {
      Records: records.map((record) => ({
        SequenceNumber: record.sequenceNumber,
        ApproximateArrivalTimestamp: record.arrivalWallMs / 1000,
        Data: record.data,
        PartitionKey: record.partitionKey,
      })),
      NextShardIterator: shard.closed && next === shard.records.length ? undefined : `${name}|${shardId}|${next}`,
      MillisBehindLatest: next === shard.records.length ? 0 : 1,
    };
  },
};

function outgoingRecords(request: Members): readonly OutgoingRecord[] {
  const entries = (request['Records'] ?? []) as readonly Members[];
  return entries.map((entry) => {
    const raw = entry['Data'] ?? '';
    const data = raw instanceof Uint8Array ? Buffer.from(raw.buffer, raw.byteOffset, raw.length) : fromBase64(raw);
    const explicitHashKey = entry['ExplicitHashKey'];
    return {
      data,
      start: 0,
      end: data.length,
      partitionKey: text(entry['PartitionKey']),
      explicitHashKey: typeof explicitHashKey === 'string' ? explicitHashKey : undefined,
    };
  });
}

/** Strict, as the service is: base64 that does not come out the same was not base64. */
function fromBase64(value: CborValue): Buffer {
  const data = Buffer.from(text(value), 'base64');
  if (data.toString('base64') === value) return data;
  throw new ServiceError('SerializationException', 'Data is not base64.');
}

function describe(shard: Shard, closed: boolean): Members {
  return {
    ShardId: shard.shardId,
    ParentShardId: shard.parents[0],
    AdjacentParentShardId: shard.parents[1],
    HashKeyRange: { StartingHashKey: String(shard.startHashKey), EndingHashKey: String(shard.endHashKey) },
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      EndingSequenceNumber: closed ? shard.endingSequenceNumber : undefined,
    },
  };
}

function summary(stream: Stream): Members {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: stream.options.mode },
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: 0,
    EnhancedMonitoring: [],
    EncryptionType: 'NONE',
    OpenShardCount: stream.openShards.length,
    MaxRecordSizeInKiB: stream.recordBytesMax / 1024,
    RecordDistributionStrategy: stream.distribution,
  };
}

function iteratorStart(shard: Shard, request: Members): number {
  const type = text(request['ShardIteratorType']);
  if (type === 'LATEST') return shard.records.length;
  if (type === 'TRIM_HORIZON') return 0;
  const wanted = text(request['StartingSequenceNumber']);
  const index = shard.records.findIndex((record) => record.sequenceNumber >= wanted);
  if (index === -1) return shard.records.length;
  const skip = type === 'AFTER_SEQUENCE_NUMBER' && shard.records[index]?.sequenceNumber === wanted ? 1 : 0;
  return index + skip;
}

function mapAnswer<From, To>(outcome: Outcome<From>, map: (value: From) => To): Outcome<To> {
  if (outcome.kind === 'answer') return { ...outcome, value: map(outcome.value) };
  if (outcome.kind === 'wait') return { ...outcome, goOn: () => mapAnswer(outcome.goOn(), map) };
  return outcome;
}

function tokenStream(request: Members): string {
  return (text(request['NextToken']) || text(request['ShardIterator'])).split('|')[0] ?? '';
}

function text(value: CborValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function number(value: CborValue | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
