/**
 * The limit: the primitives that a byte needs on its way through the agent, and nothing else. It reads 1 MiB, finds newlines,
 * frames lines in place into a request body, and computes an MD5 a record and a SHA-256 a body, which it writes over TLS. It
 * uses three bodies and allocates nothing for a line. `node limit.ts FILE PORT cbor|json|newline` prints its CPU seconds,
 * without those of its start (the agent's are not counted either).
 */
import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { testTls } from '../support/fake-http/test-tls.ts';

const [file = '', port = '', kind = 'cbor'] = process.argv.slice(2);
const READ_BYTES = 1024 * 1024;
const RECORD_BYTES = 51_200;
const RECORDS_A_REQUEST = 20;
const BODIES = 3;

const agent = new Agent({ keepAlive: true, maxSockets: BODIES, ca: readFileSync(testTls.caPath) });
const recordHead = Buffer.from('\xa2\x64Data\x5a\0\0\0\0', 'latin1');
const keyPart = Buffer.from('\x6cPartitionKey\x68abcdefgh', 'latin1');

class Body {
  readonly raw = Buffer.allocUnsafeSlow(RECORDS_A_REQUEST * (RECORD_BYTES + 256));
  readonly base64 = kind === 'json' ? Buffer.allocUnsafeSlow(Math.ceil(this.raw.length / 3) * 4 + 8) : this.raw;
  length = 0;
  records = 0;
}

const free: Body[] = Array.from({ length: BODIES }, () => new Body());
let waiting: ((body: Body) => void) | undefined;

function take(): Promise<Body> | Body {
  return free.pop() ?? new Promise((resolve) => (waiting = resolve));
}

function give(body: Body): void {
  body.length = 0;
  body.records = 0;
  if (waiting === undefined) free.push(body);
  else {
    const resolve = waiting;
    waiting = undefined;
    resolve(body);
  }
}

function send(body: Body): Promise<void> {
  let bytes = body.raw.subarray(0, body.length);
  if (kind === 'json') bytes = body.base64.subarray(0, body.base64.write(bytes.toString('base64'), 'latin1'));
  createHash('sha256').update(bytes).digest('hex');
  return new Promise((resolve, reject) => {
    const call = request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        agent,
        headers: { 'content-length': bytes.length, 'x-amz-target': 'Kinesis_20131202.PutRecords', 'content-type': 'application/x-amz-cbor-1.1' },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          give(body);
          resolve();
        });
      },
    );
    call.on('error', reject);
    call.end(bytes);
  });
}

async function run(): Promise<void> {
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.allocUnsafeSlow(READ_BYTES);
  const calls = new Set<Promise<void>>();
  let body = await take();
  let recordStart = -1;
  const open = () => {
    recordStart = body.length;
    body.length += recordHead.copy(body.raw, body.length);
  };
  const seal = async () => {
    const data = body.raw.subarray(recordStart + recordHead.length, body.length);
    if (kind !== 'newline') body.length += hash('md5', data, 'buffer').copy(body.raw, body.length);
    body.raw.writeUInt32BE(body.length - recordStart - recordHead.length, recordStart + recordHead.length - 4);
    body.length += keyPart.copy(body.raw, body.length);
    body.records += 1;
    recordStart = -1;
    if (body.records < RECORDS_A_REQUEST) return;
    const call = send(body).then(() => void calls.delete(call));
    calls.add(call);
    body = await take();
  };
  for (let position = 0; ; ) {
    const count = readSync(descriptor, chunk, 0, READ_BYTES, position);
    if (count === 0) break;
    let start = 0;
    for (let newline = chunk.indexOf(10); newline >= 0 && newline < count; newline = chunk.indexOf(10, start)) {
      const end = newline + 1;
      if (recordStart < 0) open();
      const raw = body.raw;
      let at = body.length;
      if (kind !== 'newline') {
        const length = end - start;
        raw[at++] = 0x1a;
        raw[at++] = ((length + 5) & 0x7f) | 0x80;
        raw[at++] = (length + 5) >> 7;
        raw[at++] = 0x08;
        raw[at++] = 0x00;
        raw[at++] = 0x1a;
        raw[at++] = (length & 0x7f) | 0x80;
        raw[at++] = length >> 7;
      }
      body.length = at + chunk.copy(raw, at, start, end);
      start = end;
      if (body.length - recordStart > RECORD_BYTES - 300) await seal();
    }
    if (start === 0) break;
    position += start;
  }
  await Promise.all(calls);
  closeSync(descriptor);
}

const atStart = process.cpuUsage();
await run();
const { user, system } = process.cpuUsage(atStart);
process.stdout.write(`${JSON.stringify({ cpuSeconds: (user + system) / 1e6 })}\n`);
process.exit(0);
