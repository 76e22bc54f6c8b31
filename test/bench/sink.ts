/**
 * The bench's Kinesis, a process of its own: HTTPS, accepts everything, and looks at no more of a body than it must to
 * answer with one entry a record. `node sink.ts` prints its port and answers `cpu` on its parent's channel.
 */
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { testTls } from '../support/fake-http/test-tls.ts';

let requests = 0;
let bodyBytes = 0;
let records = 0;

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
      const count = countRecords(pieces);
      records += count;
      answer(response, cbor ? cborAnswer(count) : jsonAnswer(count), cbor);
    } else if (target.endsWith('.DescribeStreamSummary')) {
      answer(response, Buffer.from(JSON.stringify(SUMMARY)), false);
    } else {
      answer(response, Buffer.from('{"Shards":[]}'), false);
    }
  });
});

const SUMMARY = {
  StreamDescriptionSummary: {
    StreamName: 'bench',
    StreamARN: 'arn:aws:kinesis:us-east-1:111122223333:stream/bench',
    StreamStatus: 'ACTIVE',
    OpenShardCount: 4,
    MaxRecordSizeInKiB: 1024,
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
  },
};

/** One key a record, and none in the log lines. */
const MARK = Buffer.from('PartitionKey');

function countRecords(pieces: readonly Buffer[]): number {
  let count = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (const piece of pieces) {
    // A mark may lie across two pieces.
    const seam = Buffer.concat([rest, piece.subarray(0, MARK.length - 1)]);
    if (seam.includes(MARK)) count += 1;
    for (let at = piece.indexOf(MARK); at >= 0; at = piece.indexOf(MARK, at + MARK.length)) count += 1;
    rest = Buffer.from(piece.subarray(Math.max(0, piece.length - MARK.length + 1)));
  }
  return count;
}

function jsonAnswer(count: number): Buffer {
  const entry = '{"SequenceNumber":"49590338271490256608559692538361571095921575989136588898","ShardId":"shardId-000000000000"}';
  return Buffer.from(`{"FailedRecordCount":0,"Records":[${Array.from({ length: count }, () => entry).join(',')}]}`);
}

function cborAnswer(count: number): Buffer {
  const text = (value: string) => Buffer.concat([textHead(value.length), Buffer.from(value)]);
  const entry = Buffer.concat([
    Buffer.from([0xa2]),
    text('SequenceNumber'),
    text('49590338271490256608559692538361571095921575989136588898'),
    text('ShardId'),
    text('shardId-000000000000'),
  ]);
  const head = [Buffer.from([0xa2]), text('FailedRecordCount'), Buffer.from([0x00]), text('Records')];
  return Buffer.concat([...head, Buffer.from([0x99, count >> 8, count & 0xff]), ...Array.from({ length: count }, () => entry)]);
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
  process.send?.({ cpuSeconds: (user + system) / 1e6, requests, bodyBytes, records });
});
process.on('disconnect', () => process.exit(0));
