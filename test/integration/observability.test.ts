/** A whole agent in a process of its own, as an operator sees it: CloudWatch, Prometheus, health, log, signals. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askAgent } from '../../src/agent/control-socket.ts';
import { join } from '../../src/core/paths.ts';
import { type FakeCloudWatch, type FakeDatum, startFakeCloudWatch } from '../support/fake-aws/fake-cloudwatch.ts';
import { KinesisServer } from '../support/kinesis-server/server.ts';
import { ObservedAgent, secretAccessKey } from '../support/observed-agent.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kinship-observed-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const inRoot = (name: string) => join(root, name);

/** Writes the config of an agent that ships app.log to the stream `seen`; returns its path. */
function writeConfig(kinesis: KinesisServer, settings: object, flow: object = {}): string {
  const path = inRoot('kinship.yaml');
  const app = { id: 'app', filePattern: inRoot('app.log'), kinesisStream: 'seen', initialPosition: 'START_OF_FILE', ...flow };
  const own = { region: 'eu-west-1', checkpointFile: inRoot('checkpoints.db'), controlSocket: inRoot('control.sock') };
  writeFileSync(path, JSON.stringify({ ...own, kinesis: { endpoint: kinesis.endpoint }, ...settings, flows: [app] }));
  return path;
}

/** The sum of a metric under a dimension, over everything that CloudWatch took. */
function sumOf({ data }: FakeCloudWatch, name: string, dimension: string): number {
  const amount = ({ StatisticValues: summary, Values = [], Counts = [] }: FakeDatum) =>
    summary?.Sum ?? Values.reduce((total, value, index) => total + value * (Counts[index] ?? 1), 0);
  const own = data.filter(({ MetricName, Dimensions = [] }) => MetricName === name && Dimensions.some(({ Value }) => Value === dimension));
  return own.reduce((total, datum) => total + amount(datum), 0);
}

test('an operator sees what was sent, that it is healthy, and no secret', async () => {
  await using kinesis = await KinesisServer.start({ region: 'eu-west-1' });
  const stream = kinesis.model.createStream('seen', { shards: 1 });
  await using cloudWatch = await startFakeCloudWatch();
  const log = inRoot('app.log');
  writeFileSync(log, '');
  // The interval is so long that only the flush at stop uploads: the last interval must not be lost.
  const cloudwatch = { endpoint: cloudWatch.endpoint, metricsUploadSeconds: 3600, dimensions: { Stage: 'test' }, tagInstance: true };
  const agent = new ObservedAgent(writeConfig(kinesis, { cloudwatch, prometheus: { listen: '127.0.0.1:0' } }));
  const { address } = await agent.event('metricsListening');
  appendFileSync(log, 'payload of a line\n'.repeat(100));
  const page = async (path: string) => fetch(`http://${String(address)}${path}`);
  const delivered = 'kinship_records_delivered_total{flow="app"} 100';
  for (let text = ''; !text.includes(delivered); ) text = await (await page('/metrics')).text();
  expect((await page('/health')).status).toBe(200);
  expect((await page('/ready')).status).toBe(200);
  const asked = await askAgent(inRoot('control.sock'), { command: 'status' }, 5000);
  const [flow] = asked.kind === 'answered' && asked.reply.kind === 'status' ? asked.reply.status.flows : [];
  expect(flow).toMatchObject({ recordsRead: 100, bytesRead: 1800, pendingBytes: 0, lagBytes: 0, lagSeconds: 0 });
  expect(flow?.files).toMatchObject([
    { path: log, startBytes: 0, positionBytes: 1800, readBytes: 1800, pendingBytes: 0, outcomes: { delivered: { bytes: 1800, records: 100 } } },
  ]);
  const metrics = await (await page('/metrics')).text();
  expect(metrics).toContain('kinship_records_sent_total{destination="KinesisStream:seen"} 100');
  expect(metrics).toContain('kinship_lag_bytes{flow="app"} 0');

  // The agent runs from a checkout, without the flags of the binary.
  agent.signal('SIGUSR1');
  agent.signal('SIGUSR2');
  expect(await agent.event('logLevelSwitched')).toMatchObject({ level: 'warn', to: 'debug' });
  expect(await agent.stop()).toBe(0);

  expect(stream.acceptedCount).toBeGreaterThan(0);
  expect(sumOf(cloudWatch, 'RecordsSent', 'KinesisStream:seen')).toBe(100);
  // The bytes of the lines, and those that aggregation adds.
  expect(sumOf(cloudWatch, 'BytesSent', 'KinesisStream:seen')).toBeGreaterThan(1800);
  expect(sumOf(cloudWatch, 'BytesRead', 'app')).toBe(1800);
  expect(sumOf(cloudWatch, 'BytesDelivered', 'app')).toBe(1800);
  for (const { Dimensions: dimensions } of cloudWatch.data) {
    expect(dimensions).toContainEqual({ Name: 'Stage', Value: 'test' });
    // The host's name, because this machine is no EC2 instance.
    expect(dimensions).toContainEqual({ Name: 'Instance', Value: expect.stringMatching(/./) });
  }
  for (const event of agent.events) expect(event).toMatchObject({ time: expect.any(String), message: expect.any(String) });
  expect(agent.output).not.toContain(secretAccessKey);
  expect(agent.output).not.toContain('payload of a line');
  expect(agent.output).not.toContain('Debugger listening');
});

test('the metrics keep what a flow did before a reload set it up anew, and no counter falls', async () => {
  await using kinesis = await KinesisServer.start({ region: 'eu-west-1' });
  kinesis.model.createStream('seen', { shards: 1 });
  await using cloudWatch = await startFakeCloudWatch();
  const log = inRoot('app.log');
  writeFileSync(log, 'a line\n'.repeat(100));
  // The interval is so long that only the flush at stop uploads.
  const settings = { cloudwatch: { endpoint: cloudWatch.endpoint, metricsUploadSeconds: 3600 }, prometheus: { listen: '127.0.0.1:0' } };
  const agent = new ObservedAgent(writeConfig(kinesis, settings, { recordMaxBufferedTimeMillis: 100 }));
  const { address } = await agent.event('metricsListening');
  const delivered = async () => /kinship_bytes_delivered_total\{flow="app"\} (\d+)/.exec(await (await fetch(`http://${String(address)}/metrics`)).text())?.[1];
  await expect.poll(delivered, { timeout: 10_000 }).toBe('700');
  writeConfig(kinesis, settings, { recordMaxBufferedTimeMillis: 50 });
  agent.signal('SIGHUP');
  expect(await agent.event('reloaded')).toMatchObject({ changed: 1 });
  expect(await delivered()).toBe('700');
  appendFileSync(log, 'a line\n'.repeat(10));
  await expect.poll(delivered, { timeout: 10_000 }).toBe('770');
  expect(await agent.stop()).toBe(0);
  for (const name of ['BytesRead', 'BytesDelivered']) expect(sumOf(cloudWatch, name, 'app'), name).toBe(770);
});

test('a CloudWatch that is not there costs nothing but a warning', async () => {
  await using kinesis = await KinesisServer.start({ region: 'eu-west-1' });
  kinesis.model.createStream('seen', { shards: 1 });
  const agent = new ObservedAgent(writeConfig(kinesis, { cloudwatch: { endpoint: 'http://127.0.0.1:9', metricsUploadSeconds: 1 } }));
  const failed = await agent.event('metricsUploadFailed');
  expect(failed).toMatchObject({ level: 'warn', errorCode: 'ECONNREFUSED' });
  expect(await agent.stop()).toBe(0);
});

test('a CloudWatch that never answers does not hold up lines, and the stop only briefly', async () => {
  await using kinesis = await KinesisServer.start({ region: 'eu-west-1' });
  const stream = kinesis.model.createStream('seen', { shards: 1 });
  await using cloudWatch = await startFakeCloudWatch();
  cloudWatch.answerWhen = new Promise(() => undefined);
  const log = inRoot('app.log');
  writeFileSync(log, '');
  const cloudwatch = { endpoint: cloudWatch.endpoint, metricsUploadSeconds: 1 };
  const agent = new ObservedAgent(writeConfig(kinesis, { cloudwatch }));
  await agent.event('agentStarted');
  await expect.poll(() => cloudWatch.calls, { timeout: 10_000 }).toBeGreaterThan(0);
  appendFileSync(log, 'a line\n'.repeat(1000));
  await expect.poll(() => stream.acceptedCount, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await agent.stop()).toBe(0);
  expect(await agent.event('agentStopped')).toMatchObject({ pendingBytes: 0 });
});
