/** The port of the model reports every fault like the real port, which meets the fault through HTTP and the SDK. */
import { expect, it } from 'vitest';
import type { Clock } from '../../../src/core/ports.ts';
import { awsSettings, never, outgoing, testClients } from '../../support/fake-aws/settings.ts';
import { realClock } from '../../support/fake-http/http-exchange.ts';
import type { Fault } from '../../support/kinesis-server/fault.ts';
import { KinesisModel } from '../../support/kinesis-server/kinesis-model.ts';
import { ModelKinesisPort } from '../../support/kinesis-server/model-port.ts';
import { KinesisServer } from '../../support/kinesis-server/server.ts';

/** Time passes at once. */
const clock: Clock = {
  ...realClock,
  sleep: () => Promise.resolve(),
  setTimer: () => ({ cancel: () => undefined }),
};

const faults: readonly Fault[] = [
  { kind: 'refuse', code: 'AccessDeniedException' },
  { kind: 'refuse', code: 'ProvisionedThroughputExceededException' },
  { kind: 'refuse', code: 'ExpiredTokenException' },
  { kind: 'refuse', code: 'InternalFailure' },
  { kind: 'refuse', code: 'ValidationException' },
  { kind: 'refuse', code: 'ResourceNotFoundException' },
  { kind: 'lose-answer' },
  { kind: 'cut' },
  { kind: 'hang', carriedOut: true },
  { kind: 'hang', carriedOut: false },
  { kind: 'slow', delayMs: 5 },
  { kind: 'short-answer', missing: 1 },
  { kind: 'half-answer' },
  { kind: 'page', status: 200 },
  { kind: 'page', status: 403 },
  { kind: 'page', status: 502 },
  { kind: 'fail-entries', codeOf: ({ index }) => (index === 1 ? 'InternalFailure' : undefined) },
];

it.each(faults)('$kind $code $status is reported alike by the model and by the real port', async (fault) => {
  await using server = await KinesisServer.start();
  using clients = testClients();
  const model = new KinesisModel({ clock });
  const real = clients.kinesis(awsSettings({ kinesis: { endpoint: server.endpoint, protocol: 'cbor', requestTimeoutMillis: 150 } }), 'logs');
  const simulated = new ModelKinesisPort({ model, clock });
  const seen = [];
  for (const { port, behind } of [
    { port: real, behind: server.model },
    { port: simulated, behind: model },
  ]) {
    const stream = behind.createStream('logs', { shards: 1 });
    behind.fault = () => fault;
    const reply = await port.putRecords('logs', [outgoing('a'), outgoing('b')], never);
    seen.push({
      accepted: stream.acceptedCount,
      reply: reply.kind === 'failed' ? [reply.fault.kind, reply.fault.code] : reply.entries.map((entry) => entry.errorCode),
    });
  }
  expect(seen[1]).toEqual(seen[0]);
});
