/**
 * The bench's Kinesis, a process of its own: HTTPS, accepts everything, and looks at no more of a body than it must to
 * answer with one entry a record. `node sink.ts` prints its port and answers `cpu` on its parent's channel.
 */
import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { testTls } from '../support/fake-http/test-tls.ts';
import { MarkSampler } from './mark-sampler.ts';

let requests = 0;
let bodyBytes = 0;
let records = 0;
const sampler = new MarkSampler();

const server = createServer({ ...testTls.server, keepAlive: true }, (request, response) => {
  const pieces: Buffer[] = [];
  let length = 0;
  const target = String(request.headers['x-amz-target']);
  const cbor = String(request.headers['content-type']).includes('cbor');
  request.on('data', (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
  });
  request.on('end', () => {
    if (target.endsWith('.PutRecords')) {
      requests += 1;
      bodyBytes += length;
      sampler.look(pieces);
      const shardIds = shardsOf(pieces);
      records += shardIds.length;
      answer(response, cbor ? cborAnswer(shardIds) : jsonAnswer(shardIds), cbor);
    } else if (target.endsWith('.DescribeStreamSummary')) {
      answer(response, Buffer.from(JSON.stringify(SUMMARY)), false);
    } else {
      answer(response, Buffer.from(JSON.stringify({ Shards: shards })), false);
    }
  });
});

const SUMMARY = {
  StreamDescriptionSummary: {
    StreamName: 'bench',
    StreamARN: 'arn:aws:kinesis:us-east-1:111122223333:stream/bench',
    StreamStatus: 'ACTIVE',
    OpenShardCount: 64,
    MaxRecordSizeInKiB: 1024,
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
  },
};

const SHARDS = 64n;
const shardBits = 2n ** 128n / SHARDS;
const shards = Array.from({ length: Number(SHARDS) }, (_, index) => ({
  ShardId: shardId(index),
  HashKeyRange: { StartingHashKey: String(BigInt(index) * shardBits), EndingHashKey: String(BigInt(index + 1) * shardBits - 1n) },
  SequenceNumberRange: { StartingSequenceNumber: '49590338271490256608559692538361571095921575989136588898' },
}));

function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

/** Stands once in every record of a body, and in no log line. */
const KEY = Buffer.from('PartitionKey');
const HASH_KEY = Buffer.from('ExplicitHashKey');
/** The most bytes that the values of both keys take behind `KEY`, with their heads. */
const KEYS_BYTES_MAX = 2 + 256 + 1 + HASH_KEY.length + 2 + 39;

/** The shard of each record. Only ordered lanes look at it: without order, keys are random anyway. */
function shardsOf(pieces: readonly Buffer[]): readonly string[] {
  const shardIds: string[] = [];
  let rest: Buffer = Buffer.alloc(0);
  for (const piece of [...pieces, Buffer.alloc(0)]) {
    // Keys may lie across two pieces.
    const last = piece.length === 0;
    const seam = Buffer.concat([rest, piece.subarray(0, KEY.length + KEYS_BYTES_MAX)]);
    for (let at = seam.indexOf(KEY); at >= 0 && at < rest.length; at = seam.indexOf(KEY, at + 1)) shardIds.push(shardAt(seam, at));
    if (last) break;
    const own = Math.max(0, piece.length - KEY.length - KEYS_BYTES_MAX);
    for (let at = piece.indexOf(KEY); at >= 0 && at < own; at = piece.indexOf(KEY, at + 1)) shardIds.push(shardAt(piece, at));
    rest = Buffer.from(piece.subarray(own));
  }
  return shardIds;
}

/**
 * The shard of the record whose `KEY` stands at `at`, by its explicit hash key or the MD5 of its partition key. In JSON it is
 * always the first shard: where keys matter, the bench sends CBOR.
 */
function shardAt(body: Buffer, at: number): string {
  const key = cborTextAt(body, at + KEY.length);
  if (key === undefined) return shardId(0);
  const nameEnd = key.end + 1 + HASH_KEY.length;
  const named = body.subarray(key.end + 1, nameEnd).equals(HASH_KEY);
  const hashKey = named ? BigInt(cborTextAt(body, nameEnd)?.text ?? 0) : BigInt(`0x${hash('md5', key.text)}`);
  return shardId(Number(hashKey / shardBits));
}

/** The text whose head stands at `at`, of less than 256 bytes. Source: RFC 8949 §3. */
function cborTextAt(body: Buffer, at: number): { readonly text: string; readonly end: number } | undefined {
  const head = body[at] ?? 0;
  if (head < 0x60 || head > 0x78) return undefined;
  const start = head === 0x78 ? at + 2 : at + 1;
  const end = start + (head === 0x78 ? (body[at + 1] ?? 0) : head - 0x60);
  return { text: body.toString('utf8', start, end), end };
}

const SEQUENCE_NUMBER = '49590338271490256608559692538361571095921575989136588898';

function jsonAnswer(shardIds: readonly string[]): Buffer {
  const entries = shardIds.map((id) => ({ SequenceNumber: SEQUENCE_NUMBER, ShardId: id }));
  return Buffer.from(JSON.stringify({ FailedRecordCount: 0, Records: entries }));
}

const cborEntries = new Map(shards.map(({ ShardId }) => [ShardId, cborEntry(ShardId)]));

function cborEntry(id: string): Buffer {
  return Buffer.concat([Buffer.from([0xa2]), cborText('SequenceNumber'), cborText(SEQUENCE_NUMBER), cborText('ShardId'), cborText(id)]);
}

function cborAnswer(shardIds: readonly string[]): Buffer {
  const head = [Buffer.from([0xa2]), cborText('FailedRecordCount'), Buffer.from([0x00]), cborText('Records')];
  const count = shardIds.length;
  return Buffer.concat([...head, Buffer.from([0x99, count >> 8, count & 0xff]), ...shardIds.map((id) => cborEntries.get(id) ?? Buffer.alloc(0))]);
}

function cborText(value: string): Buffer {
  return Buffer.concat([textHead(value.length), Buffer.from(value)]);
}

function textHead(length: number): Buffer {
  return length < 24 ? Buffer.from([0x60 + length]) : Buffer.from([0x78, length]);
}

function answer(response: ServerResponse, body: Buffer, cbor: boolean): void {
  response.writeHead(200, {
    'content-type': cbor ? 'application/x-amz-cbor-1.1' : 'application/x-amz-json-1.1',
    'content-length': body.length,
    'x-amzn-requestid': 'bench',
  });
  response.end(body);
}

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, requests, bodyBytes, records, waitsMs: sampler.take() });
});
process.on('disconnect', () => process.exit(0));
