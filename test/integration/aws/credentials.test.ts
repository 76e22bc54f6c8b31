/** Every way to credentials, through the real SDK, from fakes on loopback to a server that verifies signatures. */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CredentialsSettings } from '../../../src/aws/config.ts';
import { testEnvironment } from '../../support/fake-aws/environment.ts';
import { startFakeContainer, startFakeImds } from '../../support/fake-aws/fake-metadata.ts';
import { startFakeSts } from '../../support/fake-aws/fake-sts.ts';
import { awsSettings, never, outgoing, testClients, testKeys } from '../../support/fake-aws/settings.ts';
import { FakeService } from '../../support/fake-http/fake-service.ts';
import { realClock } from '../../support/fake-http/http-exchange.ts';
import { KinesisServer } from '../../support/kinesis-server/server.ts';
import { until } from '../../support/whole-agent/until.ts';

const sessionKeys = { accessKeyId: 'ASIASESSION', secretAccessKey: 'session/secret', sessionToken: 'session-token' } as const;
const roleArn = 'arn:aws:iam::000000000000:role/shipper';
const inAnHour = () => ({ keys: sessionKeys, expiration: new Date(Date.now() + 3_600_000) });
/** A port where nothing listens, for services that must not be asked. */
const nowhere = 'http://127.0.0.1:9';
const quiet = { AWS_EC2_METADATA_DISABLED: 'true' };

async function kinesis(accepted: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) {
  const server = await KinesisServer.start({ credentials: [accepted] });
  server.model.createStream('logs', { shards: 1 });
  return server;
}

function put(server: KinesisServer, credentials: Partial<CredentialsSettings> | undefined, environment: Readonly<Record<string, string | undefined>>) {
  const clients = testClients(environment);
  const settings = awsSettings({ credentials, kinesis: { endpoint: server.endpoint, protocol: 'json' } });
  const port = clients.kinesis(settings, 'logs');
  return port.putRecords('logs', [outgoing('a')], never).finally(() => clients.close());
}

describe('credentials', () => {
  it('are the keys of the config, with their session token', async () => {
    await using server = await kinesis(sessionKeys);
    using environment = testEnvironment(quiet);
    expect((await put(server, sessionKeys, environment.variables)).kind).toBe('answered');
  });

  it('come from environment variables', async () => {
    await using server = await kinesis(sessionKeys);
    using environment = testEnvironment({
      ...quiet,
      AWS_ACCESS_KEY_ID: sessionKeys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sessionKeys.secretAccessKey,
      AWS_SESSION_TOKEN: sessionKeys.sessionToken,
    });
    expect((await put(server, undefined, environment.variables)).kind).toBe('answered');
  });

  it('come from a profile of the config, though the environment has keys', async () => {
    await using server = await kinesis(testKeys);
    using environment = testEnvironment({ ...quiet, AWS_ACCESS_KEY_ID: 'OTHER', AWS_SECRET_ACCESS_KEY: 'other' });
    environment.write('credentials', `[logs]\naws_access_key_id=${testKeys.accessKeyId}\naws_secret_access_key=${testKeys.secretAccessKey}\n`);
    expect((await put(server, { profile: 'logs' }, environment.variables)).kind).toBe('answered');
  });

  it('come from a profile’s process', async () => {
    await using server = await kinesis(sessionKeys);
    using environment = testEnvironment({ ...quiet, AWS_PROFILE: 'logs' });
    const document = JSON.stringify({ Version: 1, AccessKeyId: sessionKeys.accessKeyId, SecretAccessKey: sessionKeys.secretAccessKey, SessionToken: sessionKeys.sessionToken });
    const script = environment.write('keys.sh', `#!/bin/sh\necho '${document}'\n`);
    chmodSync(script, 0o700);
    environment.write('config', `[profile logs]\ncredential_process = ${script}\n`);
    expect((await put(server, undefined, environment.variables)).kind).toBe('answered');
  });

  it('come from a profile that assumes a role with another', async () => {
    await using server = await kinesis(sessionKeys);
    await using sts = await startFakeSts({ callers: [testKeys], issue: inAnHour });
    using environment = testEnvironment({ ...quiet, AWS_ENDPOINT_URL_STS: sts.endpoint });
    environment.write('credentials', `[base]\naws_access_key_id=${testKeys.accessKeyId}\naws_secret_access_key=${testKeys.secretAccessKey}\n`);
    environment.write('config', `[profile logs]\nrole_arn=${roleArn}\nsource_profile=base\nregion=us-east-1\n`);
    expect((await put(server, { profile: 'logs' }, environment.variables)).kind).toBe('answered');
    expect(sts.assumed[0]).toMatchObject({ roleArn, caller: testKeys.accessKeyId });
  });

  it('come from single sign-on', async () => {
    await using server = await kinesis(sessionKeys);
    await using portal = await FakeService.start({
      respond: (request) =>
        request.headers['x-amz-sso_bearer_token'] === 'sso-token' && request.url.searchParams.get('role_name') === 'Shipper'
          ? {
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ roleCredentials: { ...sessionKeys, expiration: Date.now() + 3_600_000 } }),
            }
          : { status: 401 },
    });
    using environment = testEnvironment({ ...quiet, AWS_PROFILE: 'sso', AWS_ENDPOINT_URL_SSO: portal.endpoint });
    environment.write('config', '[profile sso]\nsso_start_url=https://x.awsapps.com/start\nsso_region=us-east-1\nsso_account_id=000000000000\nsso_role_name=Shipper\n');
    const { createHash } = await import('node:crypto');
    const { mkdirSync } = await import('node:fs');
    mkdirSync(`${environment.directory}/.aws/sso/cache`, { recursive: true });
    const cached = createHash('sha1').update('https://x.awsapps.com/start').digest('hex');
    environment.write(`.aws/sso/cache/${cached}.json`, JSON.stringify({ accessToken: 'sso-token', expiresAt: new Date(Date.now() + 3_600_000).toISOString() }));
    expect(await put(server, undefined, environment.variables)).toMatchObject({ kind: 'answered' });
  });

  it('come from a web identity (IRSA)', async () => {
    await using server = await kinesis(sessionKeys);
    await using sts = await startFakeSts({ callers: [], issue: inAnHour });
    using environment = testEnvironment({ ...quiet, AWS_ROLE_ARN: roleArn, AWS_ENDPOINT_URL_STS: sts.endpoint, AWS_REGION: 'us-east-1' });
    process.env['AWS_WEB_IDENTITY_TOKEN_FILE'] = environment.write('token', 'web-identity-token');
    expect((await put(server, undefined, { ...process.env })).kind).toBe('answered');
    expect(sts.assumed[0]).toMatchObject({ roleArn, webIdentityToken: 'web-identity-token' });
  });

  it('come from the container endpoint, with the token of EKS Pod Identity', async () => {
    await using server = await kinesis(sessionKeys);
    await using container = await startFakeContainer({ token: 'pod-token', issue: inAnHour });
    using environment = testEnvironment({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.endpoint}/v1/credentials` });
    process.env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'] = environment.write('pod', 'pod-token');
    expect((await put(server, undefined, { ...process.env })).kind).toBe('answered');
  });

  it('come from instance metadata, version 2', async () => {
    await using server = await kinesis(sessionKeys);
    await using imds = await startFakeImds({ region: 'us-east-1', issue: inAnHour });
    using environment = testEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint });
    expect((await put(server, undefined, environment.variables)).kind).toBe('answered');
    expect(imds.requests.filter((request) => request.headers['x-aws-ec2-metadata-token'] === undefined).every((request) => request.method === 'PUT')).toBe(true);
  });

  it('are those of a role, assumed with the keys of the config', async () => {
    await using server = await kinesis(sessionKeys);
    await using sts = await startFakeSts({ callers: [testKeys], issue: inAnHour });
    using environment = testEnvironment(quiet);
    const assumeRole = { roleArn, sessionName: 'kinship-web', durationSeconds: 900, externalId: 'shared', stsEndpoint: sts.endpoint };
    expect((await put(server, { ...testKeys, assumeRole }, environment.variables)).kind).toBe('answered');
    expect(sts.assumed).toEqual([
      { roleArn, sessionName: 'kinship-web', durationSeconds: 900, externalId: 'shared', webIdentityToken: undefined, caller: testKeys.accessKeyId },
    ]);
  });

  it('are fetched anew after the service called them expired, and not before', async () => {
    await using server = await kinesis(sessionKeys);
    let now = Date.now();
    await using sts = await startFakeSts({ callers: [testKeys], issue: inAnHour });
    using environment = testEnvironment(quiet);
    const { AwsClients } = await import('../../../src/aws/clients.ts');
    const clients = new AwsClients({ clock: { ...realClock, wallMs: () => now, monotonicMs: () => now }, events: { emit: () => undefined }, environment: environment.variables });
    const assumeRole = { roleArn, sessionName: 's', durationSeconds: 900, stsEndpoint: sts.endpoint };
    const settings = awsSettings({ credentials: { ...testKeys, assumeRole }, kinesis: { endpoint: server.endpoint, protocol: 'json' } });
    const port = clients.kinesis(settings, 'logs');
    for (const _ of [1, 2, 3]) expect((await port.putRecords('logs', [outgoing('a')], never)).kind).toBe('answered');
    expect(sts.assumed).toHaveLength(1);
    now += 60_000;
    server.model.fault = (call) => (call.number === 4 ? { kind: 'refuse', code: 'ExpiredTokenException' } : undefined);
    expect(await port.putRecords('logs', [outgoing('a')], never)).toMatchObject({ kind: 'failed', fault: { kind: 'expired-credentials' } });
    expect((await port.putRecords('logs', [outgoing('a')], never)).kind).toBe('answered');
    expect(sts.assumed).toHaveLength(2);
    clients.close();
  });
});

describe('credentials that cannot be had', () => {
  it('are named with every source tried', async () => {
    await using server = await kinesis(testKeys);
    using environment = testEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: nowhere });
    const reply = await put(server, undefined, environment.variables);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'CredentialsUnavailable' } });
    const hint = reply.kind === 'failed' ? reply.fault.hint : '';
    for (const source of ['AWS_ACCESS_KEY_ID (not set)', 'profile default', 'AWS_WEB_IDENTITY_TOKEN_FILE (not set)', 'container credentials (not set)', 'EC2 instance metadata (not reachable']) {
      expect(hint).toContain(source);
    }
    expect(server.requests).toHaveLength(0);
  });

  it('of a profile are named with the files that were read', async () => {
    await using server = await kinesis(testKeys);
    using environment = testEnvironment(quiet);
    const reply = await put(server, { profile: 'absent' }, environment.variables);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'CredentialsUnavailable' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain(`${environment.directory}/credentials`);
  });

  it.each([
    { name: 'the role may not be assumed', denied: [roleArn], durationSeconds: 3600, hint: /trust policy/ },
    { name: 'the session is longer than the role allows', denied: [], durationSeconds: 50_000, hint: /durationSeconds \(50000\)/ },
  ])('when $name are a blocked call with a hint', async ({ denied, durationSeconds, hint }) => {
    await using server = await kinesis(sessionKeys);
    await using sts = await startFakeSts({ callers: [testKeys], issue: inAnHour, denied });
    using environment = testEnvironment(quiet);
    const assumeRole = { roleArn, sessionName: 's', durationSeconds, stsEndpoint: sts.endpoint };
    const clients = testClients(environment.variables);
    const settings = { ...awsSettings({ kinesis: { endpoint: server.endpoint, protocol: 'json' } }), credentials: { ...testKeys, assumeRole } };
    const reply = await clients.kinesis(settings, 'logs').putRecords('logs', [outgoing('a')], never);
    clients.close();
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'RoleNotAssumed' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toMatch(hint);
  });

  it('because STS cannot be reached are tried again soon', async () => {
    await using server = await kinesis(sessionKeys);
    using environment = testEnvironment(quiet);
    const assumeRole = { roleArn, sessionName: 's', durationSeconds: 900, stsEndpoint: nowhere };
    const reply = await put(server, { ...testKeys, assumeRole }, environment.variables);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'transient', code: 'RoleNotAssumed' } });
  });

  it.each([
    { url: 'https://sts.example', stsEndpoint: 'https://sts.example' },
    { url: 'https://sts.eu-west-1.amazonaws.com' },
    { url: 'https://sts.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
    { url: 'https://sts.of-the-environment.example', variables: { AWS_ENDPOINT_URL_STS: 'https://sts.of-the-environment.example' } },
  ])('because of the proxy name the proxy, and the STS that was asked: $url', async ({ url, stsEndpoint, region = 'eu-west-1', variables = {} }) => {
    using environment = testEnvironment({ ...quiet, HTTPS_PROXY: 'http://127.0.0.1:9', ...variables });
    using clients = testClients(environment.variables);
    const assumeRole = { roleArn, sessionName: 's', durationSeconds: 900, ...(stsEndpoint === undefined ? {} : { stsEndpoint }) };
    const reply = await clients.kinesis(awsSettings({ region, credentials: { ...testKeys, assumeRole } }), 'logs').putRecords('logs', [outgoing('a')], never);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'transient', code: 'RoleNotAssumed' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain(`${url} (through http://127.0.0.1:9)`);
  });

  it('with a web identity are not blamed on sources that were not tried', async () => {
    await using server = await kinesis(sessionKeys);
    await using sts = await startFakeSts({ callers: [], issue: inAnHour, denied: [roleArn] });
    using environment = testEnvironment({ ...quiet, AWS_ENDPOINT_URL_STS: sts.endpoint, AWS_ROLE_ARN: roleArn, AWS_REGION: 'us-east-1' });
    const token = environment.write('token', 'of the pod');
    const reply = await put(server, undefined, { ...environment.variables, AWS_WEB_IDENTITY_TOKEN_FILE: token });
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'CredentialsUnavailable' } });
    const hint = reply.kind === 'failed' ? reply.fault.hint : '';
    expect(hint).toContain(`the trust policy of ${roleArn}`);
    expect(hint).toContain(token);
    expect(hint).not.toContain('EC2');
  });

  it('from a process that hangs hold up a call only until it is given up', async () => {
    await using server = await kinesis(sessionKeys);
    using environment = testEnvironment({ ...quiet, AWS_PROFILE: 'logs' });
    const script = environment.write('keys.sh', `#!/bin/sh\necho $$ > ${environment.directory}/pid\nexec sleep 600\n`);
    chmodSync(script, 0o700);
    environment.write('config', `[profile logs]\ncredential_process = ${script}\n`);
    using clients = testClients(environment.variables);
    const port = clients.kinesis(awsSettings({ credentials: undefined, kinesis: { endpoint: server.endpoint, protocol: 'json' } }), 'logs');
    const ending = new AbortController();
    const reply = port.putRecords('logs', [outgoing('a')], ending.signal);
    const pidFile = `${environment.directory}/pid`;
    await until('the process runs', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'));
    ending.abort();
    expect(await reply).toMatchObject({ kind: 'failed', fault: { code: 'Aborted' } });
    process.kill(Number(readFileSync(pidFile, 'utf8')));
  });

  it.each([
    { code: 'Throttling', status: 400, kind: 'transient' },
    { code: 'GatewayTimeout', status: 504, kind: 'transient' },
    { code: 'RequestEntityTooLarge', status: 413, kind: 'blocked' },
  ])('because STS answers $code say nothing of the records', async ({ code, status, kind }) => {
    await using server = await kinesis(sessionKeys);
    await using sts = await FakeService.start({ respond: () => ({ status, headers: { 'content-type': 'text/xml' }, body: `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>` }) });
    using environment = testEnvironment(quiet);
    const assumeRole = { roleArn, sessionName: 's', durationSeconds: 900, stsEndpoint: sts.endpoint };
    const reply = await put(server, { ...testKeys, assumeRole }, environment.variables);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind, code: 'RoleNotAssumed' } });
  });

  it('because the keys are wrong are a blocked call', async () => {
    await using server = await kinesis(testKeys);
    using environment = testEnvironment(quiet);
    const reply = await put(server, { ...testKeys, secretAccessKey: 'wrong' }, environment.variables);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'InvalidSignatureException' } });
  });
});
