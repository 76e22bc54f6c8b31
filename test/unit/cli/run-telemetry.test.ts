/** Metrics of a running agent, from its counters to a CloudWatch on loopback, on a clock that the test moves. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { AwsClients } from '../../../src/aws/clients.ts';
import { RunTelemetry } from '../../../src/cli/run-telemetry.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { testEnvironment } from '../../support/fake-aws/environment.ts';
import { type FakeCloudWatch, startFakeCloudWatch } from '../../support/fake-aws/fake-cloudwatch.ts';
import { testKeys } from '../../support/fake-aws/settings.ts';
import { FakeService } from '../../support/fake-http/fake-service.ts';
import { testTls } from '../../support/fake-http/test-tls.ts';
import { FakeConfigFiles } from '../config/fake-config-files.ts';
import { agentStatus } from '../telemetry/agent-status.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const intervalMs = 60_000;

interface Told {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Telemetry that has begun, with nothing but CloudWatch. */
async function begin(root: object, environment: Readonly<Record<string, string | undefined>> = {}) {
  const credentials = { ...testKeys, secretAccessKey: '${SECRET}' };
  const own = { credentials, log: { progressSeconds: 0 }, flows: [{ filePattern: '/a.log', kinesisStream: 'logs' }] };
  const files = new FakeConfigFiles({ '/kinship.yaml': JSON.stringify({ ...own, ...root }) });
  const loaded = await loadConfig('/kinship.yaml', { files, env: { SECRET: testKeys.secretAccessKey } });
  if (loaded.kind === 'invalid') throw new Error(JSON.stringify(loaded.issues));
  const clock = new FakeClock();
  const told: Told[] = [];
  const events = { emit: (name: string, fields: object) => void told.push({ name, fields: { ...fields } }) };
  const clients = new AwsClients({ clock, events, environment });
  const telemetry = new RunTelemetry({ config: loaded.config, clock, events, clients, environment });
  await telemetry.start(() => agentStatus([]));
  return {
    clock,
    telemetry,
    told,
    sent: (records: number) => telemetry.metrics.count('RecordsSent', records, { Destination: 'KinesisStream:logs' }),
    /** Lets an interval pass, and what it uploads come to an end. */
    interval: async () => {
      await clock.advance(intervalMs);
      await expect.poll(() => clock.timerCount, { timeout: 10_000 }).toBe(1);
    },
    [Symbol.asyncDispose]: async () => {
      await telemetry.stop();
      clients.close();
    },
  };
}

function recordsSent({ data }: FakeCloudWatch): number {
  const own = data.filter(({ MetricName }) => MetricName === 'RecordsSent');
  return own.reduce((sum, { Values = [], Counts = [] }) => sum + Values.reduce((part, value, index) => part + value * (Counts[index] ?? 1), 0), 0);
}

describe('an upload that is under way at the stop', () => {
  test('comes to its end, and the last interval follows: both are counted once', async () => {
    await using cloudWatch = await startFakeCloudWatch();
    await using agent = await begin({ region: 'eu-west-1', cloudwatch: { endpoint: cloudWatch.endpoint } });
    const answers = Promise.withResolvers<void>();
    cloudWatch.answerWhen = answers.promise;
    agent.sent(5);
    await agent.clock.advance(intervalMs);
    await expect.poll(() => recordsSent(cloudWatch), { timeout: 10_000 }).toBe(5);
    agent.sent(2);
    const stopped = agent.telemetry.stop();
    answers.resolve();
    await stopped;
    expect(recordsSent(cloudWatch)).toBe(7);
    expect(agent.clock.timerCount).toBe(0);
  });

  test('is given up when it takes too long, and not sent again, because it may have been taken', async () => {
    await using cloudWatch = await startFakeCloudWatch();
    await using agent = await begin({ region: 'eu-west-1', cloudwatch: { endpoint: cloudWatch.endpoint } });
    const answers = Promise.withResolvers<void>();
    cloudWatch.answerWhen = answers.promise;
    agent.sent(5);
    await agent.clock.advance(intervalMs);
    await expect.poll(() => recordsSent(cloudWatch), { timeout: 10_000 }).toBe(5);
    const stopped = agent.telemetry.stop();
    await agent.clock.advance(3000);
    await stopped;
    answers.resolve();
    expect(cloudWatch.calls).toBe(1);
  });

  test('does not hold up the stop when it waits for credentials that never come', async () => {
    await using cloudWatch = await startFakeCloudWatch();
    const answers = Promise.withResolvers<void>();
    await using container = await FakeService.start({ respond: () => answers.promise.then(() => undefined) });
    using environment = testEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.endpoint}/`, AWS_EC2_METADATA_DISABLED: 'true' });
    const root = { region: 'eu-west-1', credentials: undefined, cloudwatch: { endpoint: cloudWatch.endpoint } };
    await using agent = await begin(root, environment.variables);
    agent.sent(5);
    await agent.clock.advance(intervalMs);
    await expect.poll(() => container.requests.length, { timeout: 10_000 }).toBe(1);
    const stopped = agent.telemetry.stop();
    await agent.clock.advance(3000);
    await stopped;
    answers.resolve();
    expect(cloudWatch.calls).toBe(0);
  });
});

describe('metrics that cannot be sent at the start', () => {
  /** Instance metadata that answers from when it is told to. */
  async function startMetadata() {
    const pages: Readonly<Record<string, string>> = { '/latest/api/token': 'TOKEN', '/latest/meta-data/placement/region': 'eu-west-1', '/latest/meta-data/instance-id': 'i-0123' };
    const state = { reachable: false };
    const service = await FakeService.start({ respond: ({ url }) => (state.reachable ? { body: pages[url.pathname] ?? '' } : { status: 503 }) });
    return Object.assign(service, { state });
  }

  test('because no region is known yet are counted, told once, and follow when it is', async () => {
    await using cloudWatch = await startFakeCloudWatch();
    await using metadata = await startMetadata();
    using environment = testEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint });
    await using agent = await begin({ cloudwatch: { endpoint: cloudWatch.endpoint } }, environment.variables);
    agent.sent(5);
    await agent.interval();
    agent.sent(2);
    await agent.interval();
    expect(agent.told).toMatchObject([
      { name: 'metricsUploadFailed', fields: { errorCode: 'RegionUnknown', hint: expect.stringContaining('cloudwatch.region') } },
    ]);
    metadata.state.reachable = true;
    agent.sent(1);
    await agent.interval();
    expect(recordsSent(cloudWatch)).toBe(8);
    expect(agent.told.map(({ name }) => name)).toEqual(['metricsUploadFailed', 'metricsUploadRecovered']);
  });

  test('because of a CA bundle that cannot be used follow when it can', async () => {
    await using cloudWatch = await startFakeCloudWatch();
    using environment = testEnvironment({});
    const caBundle = environment.write('ca.pem', 'to come');
    await using agent = await begin({ region: 'eu-west-1', caBundle, cloudwatch: { endpoint: cloudWatch.endpoint } });
    agent.sent(5);
    await agent.interval();
    expect(agent.told).toMatchObject([{ name: 'metricsUploadFailed', fields: { errorCode: 'CaBundleUnreadable' } }]);
    environment.write('ca.pem', readFileSync(testTls.caPath, 'utf8'));
    await agent.interval();
    expect(recordsSent(cloudWatch)).toBe(5);
  });

  test('have the host name for an instance until the id is known, and then never again', async () => {
    await using cloudWatch = await startFakeCloudWatch();
    await using metadata = await startMetadata();
    using environment = testEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint });
    const root = { region: 'eu-west-1', cloudwatch: { endpoint: cloudWatch.endpoint, tagInstance: true } };
    await using agent = await begin(root, environment.variables);
    for (const reachable of [false, true, false]) {
      metadata.state.reachable = reachable;
      agent.sent(1);
      await agent.interval();
    }
    const instances = cloudWatch.data
      .filter(({ MetricName }) => MetricName === 'RecordsSent')
      .map(({ Dimensions = [] }) => Dimensions.find(({ Name }) => Name === 'Instance')?.Value);
    expect(instances).toEqual([hostname(), 'i-0123', 'i-0123']);
  });
});
