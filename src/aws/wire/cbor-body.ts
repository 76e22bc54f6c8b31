/** PutRecords in CBOR 1.1. Source: RFC 8949 §3; members as in the Kinesis API reference. */
import { streamMember } from './put-request.ts';
import type { PutRequest } from './put-request.ts';

// Member names in CBOR: a head of one byte (the texts are short) and the text. Made once, copied for each record.
const RECORDS_KEY = Buffer.from('\x67Records', 'latin1');
const DATA_KEY = Buffer.from('\x64Data', 'latin1');
const PARTITION_KEY = Buffer.from('\x6cPartitionKey', 'latin1');
const EXPLICIT_HASH_KEY = Buffer.from('\x6fExplicitHashKey', 'latin1');

const MAJOR_BYTES = 0x40;
const MAJOR_TEXT = 0x60;
const MAJOR_ARRAY = 0x80;
const MAJOR_MAP = 0xa0;

/** Exact length of the body. */
export function cborBytes(request: PutRequest): number {
  let bytes = 1 + textBytes(streamMember(request)) + textBytes(request.stream);
  bytes += RECORDS_KEY.length + headBytes(request.records.length);
  for (const record of request.records) {
    const dataBytes = record.end - record.start;
    bytes += 1 + DATA_KEY.length + headBytes(dataBytes) + dataBytes;
    bytes += PARTITION_KEY.length + textBytes(record.partitionKey);
    if (record.explicitHashKey !== undefined) bytes += EXPLICIT_HASH_KEY.length + textBytes(record.explicitHashKey);
  }
  return bytes;
}

/** Writes the body to the start of `scratch`, which holds at least `cborBytes`, and returns its length. */
export function writeCbor(request: PutRequest, scratch: Buffer): number {
  let at = writeHead(scratch, 0, MAJOR_MAP, 2);
  at = writeText(scratch, at, streamMember(request));
  at = writeText(scratch, at, request.stream);
  at += RECORDS_KEY.copy(scratch, at);
  at = writeHead(scratch, at, MAJOR_ARRAY, request.records.length);
  for (const record of request.records) {
    at = writeHead(scratch, at, MAJOR_MAP, record.explicitHashKey === undefined ? 2 : 3);
    at += DATA_KEY.copy(scratch, at);
    at = writeHead(scratch, at, MAJOR_BYTES, record.end - record.start);
    at += record.data.copy(scratch, at, record.start, record.end);
    at += PARTITION_KEY.copy(scratch, at);
    at = writeText(scratch, at, record.partitionKey);
    if (record.explicitHashKey !== undefined) {
      at += EXPLICIT_HASH_KEY.copy(scratch, at);
      at = writeText(scratch, at, record.explicitHashKey);
    }
  }
  return at;
}

/** Bytes of the head of an item whose length, count or value is `argument` < 2^32. */
function headBytes(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  return argument < 0x1_0000 ? 3 : 5;
}

function writeHead(scratch: Buffer, at: number, major: number, argument: number): number {
  const bytes = headBytes(argument);
  if (bytes === 1) return scratch.writeUInt8(major | argument, at);
  scratch.writeUInt8(major | (bytes === 2 ? 24 : bytes === 3 ? 25 : 26), at);
  return scratch.writeUIntBE(argument, at + 1, bytes - 1);
}

function textBytes(text: string): number {
  const bytes = Buffer.byteLength(text, 'utf8');
  return headBytes(bytes) + bytes;
}

function writeText(scratch: Buffer, at: number, text: string): number {
  const start = writeHead(scratch, at, MAJOR_TEXT, Buffer.byteLength(text, 'utf8'));
  return start + scratch.write(text, start, 'utf8');
}
