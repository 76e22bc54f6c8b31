import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { awsSettings, never, outgoing, testClients, testKeys } from '../../support/fake-aws/settings.ts';
import { FakeService } from '../../support/fake-http/fake-service.ts';
import { testTls } from '../../support/fake-http/test-tls.ts';
import { encodeCbor } from '../../support/kinesis-server/cbor.ts';
import type { Fault } from '../../support/kinesis-server/fault.ts';
import { KinesisServer } from '../../support/kinesis-server/server.ts';

const wires = ['cbor', 'json'] as const;

describe.each(wires)('the Kinesis port in %s', (protocol) => {
  const settingsFor = (server: KinesisServer) =>
    awsSettings({ kinesis: { endpoint: server.endpoint, protocol, requestTimeoutMillis: 1000 } });

  it('delivers bytes, keys and hash keys as they are, signed over the body', async () => {
    await using server = await KinesisServer.start({ credentials: [testKeys] });
    using clients = testClients();
    const stream = server.model.createStream('logs', { shards: 2 });
    const port = clients.kinesis(settingsFor(server), 'logs');
    const bytes = randomBytes(100_001);
    const reply = await port.putRecords(
      'logs',
      [outgoing(bytes, 'ключ "1"'), outgoing('', 'k'), outgoing('line\n', 'x'.repeat(256), '0'), outgoing('end', 'k', String(2n ** 127n))],
      never,
    );
    expect(reply).toMatchObject({ kind: 'answered', entries: [{}, {}, { shardId: 'shardId-000000000000' }, { shardId: 'shardId-000000000001' }] });
    expect(stream.accepted.map((kept) => [kept.partitionKey, kept.explicitHashKey])).toEqual([
      ['ключ "1"', undefined],
      ['k', undefined],
      ['x'.repeat(256), '0'],
      ['k', String(2n ** 127n)],
    ]);
    expect(stream.accepted.map((kept) => kept.data.toString('latin1'))).toEqual([bytes.toString('latin1'), '', 'line\n', 'end']);
    expect(server.requests.at(-1)?.contentType).toBe(`application/x-amz-${protocol}-1.1`);
  });

  it('takes a stream by its ARN, and the region from it', async () => {
    await using server = await KinesisServer.start({ region: 'eu-west-1', credentials: [testKeys] });
    using clients = testClients();
    const { arn } = server.model.createStream('logs', { shards: 1 });
    const settings = awsSettings({ region: undefined, kinesis: { endpoint: server.endpoint, protocol } });
    const reply = await clients.kinesis(settings, arn).putRecords(arn, [outgoing('x')], never);
    expect(reply.kind).toBe('answered');
    expect(server.requests[0]?.headers.authorization).toContain('/eu-west-1/kinesis/aws4_request');
  });

  it('gives each entry of a partial failure its own code', async () => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    server.model.createStream('logs', { shards: 1 });
    server.model.fault = () => ({ kind: 'fail-entries', codeOf: ({ index }) => (index === 1 ? 'InternalFailure' : undefined) });
    const reply = await clients.kinesis(settingsFor(server), 'logs').putRecords('logs', [outgoing('a'), outgoing('b')], never);
    expect(reply.kind === 'answered' && reply.entries.map((entry) => entry.errorCode)).toEqual([undefined, 'InternalFailure']);
    expect(reply.kind === 'answered' && reply.entries[0]?.sequenceNumber).toMatch(/^\d{56}$/);
  });

  it('reads shards over several pages and a stream’s facts', async () => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    const stream = server.model.createStream('logs', { shards: 1001, recordBytesMax: 2 * 1024 * 1024, mode: 'ON_DEMAND', distribution: 'AUTO' });
    stream.split('shardId-000000000000', 5000n);
    const port = clients.kinesis(settingsFor(server), 'logs');
    const shards = await port.listShards('logs', never);
    const open = shards.kind === 'answered' ? shards.shards : [];
    expect(open).toHaveLength(1002);
    expect(open.at(-1)).toMatchObject({ shardId: 'shardId-000000001002', startHashKey: 5000n, closed: false });
    expect(server.model.calls('ListShards', 'logs')).toBe(2);
    expect(await port.describeStream('logs', never)).toEqual({
      kind: 'answered',
      facts: { recordBytesMax: 2 * 1024 * 1024, mode: 'on-demand', distribution: 'auto' },
    });
  });

  it.each<{ fault: Fault; kind: string; code: string; accepted: number }>([
    { fault: { kind: 'refuse', code: 'AccessDeniedException' }, kind: 'blocked', code: 'AccessDeniedException', accepted: 0 },
    { fault: { kind: 'refuse', code: 'ProvisionedThroughputExceededException' }, kind: 'throttled', code: 'ProvisionedThroughputExceededException', accepted: 0 },
    { fault: { kind: 'refuse', code: 'ExpiredTokenException' }, kind: 'expired-credentials', code: 'ExpiredTokenException', accepted: 0 },
    { fault: { kind: 'refuse', code: 'InternalFailure' }, kind: 'transient', code: 'InternalFailure', accepted: 0 },
    { fault: { kind: 'refuse', code: 'ValidationException' }, kind: 'invalid', code: 'ValidationException', accepted: 0 },
    { fault: { kind: 'lose-answer' }, kind: 'ambiguous', code: 'ECONNRESET', accepted: 2 },
    { fault: { kind: 'cut' }, kind: 'ambiguous', code: 'ECONNRESET', accepted: 0 },
    { fault: { kind: 'hang', carriedOut: true }, kind: 'ambiguous', code: 'RequestTimeout', accepted: 2 },
    { fault: { kind: 'short-answer', missing: 1 }, kind: 'ambiguous', code: 'RecordCountMismatch', accepted: 2 },
    { fault: { kind: 'half-answer' }, kind: 'ambiguous', code: 'UnreadableAnswer', accepted: 2 },
    { fault: { kind: 'stalled-answer' }, kind: 'ambiguous', code: 'RequestTimeout', accepted: 2 },
    { fault: { kind: 'page', status: 200 }, kind: 'ambiguous', code: 'UnexpectedAnswer', accepted: 0 },
    { fault: { kind: 'page', status: 403 }, kind: 'blocked', code: 'UnexpectedAnswer', accepted: 0 },
    { fault: { kind: 'page', status: 502 }, kind: 'transient', code: 'UnexpectedAnswer', accepted: 0 },
    { fault: { kind: 'page', status: 413 }, kind: 'too-large', code: 'RequestEntityTooLarge', accepted: 0 },
    { fault: { kind: 'page', status: 400, contentType: '' }, kind: 'blocked', code: 'UnexpectedAnswer', accepted: 0 },
    { fault: { kind: 'page', status: 400, contentType: 'application/json', body: '{"message":"Bad Request"}' }, kind: 'blocked', code: 'UnexpectedAnswer', accepted: 0 },
    { fault: { kind: 'page', status: 409, contentType: 'application/x-amz-json-1.1', body: '{}' }, kind: 'blocked', code: 'UnexpectedAnswer', accepted: 0 },
    { fault: { kind: 'page', status: 500, contentType: 'application/json', body: '{"message":"sorry"}' }, kind: 'transient', code: 'Unknown', accepted: 0 },
  ])('reports $fault as $kind $code, and works again afterwards', async ({ fault, kind, code, accepted }) => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    const stream = server.model.createStream('logs', { shards: 1 });
    const port = clients.kinesis(settingsFor(server), 'logs');
    server.model.fault = (call) => (call.number === 1 ? fault : undefined);
    // The large record is sent from its own buffer, the small one is copied.
    const records = [outgoing(Buffer.alloc(40_000, 97)), outgoing('b')];
    const reply = await port.putRecords('logs', records, never);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind, code } });
    expect(reply.kind === 'failed' && reply.fault.hint.length).toBeGreaterThan(10);
    expect(stream.acceptedCount).toBe(accepted);
    expect((await port.putRecords('logs', records, never)).kind).toBe('answered');
  });

  it('fails no call because another was refused on the same connection', async () => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    const stream = server.model.createStream('logs', { shards: 1 });
    server.model.fault = (call) => (call.number % 3 === 0 ? { kind: 'refuse', code: 'ThrottlingException' } : undefined);
    const settings = awsSettings({ kinesis: { endpoint: server.endpoint, protocol, maxConnections: 3 } });
    const port = clients.kinesis(settings, 'logs');
    const replies = await Promise.all(Array.from({ length: 90 }, () => port.putRecords('logs', [outgoing(Buffer.alloc(60_000))], never)));
    expect(replies.filter((reply) => reply.kind === 'failed').map((reply) => reply.fault.kind)).toEqual(Array.from({ length: 30 }, () => 'throttled'));
    expect(stream.acceptedCount).toBe(60);
    expect(server.connections).toBe(3);
  });

  it('stops waiting when its signal aborts', async () => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    server.model.createStream('logs', { shards: 1 });
    const stop = new AbortController();
    server.model.fault = () => {
      setImmediate(() => stop.abort());
      return { kind: 'hang', carriedOut: false };
    };
    const settings = awsSettings({ kinesis: { endpoint: server.endpoint, protocol, requestTimeoutMillis: 60_000 } });
    const reply = await clients.kinesis(settings, 'logs').putRecords('logs', [outgoing('a')], stop.signal);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'ambiguous', code: 'Aborted' } });
  });

  it('fills a request to 10 MiB', async () => {
    await using server = await KinesisServer.start({ credentials: [testKeys], tls: true });
    using clients = testClients();
    const stream = server.model.createStream('logs', { shards: 1 });
    const settings = awsSettings({ kinesis: { endpoint: server.endpoint, protocol }, caBundle: testTls.caPath });
    const records = Array.from({ length: 10 }, (_, index) => outgoing(Buffer.alloc(1024 * 1024 - 1, index), 'k'));
    const reply = await clients.kinesis(settings, 'logs').putRecords('logs', records, never);
    expect(reply.kind).toBe('answered');
    expect(stream.accepted.every((kept, index) => kept.data.equals(Buffer.alloc(1024 * 1024 - 1, index)))).toBe(true);
  });
});

describe('an answer of 200', () => {
  it.each([
    { name: 'that is no object', body: 'null', code: 'RecordCountMismatch' },
    { name: 'whose records are no list', body: '{"Records":{"length":1}}', code: 'RecordCountMismatch' },
    { name: 'with an entry that is none', body: '{"Records":[null]}', code: 'MalformedAnswer' },
    { name: 'that is empty', body: '', code: 'UnreadableAnswer' },
  ])('$name leaves it open which records were taken', async ({ body, code }) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    await using service = await FakeService.start({ respond: () => ({ headers, body }) });
    using clients = testClients();
    const port = clients.kinesis(awsSettings({ kinesis: { endpoint: service.endpoint, protocol: 'json' } }), 'logs');
    expect(await port.putRecords('logs', [outgoing('a')], never)).toMatchObject({ kind: 'failed', fault: { kind: 'ambiguous', code } });
  });
});

describe.each(wires)('an entry in %s', (wire) => {
  it.each([
    { name: 'whose sequence number is null, beside an error', entry: { SequenceNumber: null, ShardId: null, ErrorCode: 'InternalFailure', ErrorMessage: 'no' }, read: { errorCode: 'InternalFailure', errorMessage: 'no' } },
    { name: 'whose error is null', entry: { SequenceNumber: '7', ShardId: 'shardId-0', ErrorCode: null, ErrorMessage: null }, read: { sequenceNumber: '7', shardId: 'shardId-0' } },
    { name: 'whose sequence number is no text', entry: { SequenceNumber: 0, ShardId: 0 }, read: {} },
  ])('$name is read as if what it does not have were left out', async ({ entry, read }) => {
    const answer = { FailedRecordCount: null, Records: [entry] };
    const headers = { 'content-type': `application/x-amz-${wire}-1.1` };
    await using service = await FakeService.start({ respond: () => ({ headers, body: wire === 'cbor' ? Buffer.from(encodeCbor(answer)) : JSON.stringify(answer) }) });
    using clients = testClients();
    const port = clients.kinesis(awsSettings({ kinesis: { endpoint: service.endpoint, protocol: wire } }), 'logs');
    expect(await port.putRecords('logs', [outgoing('a')], never)).toEqual({ kind: 'answered', entries: [read] });
  });
});

it('takes a record limit of 0 for one that is not known', async () => {
  const body = JSON.stringify({ StreamDescriptionSummary: { StreamName: 'logs', MaxRecordSizeInKiB: 0 } });
  await using service = await FakeService.start({ respond: () => ({ headers: { 'content-type': 'application/x-amz-json-1.1' }, body }) });
  using clients = testClients();
  const port = clients.kinesis(awsSettings({ kinesis: { endpoint: service.endpoint } }), 'logs');
  expect(await port.describeStream('logs', never)).toEqual({ kind: 'answered', facts: { recordBytesMax: 1024 * 1024, mode: 'unknown', distribution: 'partition-key' } });
});

it('keeps two streams apart to which it sends at once with one signal', async () => {
  await using server = await KinesisServer.start({ credentials: [testKeys] });
  using clients = testClients();
  const names = ['first', 'second'];
  const streams = names.map((name) => server.model.createStream(name, { shards: 1 }));
  const settings = awsSettings({ kinesis: { endpoint: server.endpoint, protocol: 'cbor' } });
  const puts = Array.from({ length: 20 }, (_, index) => clients.kinesis(settings, 'first').putRecords(names[index % 2] ?? '', [outgoing(`${index}`)], never));
  for (const reply of await Promise.all(puts)) expect(reply.kind).toBe('answered');
  const got = streams.map((stream) => stream.accepted.map((kept) => Number(kept.data) % 2));
  expect(got).toEqual([Array.from({ length: 10 }, () => 0), Array.from({ length: 10 }, () => 1)]);
});

describe('the choice of the wire format', () => {
  const auto = (server: KinesisServer) => awsSettings({ kinesis: { endpoint: server.endpoint, protocol: 'auto' } });

  it('is CBOR where the endpoint speaks it, asked once for concurrent calls', async () => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    server.model.createStream('logs', { shards: 1 });
    const port = clients.kinesis(auto(server), 'logs');
    await Promise.all([1, 2, 3].map(() => port.putRecords('logs', [outgoing('a')], never)));
    expect(server.requests.filter((request) => request.operation === 'PutRecords').map((request) => request.contentType)).toEqual(
      Array.from({ length: 3 }, () => 'application/x-amz-cbor-1.1'),
    );
    expect(server.model.calls('ListShards', 'logs')).toBe(1);
    expect(clients.events.names).toEqual([]);
  });

  it('is CBOR where the endpoint refuses the question in CBOR', async () => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    server.model.createStream('logs', { shards: 1 });
    server.model.fault = (call) => (call.operation === 'ListShards' ? { kind: 'refuse', code: 'AccessDeniedException' } : undefined);
    expect((await clients.kinesis(auto(server), 'logs').putRecords('logs', [outgoing('a')], never)).kind).toBe('answered');
    expect(server.requests.at(-1)?.contentType).toBe('application/x-amz-cbor-1.1');
  });

  it.each<{ name: string; cbor: boolean; fault: Fault | undefined }>([
    { name: 'refuses it', cbor: false, fault: undefined },
    { name: 'answers half of it', cbor: true, fault: { kind: 'half-answer' } },
    { name: 'answers with a page', cbor: true, fault: { kind: 'page', status: 415 } },
  ])('is JSON, once and for all and said once, where the endpoint $name', async ({ cbor, fault }) => {
    await using server = await KinesisServer.start({ cbor });
    using clients = testClients();
    const stream = server.model.createStream('logs', { shards: 1 });
    server.model.fault = (call) => (call.operation === 'ListShards' && call.number === 1 ? fault : undefined);
    const port = clients.kinesis(auto(server), 'logs');
    for (const text of ['a', 'b']) expect((await port.putRecords('logs', [outgoing(text)], never)).kind).toBe('answered');
    expect(stream.accepted.map((kept) => kept.data.toString())).toEqual(['a', 'b']);
    expect(server.requests.slice(-2).map((request) => request.contentType)).toEqual(Array.from({ length: 2 }, () => 'application/x-amz-json-1.1'));
    expect(clients.events.names).toEqual(['protocolFellBack']);
  });

  it('stays open where the answer to the question stops after its head', async () => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    server.model.createStream('logs', { shards: 1 });
    server.model.fault = (call) => (call.operation === 'ListShards' && call.number === 1 ? { kind: 'stalled-answer' } : undefined);
    const port = clients.kinesis(awsSettings({ kinesis: { endpoint: server.endpoint, protocol: 'auto', requestTimeoutMillis: 300 } }), 'logs');
    expect(await port.putRecords('logs', [outgoing('a')], never)).toMatchObject({ kind: 'failed', fault: { kind: 'ambiguous', code: 'RequestTimeout' } });
    expect((await port.putRecords('logs', [outgoing('a')], never)).kind).toBe('answered');
    expect(server.requests.at(-1)?.contentType).toBe('application/x-amz-cbor-1.1');
    expect(clients.events.names).toEqual([]);
  });

  it('stays open while nothing answers, and no record is sent meanwhile', async () => {
    await using server = await KinesisServer.start();
    using clients = testClients();
    server.model.createStream('logs', { shards: 1 });
    server.model.fault = (call) => (call.number <= 2 ? { kind: 'page', status: 503 } : undefined);
    const port = clients.kinesis(auto(server), 'logs');
    expect(await port.putRecords('logs', [outgoing('a')], never)).toMatchObject({ kind: 'failed', fault: { kind: 'transient' } });
    expect(server.model.calls('PutRecords', 'logs')).toBe(0);
    server.model.fault = () => undefined;
    expect((await port.putRecords('logs', [outgoing('a')], never)).kind).toBe('answered');
    expect(server.requests.at(-1)?.contentType).toBe('application/x-amz-cbor-1.1');
  });
});
