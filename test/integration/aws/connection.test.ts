/** How connections are made: proxies, certificate authorities, TLS versions, time-outs, reuse. Through the real SDK, on loopback. */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:https';
import { describe, expect, it } from 'vitest';
import type { KinesisSettings } from '../../../src/aws/config.ts';
import { testEnvironment } from '../../support/fake-aws/environment.ts';
import { awsSettings, never, outgoing, testClients, testKeys } from '../../support/fake-aws/settings.ts';
import type { SettingsDifference } from '../../support/fake-aws/settings.ts';
import { ConnectProxy } from '../../support/fake-http/connect-proxy.ts';
import { testTls } from '../../support/fake-http/test-tls.ts';
import { KinesisServer } from '../../support/kinesis-server/server.ts';

async function tlsKinesis() {
  const server = await KinesisServer.start({ tls: true, credentials: [testKeys] });
  server.model.createStream('logs', { shards: 1 });
  return server;
}

function put(difference: Omit<SettingsDifference, 'kinesis'> & { kinesis: Partial<KinesisSettings> }, environment = {}) {
  const clients = testClients(environment);
  const kinesis = { protocol: 'cbor', ...difference.kinesis } as const;
  const port = clients.kinesis(awsSettings({ caBundle: testTls.caPath, ...difference, kinesis }), 'logs');
  return port.putRecords('logs', [outgoing(Buffer.alloc(200_000))], never).finally(() => clients.close());
}

describe('a proxy', () => {
  it('of the config is used with its user and password', async () => {
    await using server = await tlsKinesis();
    await using proxy = await ConnectProxy.start({ credentials: 'us@er:pa:ss' });
    expect(await put({ proxy: proxy.url('us%40er:pa%3Ass'), kinesis: { endpoint: server.endpoint } })).toMatchObject({ kind: 'answered' });
    expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
  });

  it('of HTTPS_PROXY is used, save for what NO_PROXY names', async () => {
    await using server = await tlsKinesis();
    await using proxy = await ConnectProxy.start();
    const kinesis = { endpoint: server.endpoint };
    expect((await put({ kinesis }, { HTTPS_PROXY: proxy.url(), NO_PROXY: '127.0.0.1' })).kind).toBe('answered');
    expect(proxy.tunnels).toHaveLength(0);
    expect((await put({ kinesis }, { HTTPS_PROXY: proxy.url(), NO_PROXY: 'example.com' })).kind).toBe('answered');
    expect(proxy.tunnels).toHaveLength(1);
  });

  it.each([
    { name: 'asks for a password', refusal: undefined, status: '407' },
    { name: 'forbids the host', refusal: '403 Forbidden', status: '403' },
  ])('that $name is a blocked call that names it without its password', async ({ refusal, status }) => {
    await using server = await tlsKinesis();
    await using proxy = await ConnectProxy.start({ credentials: 'user:right', ...(refusal === undefined ? {} : { refusal }) });
    const reply = await put({ proxy: proxy.url('user:wrong'), kinesis: { endpoint: server.endpoint } });
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'ERR_PROXY_TUNNEL' } });
    expect(reply.kind === 'failed' && reply.fault.message).toContain(status);
    expect(JSON.stringify(reply)).not.toContain('wrong');
    expect(server.requests).toHaveLength(0);
  });

  it.each(['502 Bad Gateway', '503 Service Unavailable', '504 Gateway Timeout'])('that answers %s is in trouble: it is tried again', async (refusal) => {
    await using server = await tlsKinesis();
    await using proxy = await ConnectProxy.start({ refusal });
    const reply = await put({ proxy: proxy.url(), kinesis: { endpoint: server.endpoint } });
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'transient', code: 'ERR_PROXY_TUNNEL' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toMatch(/trouble of its own/);
  });

  it('that speaks TLS is trusted by the CA bundle, and is told its name', async () => {
    await using server = await tlsKinesis();
    await using plain = await KinesisServer.start({ credentials: [testKeys] });
    plain.model.createStream('logs', { shards: 1 });
    await using proxy = await ConnectProxy.start({ tls: true, credentials: 'user:pass' });
    const url = proxy.url('user:pass', 'localhost');
    expect(await put({ proxy: url, kinesis: { endpoint: server.endpoint } })).toMatchObject({ kind: 'answered' });
    expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
    // The proxy forwards a call without TLS: there is no tunnel for it.
    expect(await put({ proxy: url, kinesis: { endpoint: plain.endpoint } })).toMatchObject({ kind: 'answered' });
    expect(await put({ proxy: proxy.url('user:pass'), kinesis: { endpoint: server.endpoint } })).toMatchObject({ kind: 'answered' });
    expect(proxy.tunnels).toHaveLength(2);
    // An IP address is not sent as a server name.
    expect(proxy.serverNames).toEqual(['localhost', 'localhost', false]);
  });

  it('that speaks TLS and that nobody vouches for is a blocked call that says what to set', async () => {
    await using server = await tlsKinesis();
    await using proxy = await ConnectProxy.start({ tls: true });
    const clients = testClients();
    const settings = awsSettings({ proxy: proxy.url(), kinesis: { endpoint: server.endpoint, protocol: 'cbor' } });
    const reply = await clients.kinesis(settings, 'logs').putRecords('logs', [outgoing('a')], never);
    clients.close();
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain('caBundle');
    expect(proxy.tunnels).toHaveLength(0);
  });

  it('that is not there is tried again', async () => {
    await using server = await tlsKinesis();
    const reply = await put({ proxy: 'http://127.0.0.1:9', kinesis: { endpoint: server.endpoint } });
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'transient', code: 'ECONNREFUSED' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain('proxy');
  });
});

describe('trust', () => {
  it('is given to the authorities of the CA bundle', async () => {
    await using server = await tlsKinesis();
    expect((await put({ kinesis: { endpoint: server.endpoint } })).kind).toBe('answered');
  });

  it('is not given to unknown authorities: a blocked call that says what to set', async () => {
    await using server = await tlsKinesis();
    const clients = testClients();
    const settings = awsSettings({ kinesis: { endpoint: server.endpoint, protocol: 'cbor' } });
    const reply = await clients.kinesis(settings, 'logs').putRecords('logs', [outgoing('a')], never);
    clients.close();
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain('caBundle');
  });

  it('is not given to a bundle that cannot be read: the file is named', async () => {
    const reply = await put({ caBundle: '/nowhere/ca.pem', kinesis: { endpoint: 'https://127.0.0.1:9' } });
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'CaBundleUnreadable' } });
    expect(reply.kind === 'failed' && reply.fault.message).toContain('/nowhere/ca.pem');
  });

  it('is given to the authorities of a bundle that was put right while the agent runs', async () => {
    await using server = await tlsKinesis();
    using environment = testEnvironment({});
    const caBundle = environment.write('ca.pem', 'to come');
    using clients = testClients();
    const settings = awsSettings({ caBundle, kinesis: { endpoint: server.endpoint, protocol: 'cbor' } });
    const port = clients.kinesis(settings, 'logs');
    expect(await port.putRecords('logs', [outgoing('a')], never)).toMatchObject({ kind: 'failed', fault: { code: 'CaBundleUnreadable' } });
    environment.write('ca.pem', readFileSync(testTls.caPath, 'utf8'));
    expect((await port.putRecords('logs', [outgoing('a')], never)).kind).toBe('answered');
  });

  it('is not given to TLS before 1.2', async () => {
    const server = createServer({ ...testTls.server, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const reply = await put({ kinesis: { endpoint: `https://127.0.0.1:${port}` } });
    server.close();
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain('TLS 1.2');
  });
});

describe('time-outs', () => {
  it('end a connection that is never made', async () => {
    await using server = await tlsKinesis();
    await using proxy = await ConnectProxy.start({ hang: true });
    const reply = await put({ proxy: proxy.url(), kinesis: { endpoint: server.endpoint, connectTimeoutMillis: 100 } });
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'transient', code: 'ConnectTimeout' } });
  });

  it('end a request that is never answered', async () => {
    await using server = await KinesisServer.start();
    server.model.createStream('logs', { shards: 1 });
    server.model.fault = () => ({ kind: 'hang', carriedOut: false });
    const reply = await put({ kinesis: { endpoint: server.endpoint, requestTimeoutMillis: 100 } });
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'ambiguous', code: 'RequestTimeout' } });
  });

  it('end a TLS handshake that is never answered', async () => {
    const sockets: net.Socket[] = [];
    const server = net.createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const reply = await put({ kinesis: { endpoint: `https://127.0.0.1:${port}`, requestTimeoutMillis: 100 } });
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'ambiguous', code: 'RequestTimeout' } });
  });
});

describe('a wrong clock', () => {
  it.each([3_600_000, -3_600_000])('(off by %i ms) is told once, and the server’s time is signed with from then on', async (clockAheadMs) => {
    await using server = await KinesisServer.start({ clockAheadMs, credentials: [testKeys] });
    server.model.createStream('logs', { shards: 1 });
    using clients = testClients();
    const port = clients.kinesis(awsSettings({ kinesis: { endpoint: server.endpoint, protocol: 'cbor' } }), 'logs');
    const reply = await port.putRecords('logs', [outgoing('a')], never);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'transient', code: 'InvalidSignatureException' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain('clock');
    expect((await port.putRecords('logs', [outgoing('a')], never)).kind).toBe('answered');
  });
});

describe('connections', () => {
  it('are kept and reused, by every stream with the same settings', async () => {
    await using server = await tlsKinesis();
    server.model.createStream('others', { shards: 1 });
    using clients = testClients();
    const settings = awsSettings({ caBundle: testTls.caPath, kinesis: { endpoint: server.endpoint, protocol: 'cbor' } });
    expect(clients.kinesis(settings, 'logs')).toBe(clients.kinesis(settings, 'others'));
    for (const stream of ['logs', 'others', 'logs']) {
      const port = clients.kinesis(settings, stream);
      expect((await port.putRecords(stream, [outgoing(Buffer.alloc(50_000))], never)).kind).toBe('answered');
    }
    expect(server.connections).toBe(1);
  });

  it('are no more than allowed, and the calls wait for one', async () => {
    await using server = await tlsKinesis();
    using clients = testClients();
    const settings = awsSettings({ caBundle: testTls.caPath, kinesis: { endpoint: server.endpoint, protocol: 'cbor', maxConnections: 2 } });
    const port = clients.kinesis(settings, 'logs');
    const replies = await Promise.all(Array.from({ length: 10 }, () => port.putRecords('logs', [outgoing(Buffer.alloc(50_000))], never)));
    expect(replies.every((reply) => reply.kind === 'answered')).toBe(true);
    expect(server.connections).toBe(2);
  });

  it('are clients of their own for other regions, credentials or endpoints', async () => {
    using clients = testClients();
    const base = awsSettings({ kinesis: { endpoint: 'http://127.0.0.1:9' } });
    const ports = [
      clients.kinesis(base, 'logs'),
      clients.kinesis({ ...base, region: 'eu-west-1' }, 'logs'),
      clients.kinesis({ ...base, credentials: { profile: 'x' } }, 'logs'),
      clients.kinesis({ ...base, kinesis: { ...base.kinesis, endpoint: 'http://127.0.0.1:8' } }, 'logs'),
      clients.kinesis({ ...base, region: undefined }, 'arn:aws:kinesis:eu-west-3:000000000000:stream/logs'),
    ];
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('carry the User-Agent of the config before the SDK’s', async () => {
    await using server = await tlsKinesis();
    expect((await put({ userAgent: 'kinship/1', kinesis: { endpoint: server.endpoint } })).kind).toBe('answered');
    expect(server.requests[0]?.headers['user-agent']).toMatch(/^kinship\/1 aws-sdk-js/);
  });

  it('that are answered before the whole body was sent are not used again', async () => {
    const seen: number[] = [];
    const server = createServer(testTls.server, (request, response) => {
      seen.push(request.socket.remotePort ?? 0);
      response.writeHead(413, { 'content-type': 'application/x-amz-json-1.1' }).end('{"__type":"RequestEntityTooLarge"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    using clients = testClients();
    const settings = awsSettings({ caBundle: testTls.caPath, kinesis: { endpoint: `https://127.0.0.1:${port}`, protocol: 'cbor', maxConnections: 1 } });
    const records = Array.from({ length: 20 }, () => outgoing(Buffer.alloc(500_000)));
    for (const _ of [1, 2]) {
      const reply = await clients.kinesis(settings, 'logs').putRecords('logs', records, never);
      expect(reply.kind).toBe('failed');
    }
    server.closeAllConnections();
    server.close();
    expect(new Set(seen).size).toBe(2);
  });
});
