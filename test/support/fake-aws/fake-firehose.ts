/**
 * Firehose as far as PutRecordBatch goes: signatures, limits, failed entries, and what each delivery stream got.
 * Source: Firehose API reference and quotas page.
 */
import { limits } from '../../../src/core/limits.ts';
import { FakeService } from '../fake-http/fake-service.ts';
import { requireSignature } from '../fake-http/signature.ts';
import type { SigningCredentials } from '../fake-http/signature.ts';
import { ServiceError } from '../kinesis-server/fault.ts';

export interface FakeFirehose extends AsyncDisposable {
  readonly endpoint: string;
  readonly calls: number;
  /** What was delivered to each stream, in order. */
  readonly delivered: ReadonlyMap<string, readonly Buffer[]>;
  /** Asked before every call: fails all of it (`ServiceError`), single entries, or nothing. */
  fault: (call: { readonly number: number }) => ServiceError | ((index: number) => string | undefined) | undefined;
}

export async function startFakeFirehose(options: {
  readonly streams: readonly string[];
  readonly credentials?: readonly SigningCredentials[];
}): Promise<FakeFirehose> {
  const delivered = new Map(options.streams.map((name): [string, Buffer[]] => [name, []]));
  let calls = 0;
  const service = await FakeService.start({
    respond: (request) => {
      calls += 1;
      requireSignature(request.raw, request.body, { service: 'firehose', credentials: options.credentials });
      if (request.headers['x-amz-target'] !== 'Firehose_20150804.PutRecordBatch') {
        throw new ServiceError('UnknownOperationException', String(request.headers['x-amz-target']));
      }
      const fault = fake.fault({ number: calls });
      if (fault instanceof ServiceError) throw fault;
      const batch = JSON.parse(request.body.toString()) as { DeliveryStreamName: string; Records: { Data: string }[] };
      const stream = delivered.get(batch.DeliveryStreamName);
      if (stream === undefined) {
        throw new ServiceError('ResourceNotFoundException', `Firehose ${batch.DeliveryStreamName} under account 000000000000 not found.`);
      }
      const records = batch.Records.map((record) => Buffer.from(record.Data, 'base64'));
      checkBatch(records);
      const responses = records.map((record, index) => {
        const code = fault?.(index);
        if (code !== undefined) return { ErrorCode: code, ErrorMessage: 'Slow down.' };
        stream.push(record);
        return { RecordId: `record-${stream.length}` };
      });
      const failed = responses.filter((response) => 'ErrorCode' in response).length;
      return {
        headers: { 'content-type': 'application/x-amz-json-1.1' },
        body: JSON.stringify({ FailedPutCount: failed, Encrypted: false, RequestResponses: responses }),
      };
    },
  });
  const fake: FakeFirehose = {
    endpoint: service.endpoint,
    get calls() {
      return calls;
    },
    delivered,
    fault: () => undefined,
    [Symbol.asyncDispose]: () => service.close(),
  };
  return fake;
}

function checkBatch(records: readonly Buffer[]): void {
  if (records.length === 0 || records.length > limits.putRecordBatchCountMax) {
    throw new ServiceError('ValidationException', "1 validation error detected: Value at 'records' failed to satisfy constraint");
  }
  const bytes = records.reduce((sum, record) => sum + record.length, 0);
  if (bytes > limits.putRecordBatchBytesMax || records.some((record) => record.length > limits.firehoseRecordBytesMax)) {
    throw new ServiceError('InvalidArgumentException', 'Records size exceeds the limit.');
  }
}
