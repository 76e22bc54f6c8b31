/**
 * The body of a PutRecords or PutRecordBatch request, made straight from the records' own memory: no object or string
 * a record besides, and large records are not even copied. This decides what the agent costs: the SDK's own serializer
 * spends five times as long, and a second copy of every byte in flight doubles the memory.
 *
 * Guarantees: `pieces` in order are the body, `bytes` their exact length; the bytes are those the SDK would write
 * (JSON) and those of the AWS SDK for Java (CBOR: definite lengths, Data as a byte string). What is written lies in
 * one scratch buffer from the pool, allocated once and never grown.
 */
import { assert } from '../core/assert.ts';
import type { OutgoingRecord } from '../core/ports.ts';
import type { BodyPool } from './body-pool.ts';
import { cborScratchBytes, writeCbor } from './cbor-body.ts';
import { jsonBytes, writeJson } from './json-body.ts';

export type Wire = 'cbor' | 'json';

/** The header `content-type` of each wire format. */
export const contentTypes: Readonly<Record<Wire, string>> = {
  cbor: 'application/x-amz-cbor-1.1',
  json: 'application/x-amz-json-1.1',
};

export interface PutRequest {
  readonly operation: 'PutRecords' | 'PutRecordBatch';
  /** Name, or (PutRecords) ARN. */
  readonly stream: string;
  readonly records: readonly OutgoingRecord[];
}

export interface RequestBody {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  /** Goes back to the pool when the service has answered that it took the request. */
  readonly scratch: Buffer;
}

/** Makes the body. PutRecordBatch is JSON only. The pieces are good as long as the records' memory is. */
export function createBody(wire: Wire, request: PutRequest, pool: BodyPool): RequestBody {
  assert(wire === 'json' || request.operation === 'PutRecords', 'only PutRecords is CBOR');
  assert(/^[\w.:/-]+$/.test(request.stream), 'a stream is named by its name or ARN');
  if (wire === 'json') {
    const bytes = jsonBytes(request);
    const scratch = pool.take(bytes);
    return { pieces: [scratch.subarray(0, writeJson(request, scratch))], bytes, scratch };
  }
  const scratch = pool.take(cborScratchBytes(request));
  const pieces = writeCbor(request, scratch);
  return { pieces, bytes: pieces.reduce((sum, piece) => sum + piece.length, 0), scratch };
}

/** The member of the request that names the stream. Source: API references of PutRecords and PutRecordBatch. */
export function streamMember(request: PutRequest): string {
  if (request.operation === 'PutRecordBatch') return 'DeliveryStreamName';
  return request.stream.startsWith('arn:') ? 'StreamARN' : 'StreamName';
}
