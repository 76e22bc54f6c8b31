import { describe, expect, it } from 'vitest';
import { startFakeFirehose } from '../../support/fake-aws/fake-firehose.ts';
import { awsSettings, never, outgoing, testClients, testKeys } from '../../support/fake-aws/settings.ts';
import { FakeService } from '../../support/fake-http/fake-service.ts';
import { ServiceError } from '../../support/kinesis-server/fault.ts';

describe('the Firehose port', () => {
  it('delivers bytes as they are, signed, by name and by ARN', async () => {
    await using firehose = await startFakeFirehose({ streams: ['logs'], credentials: [testKeys] });
    using clients = testClients();
    const settings = awsSettings({ firehose: { endpoint: firehose.endpoint } });
    const bytes = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, index) => index % 256));
    const records = [outgoing(bytes), outgoing('line\n'), outgoing('')];
    const reply = await clients.firehose(settings, 'logs').putRecordBatch('logs', records, never);
    expect(reply).toMatchObject({ kind: 'answered', entries: [{ sequenceNumber: 'record-1' }, { sequenceNumber: 'record-2' }, {}] });
    const arn = 'arn:aws:firehose:us-east-1:000000000000:deliverystream/logs';
    expect((await clients.firehose(settings, arn).putRecordBatch(arn, [outgoing('by arn')], never)).kind).toBe('answered');
    expect(firehose.delivered.get('logs')?.map((data) => data.toString('latin1'))).toEqual([bytes.toString('latin1'), 'line\n', '', 'by arn']);
  });

  it('gives each entry of a partial failure its own code', async () => {
    await using firehose = await startFakeFirehose({ streams: ['logs'] });
    using clients = testClients();
    firehose.fault = () => (index) => (index === 0 ? 'ServiceUnavailableException' : undefined);
    const port = clients.firehose(awsSettings({ firehose: { endpoint: firehose.endpoint } }), 'logs');
    const reply = await port.putRecordBatch('logs', [outgoing('a'), outgoing('b')], never);
    expect(reply.kind === 'answered' && reply.entries.map((entry) => entry.errorCode)).toEqual(['ServiceUnavailableException', undefined]);
  });

  it('takes a record id of null for none', async () => {
    const body = JSON.stringify({ FailedPutCount: 1, RequestResponses: [{ RecordId: null, ErrorCode: 'InternalFailure', ErrorMessage: null }] });
    await using service = await FakeService.start({ respond: () => ({ headers: { 'content-type': 'application/x-amz-json-1.1' }, body }) });
    using clients = testClients();
    const port = clients.firehose(awsSettings({ firehose: { endpoint: service.endpoint } }), 'logs');
    expect(await port.putRecordBatch('logs', [outgoing('a')], never)).toEqual({ kind: 'answered', entries: [{ errorCode: 'InternalFailure' }] });
  });

  it.each([
    { code: 'ServiceUnavailableException', status: 503, kind: 'throttled' },
    { code: 'AccessDeniedException', status: 400, kind: 'blocked' },
    { code: 'InvalidSourceException', status: 400, kind: 'blocked' },
    { code: 'InvalidKMSResourceException', status: 400, kind: 'blocked' },
    { code: 'InvalidArgumentException', status: 400, kind: 'invalid' },
    { code: 'ExpiredTokenException', status: 400, kind: 'expired-credentials' },
  ])('reports $code as $kind', async ({ code, status, kind }) => {
    await using firehose = await startFakeFirehose({ streams: ['logs'] });
    using clients = testClients();
    firehose.fault = () => new ServiceError(code, 'said Firehose', status);
    const port = clients.firehose(awsSettings({ firehose: { endpoint: firehose.endpoint } }), 'logs');
    expect(await port.putRecordBatch('logs', [outgoing('a')], never)).toMatchObject({ kind: 'failed', fault: { kind, code } });
  });

  it('names a delivery stream that is not there', async () => {
    await using firehose = await startFakeFirehose({ streams: [] });
    using clients = testClients();
    const port = clients.firehose(awsSettings({ firehose: { endpoint: firehose.endpoint } }), 'absent');
    const reply = await port.putRecordBatch('absent', [outgoing('a')], never);
    expect(reply).toMatchObject({ kind: 'failed', fault: { kind: 'blocked', code: 'ResourceNotFoundException' } });
    expect(reply.kind === 'failed' && reply.fault.hint).toContain('no stream absent in us-east-1');
  });

  it('fills a call to 4 MiB of 500 records', async () => {
    await using firehose = await startFakeFirehose({ streams: ['logs'], credentials: [testKeys] });
    using clients = testClients();
    const port = clients.firehose(awsSettings({ firehose: { endpoint: firehose.endpoint } }), 'logs');
    const records = Array.from({ length: 500 }, (_, index) => outgoing(Buffer.alloc(8388, index)));
    expect((await port.putRecordBatch('logs', records, never)).kind).toBe('answered');
    expect(firehose.delivered.get('logs')).toHaveLength(500);
  });
});
