/**
 * The body of a PutRecords or PutRecordBatch request, written straight from the records' own memory into one buffer: no object, string
 * or copy a record besides. This decides what the agent costs: the SDK's own serializer spends five times as long.
 *
 * Guarantees: `bodyBytes` is exact, so that a body is allocated (or found in the pool) once and never grows; the bytes
 * are those the SDK would write (JSON) and those of the AWS SDK for Java (CBOR: definite lengths, Data as a byte
 * string). Sources: Kinesis API reference, PutRecords; Firehose API
 * reference, PutRecordBatch; RFC 8949 §3; RFC 8259 §7.
 */
import { assert } from '../core/assert.ts';
import type { OutgoingRecord } from '../core/ports.ts';

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

/** Exact length of the body. PutRecordBatch is JSON only. */
export function bodyBytes(wire: Wire, request: PutRequest): number {
  return wire === 'cbor' ? cborBytes(request) : jsonBytes(request);
}

/** Writes the body to the start of `body`, which holds at least `bodyBytes`, and returns its length. */
export function writeBody(wire: Wire, request: PutRequest, body: Buffer): number {
  return wire === 'cbor' ? writeCbor(request, body) : writeJson(request, body);
}

function streamMember(request: PutRequest): string {
  if (request.operation === 'PutRecordBatch') return 'DeliveryStreamName';
  return request.stream.startsWith('arn:') ? 'StreamARN' : 'StreamName';
}

// CBOR. Keys are short texts, so their heads are one byte; written once here, copied a record.
const DATA_KEY = Buffer.from('\x64Data', 'latin1');
const PARTITION_KEY = Buffer.from('\x6cPartitionKey', 'latin1');
const EXPLICIT_HASH_KEY = Buffer.from('\x6fExplicitHashKey', 'latin1');
const RECORDS_KEY = Buffer.from('\x67Records', 'latin1');
const MAJOR_BYTES = 0x40;
const MAJOR_TEXT = 0x60;
const MAJOR_ARRAY = 0x80;
const MAJOR_MAP = 0xa0;

function cborBytes(request: PutRequest): number {
  const fixed = 1 + cborTextBytes(streamMember(request)) + cborTextBytes(request.stream);
  let bytes = fixed + RECORDS_KEY.length + headBytes(request.records.length);
  for (const record of request.records) {
    const dataBytes = record.end - record.start;
    bytes += 1 + DATA_KEY.length + headBytes(dataBytes) + dataBytes;
    bytes += PARTITION_KEY.length + cborTextBytes(record.partitionKey);
    if (record.explicitHashKey !== undefined) bytes += EXPLICIT_HASH_KEY.length + cborTextBytes(record.explicitHashKey);
  }
  return bytes;
}

function writeCbor(request: PutRequest, body: Buffer): number {
  let at = writeHead(body, 0, MAJOR_MAP, 2);
  at = writeText(body, at, streamMember(request));
  at = writeText(body, at, request.stream);
  at += RECORDS_KEY.copy(body, at);
  at = writeHead(body, at, MAJOR_ARRAY, request.records.length);
  for (const record of request.records) {
    at = writeHead(body, at, MAJOR_MAP, record.explicitHashKey === undefined ? 2 : 3);
    at += DATA_KEY.copy(body, at);
    at = writeHead(body, at, MAJOR_BYTES, record.end - record.start);
    at += record.data.copy(body, at, record.start, record.end);
    at += PARTITION_KEY.copy(body, at);
    at = writeText(body, at, record.partitionKey);
    if (record.explicitHashKey !== undefined) {
      at += EXPLICIT_HASH_KEY.copy(body, at);
      at = writeText(body, at, record.explicitHashKey);
    }
  }
  return at;
}

function headBytes(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  return argument < 0x1_0000 ? 3 : 5;
}

function writeHead(body: Buffer, at: number, major: number, argument: number): number {
  const bytes = headBytes(argument);
  if (bytes === 1) return body.writeUInt8(major | argument, at);
  body.writeUInt8(major | (bytes === 2 ? 24 : bytes === 3 ? 25 : 26), at);
  return body.writeUIntBE(argument, at + 1, bytes - 1);
}

function cborTextBytes(text: string): number {
  const bytes = Buffer.byteLength(text, 'utf8');
  return headBytes(bytes) + bytes;
}

function writeText(body: Buffer, at: number, text: string): number {
  const start = writeHead(body, at, MAJOR_TEXT, Buffer.byteLength(text, 'utf8'));
  return start + body.write(text, start, 'utf8');
}

// JSON. Base64 goes through short strings, a multiple of three bytes at a time, so that they die young.
const BASE64_STEP_BYTES = 48 * 1024;

function jsonBytes(request: PutRequest): number {
  let bytes = jsonStart(request).length + Math.max(0, request.records.length - 1) + JSON_END.length;
  for (const record of request.records) {
    const base64Bytes = 4 * Math.ceil((record.end - record.start) / 3);
    bytes += JSON_DATA.length + base64Bytes + Buffer.byteLength(jsonTail(request, record), 'utf8');
  }
  return bytes;
}

const JSON_DATA = '{"Data":"';
const JSON_END = ']}';

function writeJson(request: PutRequest, body: Buffer): number {
  let at = body.write(jsonStart(request), 0, 'latin1');
  for (const [index, record] of request.records.entries()) {
    if (index > 0) at += body.write(',', at, 'latin1');
    at += body.write(JSON_DATA, at, 'latin1');
    for (let from = record.start; from < record.end; from += BASE64_STEP_BYTES) {
      const to = Math.min(from + BASE64_STEP_BYTES, record.end);
      at += body.write(record.data.toString('base64', from, to), at, 'latin1');
    }
    at += body.write(jsonTail(request, record), at, 'utf8');
  }
  return at + body.write(JSON_END, at, 'latin1');
}

/** Names and ARNs of streams are plain ASCII without anything to escape (API reference, pattern of StreamName). */
function jsonStart(request: PutRequest): string {
  assert(/^[\w.:/-]+$/.test(request.stream), 'a stream is named by its name or ARN');
  return `{"${streamMember(request)}":"${request.stream}","Records":[`;
}

function jsonTail(request: PutRequest, record: OutgoingRecord): string {
  if (request.operation === 'PutRecordBatch') return '"}';
  const key = `","PartitionKey":${JSON.stringify(record.partitionKey)}`;
  return record.explicitHashKey === undefined ? `${key}}` : `${key},"ExplicitHashKey":"${record.explicitHashKey}"}`;
}
