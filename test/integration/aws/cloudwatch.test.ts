/** Metrics go to CloudWatch with the same credentials, proxy and certificate authorities as records, through the real SDK. */
import { describe, expect, it } from 'vitest';
import { AwsClients } from '../../../src/aws/clients.ts';
import type { MetricDatum } from '../../../src/telemetry/cloudwatch-data.ts';
import { testEnvironment } from '../../support/fake-aws/environment.ts';
import { startFakeCloudWatch } from '../../support/fake-aws/fake-cloudwatch.ts';
import { startFakeSts } from '../../support/fake-aws/fake-sts.ts';
import { awsSettings, never, testClients, testKeys } from '../../support/fake-aws/settings.ts';
import { realClock } from '../../support/fake-http/http-exchange.ts';
import { ServiceError } from '../../support/kinesis-server/fault.ts';

const sessionKeys = { accessKeyId: 'ASIASESSION', secretAccessKey: 'session/secret', sessionToken: 'session-token' } as const;

const datum: MetricDatum = {
  name: 'RecordsSent',
  unit: 'Count',
  dimensions: [['Destination', 'KinesisStream:logs']],
  timestampMs: 1_700_000_000_000,
  statistics: { kind: 'values', values: [500, 3], counts: [7, 1] },
};

describe('metrics', () => {
  it('go to CloudWatch with the credentials of the flows, a role included, in a region of their own', async () => {
    await using sts = await startFakeSts({
      callers: [testKeys],
      issue: () => ({ keys: sessionKeys, expiration: new Date(Date.now() + 3_600_000) }),
    });
    await using cloudWatch = await startFakeCloudWatch({ credentials: [sessionKeys] });
    using environment = testEnvironment({ AWS_EC2_METADATA_DISABLED: 'true' });
    using clients = testClients(environment.variables);
    const assumeRole = { roleArn: 'arn:aws:iam::000000000000:role/r', sessionName: 's', durationSeconds: 900, stsEndpoint: sts.endpoint };
    const settings = awsSettings({ credentials: { ...testKeys, assumeRole } });
    const port = clients.cloudWatch(settings, { endpoint: cloudWatch.endpoint, region: 'eu-west-1' });
    expect(await port.putMetricData('AWSKinesisAgent', Array.from({ length: 900 }, () => datum), never)).toEqual({ kind: 'accepted' });
    expect(cloudWatch.data).toHaveLength(900);
    expect(cloudWatch.data[0]).toMatchObject({ namespace: 'AWSKinesisAgent', MetricName: 'RecordsSent', Unit: 'Count', Values: [500, 3], Counts: [7, 1] });
  });

  it('that are not allowed name the action', async () => {
    await using cloudWatch = await startFakeCloudWatch({ credentials: [testKeys] });
    using clients = testClients();
    cloudWatch.fault = () => new ServiceError('AccessDenied', 'not authorized', 403);
    const port = clients.cloudWatch(awsSettings({}), { endpoint: cloudWatch.endpoint });
    const reply = await port.putMetricData('AWSKinesisAgent', [datum], never);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain('cloudwatch:PutMetricData');
  });

  it('get through again after keys without an end were replaced where they come from', async () => {
    const next = { accessKeyId: 'AKIANEXT', secretAccessKey: 'next/secret' };
    await using cloudWatch = await startFakeCloudWatch({ credentials: [next] });
    using environment = testEnvironment({ AWS_EC2_METADATA_DISABLED: 'true' });
    const write = ({ accessKeyId, secretAccessKey }: typeof next) =>
      environment.write('credentials', `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`);
    write(testKeys);
    let nowMs = 0;
    const clock = { ...realClock, monotonicMs: () => nowMs };
    const clients = new AwsClients({ clock, events: { emit: () => undefined }, environment: environment.variables });
    const settings = awsSettings({ credentials: undefined });
    const port = clients.cloudWatch(settings, { endpoint: cloudWatch.endpoint });
    expect(await port.putMetricData('AWSKinesisAgent', [datum], never)).toMatchObject({ kind: 'failed', fault: { code: 'UnrecognizedClientException' } });
    write(next);
    nowMs = 60_000;
    await port.putMetricData('AWSKinesisAgent', [datum], never);
    expect(await port.putMetricData('AWSKinesisAgent', [datum], never)).toEqual({ kind: 'accepted' });
    clients.close();
  });
});
