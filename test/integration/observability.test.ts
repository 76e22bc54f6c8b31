/** A whole agent, run as a process, watched as an operator watches it: CloudWatch, Prometheus, health, log, signals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { join } from '../../src/core/paths.ts';
import { KinesisServer } from '../support/kinesis-server/server.ts';

interface Datum {
  readonly MetricName: string;
  readonly Unit: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: { readonly Sum: number };
}

/** Takes PutMetricData and keeps every datum. */
class FakeCloudWatch {
  readonly data: Datum[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      this.data.push(...JSON.parse(body.toString()).MetricData);
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve()));
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  sum(name: string, dimension: string): number {
    return this.data
      .filter((datum) => datum.MetricName === name && datum.Dimensions.some(({ Value }) => Value === dimension))
      .reduce((total, datum) => total + sumOf(datum), 0);
  }
}

function sumOf(datum: Datum): number {
  if (datum.StatisticValues !== undefined) return datum.StatisticValues.Sum;
  return (datum.Values ?? []).reduce((total, value, index) => total + value * (datum.Counts?.[index] ?? 1), 0);
}

const main = new URL('../../src/main.ts', import.meta.url).pathname;
const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY';

class Agent {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  output = '';
  #onOutput = () => {};

  constructor(config: string) {
    const env = { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: secret };
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'run', '-c', config], { env });
    const read = (chunk: Buffer) => {
      this.output += chunk.toString();
      this.#onOutput();
    };
    this.#child.stdout?.on('data', read);
    this.#child.stderr?.on('data', read);
    this.#exited = new Promise((resolve) => this.#child.once('exit', (code) => resolve(code)));
  }

  get events(): readonly Record<string, unknown>[] {
    return this.output.split('\n').slice(0, -1).map((line) => JSON.parse(line));
  }

  /** The first event of that name, as soon as it is there. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.events.find((line) => line.event === name);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#onOutput = resolve));
    }
  }

  signal(name: 'SIGUSR2' | 'SIGTERM'): void {
    this.#child.kill(name);
  }

  stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.#exited;
  }
}

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kinship-observed-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('an operator sees what was sent, that it is healthy, and no secret', async () => {
  await using kinesis = await KinesisServer.start({ region: 'eu-west-1' });
  const stream = kinesis.model.createStream('seen', { shards: 1 });
  const cloudWatch = new FakeCloudWatch();
  const log = join(root, 'app.log');
  writeFileSync(log, '');
  const config = join(root, 'kinship.yaml');
  const settings = {
    region: 'eu-west-1',
    checkpointFile: join(root, 'checkpoints.db'),
    controlSocket: join(root, 'control.sock'),
    kinesis: { endpoint: kinesis.endpoint },
    // Only the flush at stop uploads: the last interval must not be lost.
    cloudwatch: { endpoint: await cloudWatch.listen(), metricsUploadSeconds: 3600, dimensions: { Stage: 'test' } },
    prometheus: { listen: '127.0.0.1:0' },
    flows: [{ id: 'app', filePattern: log, kinesisStream: 'seen', initialPosition: 'START_OF_FILE' }],
  };
  writeFileSync(config, JSON.stringify(settings));

  const agent = new Agent(config);
  const { address } = await agent.event('metricsListening');
  appendFileSync(log, 'payload of a line\n'.repeat(100));
  const page = async (path: string) => fetch(`http://${String(address)}${path}`);
  const delivered = 'kinship_records_delivered_total{flow="app"} 100';
  for (let text = ''; !text.includes(delivered); ) text = await (await page('/metrics')).text();
  expect((await page('/health')).status).toBe(200);
  expect((await page('/ready')).status).toBe(200);
  const metrics = await (await page('/metrics')).text();
  expect(metrics).toContain('kinship_records_sent_total{destination="KinesisStream:seen"} 100');
  expect(metrics).toContain('kinship_lag_bytes{flow="app"} 0');

  agent.signal('SIGUSR2');
  expect(await agent.event('logLevelSwitched')).toMatchObject({ level: 'warn', to: 'debug' });
  expect(await agent.stop()).toBe(0);
  cloudWatch.close();

  expect(stream.acceptedCount).toBeGreaterThan(0);
  expect(cloudWatch.sum('RecordsSent', 'KinesisStream:seen')).toBe(100);
  // What was sent: the lines, and what aggregation adds.
  expect(cloudWatch.sum('BytesSent', 'KinesisStream:seen')).toBeGreaterThan(1800);
  expect(cloudWatch.sum('BytesRead', 'app')).toBe(1800);
  expect(cloudWatch.sum('BytesDelivered', 'app')).toBe(1800);
  for (const datum of cloudWatch.data) expect(datum.Dimensions).toContainEqual({ Name: 'Stage', Value: 'test' });
  for (const event of agent.events) expect(event).toMatchObject({ time: expect.any(String), message: expect.any(String) });
  expect(agent.output).not.toContain(secret);
  expect(agent.output).not.toContain('payload of a line');
});

test('a CloudWatch that is not there costs nothing but a warning', async () => {
  await using kinesis = await KinesisServer.start({ region: 'eu-west-1' });
  kinesis.model.createStream('seen', { shards: 1 });
  const config = join(root, 'kinship.yaml');
  const settings = {
    region: 'eu-west-1',
    checkpointFile: join(root, 'checkpoints.db'),
    controlSocket: join(root, 'control.sock'),
    kinesis: { endpoint: kinesis.endpoint },
    cloudwatch: { endpoint: 'http://127.0.0.1:9', metricsUploadSeconds: 1 },
    flows: [{ id: 'app', filePattern: join(root, '*.log'), kinesisStream: 'seen' }],
  };
  writeFileSync(config, JSON.stringify(settings));
  const agent = new Agent(config);
  const failed = await agent.event('metricsUploadFailed');
  expect(failed).toMatchObject({ level: 'warn', errorCode: 'ECONNREFUSED' });
  expect(await agent.stop()).toBe(0);
});
