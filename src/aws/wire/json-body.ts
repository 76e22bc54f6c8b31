/**
 * PutRecords and PutRecordBatch in JSON 1.1: data as base64. Source: RFC 8259 §7, RFC 4648 §4; members as in the API
 * references of Kinesis and Firehose.
 */
import type { OutgoingRecord } from '../../core/ports.ts';
import { streamMember } from './put-request.ts';
import type { PutRequest } from './put-request.ts';

/** Base64 is made in short strings, so that they die young. A multiple of three bytes, so that no padding stands in between. */
const BASE64_STEP_BYTES = 48 * 1024;

const DATA = '{"Data":"';
const END = ']}';

/** Exact length of the body. */
export function jsonBytes(request: PutRequest): number {
  let bytes = start(request).length + Math.max(0, request.records.length - 1) + END.length;
  for (const record of request.records) {
    const base64Bytes = 4 * Math.ceil((record.end - record.start) / 3);
    bytes += DATA.length + base64Bytes + Buffer.byteLength(keys(request, record), 'utf8');
  }
  return bytes;
}

/** Writes the body to the start of `scratch`, which holds at least `jsonBytes`, and returns its length. */
export function writeJson(request: PutRequest, scratch: Buffer): number {
  let at = scratch.write(start(request), 0, 'latin1');
  for (const [index, record] of request.records.entries()) {
    if (index > 0) at += scratch.write(',', at, 'latin1');
    at += scratch.write(DATA, at, 'latin1');
    for (let from = record.start; from < record.end; from += BASE64_STEP_BYTES) {
      const to = Math.min(from + BASE64_STEP_BYTES, record.end);
      at += scratch.write(record.data.toString('base64', from, to), at, 'latin1');
    }
    at += scratch.write(keys(request, record), at, 'utf8');
  }
  return at + scratch.write(END, at, 'latin1');
}

/** Names and ARNs have nothing to escape in them (`createBody` sees to it). */
function start(request: PutRequest): string {
  return `{"${streamMember(request)}":"${request.stream}","Records":[`;
}

function keys(request: PutRequest, record: OutgoingRecord): string {
  if (request.operation === 'PutRecordBatch') return '"}';
  const key = `","PartitionKey":${JSON.stringify(record.partitionKey)}`;
  return record.explicitHashKey === undefined ? `${key}}` : `${key},"ExplicitHashKey":"${record.explicitHashKey}"}`;
}
