/** Which host a call goes to, as a proxy sees it that lets no call through. */
import { expect, it } from 'vitest';
import type { CredentialsSettings, KinesisSettings } from '../../../src/aws/config.ts';
import { testEnvironment } from '../../support/fake-aws/environment.ts';
import { awsSettings, never, outgoing, testClients, testKeys } from '../../support/fake-aws/settings.ts';
import { ConnectProxy } from '../../support/fake-http/connect-proxy.ts';

const assumeRole = { roleArn: 'arn:aws:iam::000000000000:role/r', sessionName: 's', durationSeconds: 900 };

const accountKeys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ACCOUNT_ID: '111122223333' };

const rows: readonly {
  readonly name: string;
  readonly host: string;
  readonly stream?: string;
  readonly region?: string;
  readonly kinesis?: Partial<KinesisSettings>;
  readonly credentials?: Partial<CredentialsSettings>;
  readonly environment?: Readonly<Record<string, string>>;
}[] = [
  { name: 'the region', host: 'kinesis.eu-west-1.amazonaws.com' },
  { name: 'FIPS', kinesis: { useFipsEndpoint: true }, host: 'kinesis-fips.eu-west-1.amazonaws.com' },
  { name: 'dual-stack', kinesis: { useDualstackEndpoint: true }, host: 'kinesis.eu-west-1.api.aws' },
  { name: 'China', region: 'cn-north-1', host: 'kinesis.cn-north-1.amazonaws.com.cn' },
  {
    name: 'the account of the ARN',
    stream: 'arn:aws:kinesis:eu-west-1:111122223333:stream/logs',
    host: '111122223333.data-kinesis.eu-west-1.amazonaws.com',
  },
  {
    name: 'the account of the credentials, where it is known',
    credentials: {},
    environment: accountKeys,
    host: '111122223333.data-kinesis.eu-west-1.amazonaws.com',
  },
  {
    name: 'the region alone, where accountIdEndpointMode is disabled',
    credentials: {},
    environment: accountKeys,
    kinesis: { accountIdEndpointMode: 'disabled' },
    host: 'kinesis.eu-west-1.amazonaws.com',
  },
  { name: 'the environment', environment: { AWS_ENDPOINT_URL_KINESIS: 'https://env.example' }, host: 'env.example' },
  {
    name: 'the config, before the environment',
    environment: { AWS_ENDPOINT_URL_KINESIS: 'https://env.example' },
    kinesis: { endpoint: 'https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com' },
    host: 'vpce-1.kinesis.eu-west-1.vpce.amazonaws.com',
  },
  { name: 'STS, for a role', credentials: { ...testKeys, assumeRole }, host: 'sts.eu-west-1.amazonaws.com' },
  { name: 'STS in China', region: 'cn-north-1', credentials: { ...testKeys, assumeRole }, host: 'sts.cn-north-1.amazonaws.com.cn' },
  {
    name: 'STS of the environment',
    credentials: { ...testKeys, assumeRole },
    environment: { AWS_ENDPOINT_URL_STS: 'https://sts.example' },
    host: 'sts.example',
  },
];

it.each(rows)('calls go to $host by $name', async ({ stream = 'logs', region = 'eu-west-1', kinesis, credentials, environment = {}, host }) => {
  await using proxy = await ConnectProxy.start({ refusal: '403 Forbidden' });
  using variables = testEnvironment({ AWS_EC2_METADATA_DISABLED: 'true', ...environment });
  using clients = testClients(variables.variables);
  const settings = awsSettings({
    region,
    proxy: proxy.url(),
    kinesis: { protocol: 'cbor', ...kinesis },
    ...(credentials === undefined ? {} : { credentials }),
  });
  const reply = await clients.kinesis(settings, stream).putRecords(stream, [outgoing('a')], never);
  expect(proxy.tunnels[0]).toBe(`${host}:443`);
  expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked' } });
  expect(reply.kind === 'failed' && reply.fault.hint).toContain('NO_PROXY');
});
