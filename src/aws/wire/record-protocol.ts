/**
 * What goes over the wire to Kinesis and Firehose: JSON 1.1 as the SDK writes it, with two additions. A request whose
 * body is already encoded (PutRecords, PutRecordBatch) is sent as it is. And CBOR 1.1, which Kinesis speaks beside JSON, is
 * read and written: same operations, same members, a byte string for Data. (The AWS SDK for Java has used CBOR by default
 * since 1.11.)
 *
 * CBOR answers are turned into JSON for the SDK's own reader, so that errors are the same in both formats. This is cheap:
 * an answer has no data in it. Operations with timestamps or blobs in their answers are called in JSON. Only the answer to
 * a successful put bypasses the SDK's reader: it holds nothing but texts and counts, and comes a thousand times a minute.
 */
import { hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AwsJson1_1Protocol } from '@aws-sdk/core/protocols';
import { cbor } from '@smithy/core/cbor';
import { collectBody } from '@smithy/core/protocols';
import type { HttpRequest, HttpResponse, MetadataBearer } from '@smithy/types';
import { contentTypes } from './request-body.ts';
import type { Wire } from './request-body.ts';

/** Member of an input: the request's body, already made. */
export const payloadOf: unique symbol = Symbol('payload');
/** Member of an input: the wire format of a request without a payload. JSON where the member is absent. */
export const wireOf: unique symbol = Symbol('wire');

export interface Payload {
  readonly wire: Wire;
  readonly body: Buffer;
  /** Streams `body`. */
  readonly stream: Readable;
}

export interface WireInput {
  readonly [payloadOf]?: Payload;
  readonly [wireOf]?: Wire;
}

/** Member of an output: the format in which it came. */
export const answeredIn: unique symbol = Symbol('answered in');

export interface WireOutput {
  readonly [answeredIn]?: Wire;
}

/** Operations whose successful answers bypass the SDK's reader. */
const PUTS = new Set(['PutRecords', 'PutRecordBatch']);

type SerializeContext = Parameters<AwsJson1_1Protocol['serializeRequest']>[2];
type DeserializeContext = Parameters<AwsJson1_1Protocol['deserializeResponse']>[1];
type Operation = Parameters<AwsJson1_1Protocol['serializeRequest']>[0];

export class RecordProtocol extends AwsJson1_1Protocol {
  override async serializeRequest<Input extends object>(
    operation: Operation,
    input: Input & WireInput,
    context: SerializeContext,
  ): Promise<HttpRequest> {
    const payload = input[payloadOf];
    const wire = payload?.wire ?? input[wireOf] ?? 'json';
    const request = await super.serializeRequest(operation, payload === undefined ? input : {}, context);
    const { headers } = request;
    headers['content-type'] = contentTypes[wire];
    if (payload !== undefined) {
      request.body = payload.stream;
      headers['content-length'] = String(payload.body.length);
      // The SDK's signing step takes the body's hash from this header (Signature Version 4) and does not hash the body again.
      headers['x-amz-content-sha256'] = hash('sha256', payload.body);
    } else if (wire === 'cbor') {
      request.body = cbor.serialize({ ...input, [wireOf]: undefined });
    }
    return request;
  }

  override async deserializeResponse<Output extends MetadataBearer>(
    operation: Operation,
    context: DeserializeContext,
    response: HttpResponse,
  ): Promise<Output> {
    const wire = wireOfAnswer(response);
    if (wire !== undefined && response.statusCode === 200 && PUTS.has(operation.name)) {
      const body = await collectBody(response.body, context);
      const members: unknown = wire === 'cbor' ? cbor.deserialize(body) : JSON.parse(Buffer.from(body).toString('utf8'));
      return Object.assign(Object(members), { $metadata: { httpStatusCode: 200 } });
    }
    if (wire === 'cbor') response.body = asJson(await collectBody(response.body, context));
    const output = await super.deserializeResponse<Output>(operation, context, response);
    return Object.assign(output, { [answeredIn]: wire });
  }
}

function wireOfAnswer(response: HttpResponse): Wire | undefined {
  const type = response.headers['content-type'] ?? response.headers['Content-Type'] ?? '';
  if (type.startsWith(contentTypes.cbor)) return 'cbor';
  return type.startsWith(contentTypes.json) ? 'json' : undefined;
}

function asJson(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  return Buffer.from(JSON.stringify(cbor.deserialize(bytes), (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)));
}
