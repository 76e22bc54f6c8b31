import { describe, expect, it } from 'vitest';
import { explainEndpoint } from '../../../src/aws/network/endpoint.ts';
import { describeCredentials, explainAccess } from '../../../src/aws/access/explain-access.ts';
import { awsSettings } from '../../support/fake-aws/settings.ts';
import type { SettingsDifference } from '../../support/fake-aws/settings.ts';

const arn = 'arn:aws:kinesis:eu-north-1:000000000000:stream/logs';
const off = { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' };

async function explain(difference: SettingsDifference, target = 'logs', environment = {}) {
  return explainAccess({ service: 'Kinesis', settings: awsSettings(difference), target }, { ...off, ...environment });
}

describe('the region', () => {
  it.each([
    { region: 'eu-west-1', target: 'logs', environment: { AWS_REGION: 'us-west-2' }, name: 'eu-west-1', source: 'config' },
    { region: undefined, target: arn, environment: { AWS_REGION: 'us-west-2' }, name: 'eu-north-1', source: 'arn' },
    { region: undefined, target: 'logs', environment: { AWS_REGION: 'us-west-2' }, name: 'us-west-2', source: 'environment' },
    { region: undefined, target: 'logs', environment: { AWS_DEFAULT_REGION: 'ap-south-1' }, name: 'ap-south-1', source: 'environment' },
  ])('is $name from the $source', async ({ region, target, environment, name, source }) => {
    expect(await explain({ region }, target, environment)).toMatchObject({ kind: 'explained', region: { name, source } });
  });

  it('that was filled in is shown as the default of the Java agent, not as one of the config', async () => {
    const settings = { ...awsSettings({ region: 'us-east-1' }), regionIsJavaDefault: true };
    const report = await explainAccess({ service: 'Firehose', settings, target: 'd' }, off);
    expect(report).toMatchObject({ kind: 'explained', region: { name: 'us-east-1', source: 'default of the Java agent' } });
  });

  it('of the config that is not the ARN’s is an error that says so', async () => {
    expect(await explain({ region: 'eu-west-1' }, arn)).toMatchObject({ kind: 'failed', hint: expect.stringContaining('eu-north-1') });
  });

  it('that nothing names is an error that says where to set it', async () => {
    expect(await explain({ region: undefined })).toMatchObject({ kind: 'failed', hint: expect.stringContaining('AWS_REGION') });
  });
});

describe('the endpoint', () => {
  const base = { service: 'Kinesis', region: 'eu-west-1', configured: undefined, useFipsEndpoint: false, useDualstackEndpoint: false, environment: {} } as const;

  it.each([
    { difference: {}, url: 'https://kinesis.eu-west-1.amazonaws.com', source: 'region' },
    { difference: { service: 'Firehose' as const }, url: 'https://firehose.eu-west-1.amazonaws.com', source: 'region' },
    { difference: { service: 'CloudWatch' as const }, url: 'https://monitoring.eu-west-1.amazonaws.com', source: 'region' },
    { difference: { useFipsEndpoint: true }, url: 'https://kinesis-fips.eu-west-1.amazonaws.com', source: 'region' },
    { difference: { useFipsEndpoint: true, useDualstackEndpoint: true }, url: 'https://kinesis-fips.eu-west-1.api.aws', source: 'region' },
    { difference: { region: 'cn-north-1' }, url: 'https://kinesis.cn-north-1.amazonaws.com.cn', source: 'region' },
    { difference: { configured: 'https://vpce.example' }, url: 'https://vpce.example', source: 'config' },
    { difference: { environment: { AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_KINESIS: 'http://b' } }, url: 'http://b', source: 'environment' },
    { difference: { environment: { AWS_ENDPOINT_URL: 'http://a' } }, url: 'http://a', source: 'environment' },
    {
      difference: { environment: { AWS_ENDPOINT_URL: 'http://a', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' } },
      url: 'https://kinesis.eu-west-1.amazonaws.com',
      source: 'region',
    },
  ])('is $url from the $source', ({ difference, url, source }) => {
    expect(explainEndpoint({ ...base, ...difference })).toEqual({ url, source });
  });
});

describe('the proxy', () => {
  it.each([
    { proxy: 'http://u:p@proxy:3128', environment: {}, shown: 'http://proxy:3128' },
    { proxy: undefined, environment: { HTTPS_PROXY: 'http://env:1' }, shown: 'http://env:1' },
    { proxy: undefined, environment: { https_proxy: 'http://low:1', HTTPS_PROXY: 'http://env:1' }, shown: 'http://low:1' },
    { proxy: 'http://proxy:3128', environment: { NO_PROXY: '.amazonaws.com' }, shown: undefined },
    { proxy: 'http://proxy:3128', environment: { NO_PROXY: 'localhost, kinesis.us-east-1.amazonaws.com' }, shown: undefined },
    { proxy: 'http://proxy:3128', environment: { NO_PROXY: 'amazonaws.co' }, shown: 'http://proxy:3128' },
    { proxy: 'http://proxy:3128', environment: { no_proxy: '*' }, shown: undefined },
    { proxy: undefined, environment: {}, shown: undefined },
  ])('is $shown with $proxy and $environment', async ({ proxy, environment, shown }) => {
    const report = await explain(proxy === undefined ? {} : { proxy }, 'logs', environment);
    expect(report.kind === 'explained' && report.proxy).toBe(shown);
  });

  it('that is no HTTP proxy is an error', async () => {
    expect(await explain({ proxy: 'socks5://proxy:1080' })).toMatchObject({ kind: 'failed', hint: expect.stringContaining('SOCKS') });
  });
});

describe('credentials in words', () => {
  const role = { roleArn: 'arn:aws:iam::000000000000:role/r', sessionName: 'k', durationSeconds: 3600 };

  it.each([
    { settings: { accessKeyId: 'AKID', secretAccessKey: 'top-secret' }, environment: {}, words: 'access key AKID of the config' },
    { settings: { profile: 'logs', assumeRole: role }, environment: {}, words: 'role arn:aws:iam::000000000000:role/r, assumed with profile logs' },
    { settings: undefined, environment: { AWS_PROFILE: 'p', AWS_ACCESS_KEY_ID: 'x' }, words: 'profile p (AWS_PROFILE)' },
    { settings: undefined, environment: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'top-secret' }, words: 'access key x (AWS_ACCESS_KEY_ID)' },
    { settings: undefined, environment: { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'r' }, words: 'profile default, else web identity for r' },
    { settings: undefined, environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'u' }, words: 'profile default, else the role of the container' },
    { settings: undefined, environment: {}, words: 'profile default, else the role of the EC2 instance' },
  ])('are "$words"', ({ settings, environment, words }) => {
    expect(describeCredentials(settings, environment)).toBe(words);
  });
});
