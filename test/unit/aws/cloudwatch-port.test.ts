import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InstanceName } from '../../../src/aws/machine/instance-name.ts';
import type { MetricDatum } from '../../../src/telemetry/cloudwatch-data.ts';
import { awsSettings, testClients } from '../../support/fake-aws/settings.ts';
import { FakeClock } from '../../support/fake-clock.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

let seen: Seen[] = [];
let answer: (path: string) => { status: number; body: string; headers?: Record<string, string> };
let endpoint = '';

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
  seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: body.toString() });
  const { status, body: reply, headers } = answer(request.url ?? '');
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers }).end(reply);
});

beforeEach(async () => {
  seen = [];
  answer = () => ({ status: 200, body: '{}' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(() => new Promise((resolve) => {
  server.close(resolve);
  server.closeAllConnections();
}));

const datum = (change: Partial<MetricDatum> = {}): MetricDatum => ({
  name: 'RecordsSent',
  unit: 'Count',
  dimensions: [['Destination', 'KinesisStream:logs']],
  timestampMs: 1_700_000_000_000,
  statistics: { kind: 'values', values: [500, 3], counts: [7, 1] },
  ...change,
});

async function put(data: readonly MetricDatum[], signal = new AbortController().signal) {
  using clients = testClients();
  const settings = awsSettings({ region: 'eu-west-1' });
  const port = clients.cloudWatch(settings, { endpoint });
  const reply = await port.putMetricData('AWSKinesisAgent', data, signal);
  return reply;
}

test('a datum arrives with name, unit, time, dimensions, values and counts', async () => {
  expect(await put([datum()])).toEqual({ kind: 'accepted' });
  expect(seen[0]?.headers['x-amz-target']).toMatch(/\.PutMetricData$/);
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
    Namespace: 'AWSKinesisAgent',
    MetricData: [
      {
        MetricName: 'RecordsSent',
        Unit: 'Count',
        Timestamp: 1_700_000_000,
        Dimensions: [{ Name: 'Destination', Value: 'KinesisStream:logs' }],
        Values: [500, 3],
        Counts: [7, 1],
      },
    ],
  });
});

test('a summary arrives as a statistic set', async () => {
  await put([datum({ statistics: { kind: 'summary', count: 3, sum: 30, min: 5, max: 15 } })]);
  const [sent] = JSON.parse(seen[0]?.body ?? '').MetricData;
  expect(sent.StatisticValues).toEqual({ SampleCount: 3, Sum: 30, Minimum: 5, Maximum: 15 });
  expect(sent).not.toHaveProperty('Values');
});

test('a thousand metrics go in one request, compressed', async () => {
  await put(Array.from({ length: 1000 }, () => datum()));
  expect(seen).toHaveLength(1);
  expect(seen[0]?.headers['content-encoding']).toBe('gzip');
  expect(JSON.parse(seen[0]?.body ?? '').MetricData).toHaveLength(1000);
});

test('a denial is a fault that names the permission', async () => {
  answer = () => ({ status: 403, body: '{"__type":"AccessDeniedException","message":"not authorized"}' });
  const reply = await put([datum()]);
  expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'AccessDeniedException' } });
  expect(reply.kind === 'failed' && reply.fault.hint).toContain('cloudwatch:PutMetricData');
});

test('a request that the service will never take is an invalid one', async () => {
  answer = () => ({ status: 400, body: '{"__type":"InvalidParameterValueException","message":"The value is bad"}' });
  expect(await put([datum()])).toMatchObject({ kind: 'failed', fault: { kind: 'invalid' } });
});

test('a server error is tried twice, then it is a transient fault', async () => {
  answer = () => ({ status: 500, body: '{"__type":"InternalServiceFault","message":"sorry"}' });
  expect(await put([datum()])).toMatchObject({ kind: 'failed', fault: { kind: 'transient' } });
  expect(seen).toHaveLength(2);
});

test('where nothing listens, the hint names the endpoint with its port', async () => {
  endpoint = 'http://127.0.0.1:1';
  const reply = await put([datum()]);
  expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'transient', code: 'ECONNREFUSED' } });
  expect(reply.kind === 'failed' && reply.fault.hint).toContain('Nothing accepts connections at http://127.0.0.1:1:');
});

test('an abort ends the call with a fault, not a rejection', async () => {
  expect(await put([datum()], AbortSignal.abort())).toMatchObject({ kind: 'failed' });
});

test('the instance is told by IMDSv2, once', async () => {
  answer = (path) => ({ status: 200, body: path === '/latest/api/token' ? 'TOKEN' : 'i-0123456789' });
  const clock = new FakeClock();
  const instance = new InstanceName(clock, { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint });
  expect(instance.name).toBe(hostname());
  await instance.look();
  await clock.advance(60_000);
  await instance.look();
  expect(instance.name).toBe('i-0123456789');
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'PUT /latest/api/token',
    'GET /latest/meta-data/instance-id',
  ]);
  expect(seen[1]?.headers['x-aws-ec2-metadata-token']).toBe('TOKEN');
});

test('off EC2 the instance is the host name, and nobody is asked more than every half minute', async () => {
  answer = () => ({ status: 404, body: '' });
  const clock = new FakeClock();
  const instance = new InstanceName(clock, { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint });
  for (let second = 0; second < 60; second += 1) {
    await instance.look();
    await clock.advance(1000);
  }
  expect(instance.name).toBe(hostname());
  expect(seen).toHaveLength(2);
});
