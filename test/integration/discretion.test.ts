/**
 * The agent must never write credentials or the text of log lines. A full run at the most talkative log level, with
 * everything that makes an agent talk: faults that repeat what was sent, refused and unparsable records, an outage.
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { join } from '../../src/core/paths.ts';
import type { Fault } from '../support/kinesis-server/fault.ts';
import { KinesisServer } from '../support/kinesis-server/server.ts';
import { accessKeyId, ObservedAgent, secretAccessKey } from '../support/observed-agent.ts';

const sessionToken = `FwoGZXIvYXdzEBYaDHexample${'T0ken'.repeat(40)}`;
const proxyPassword = 'pr0xy-passw0rd';
const payload = 'customer 4711 said hello';
const unparsable = 'an unparsable line of customer 4711';

/** What a service, or something in between, may answer: one fault after another, for the calls that put records. */
const faults: readonly Fault[] = [
  {
    kind: 'refuse',
    code: 'SignatureDoesNotMatch',
    message: `The Canonical String for this request should have been 'POST / x-amz-security-token:${sessionToken} host' Credential=${accessKeyId}/20261121, Signature=${'ab'.repeat(32)}`,
  },
  { kind: 'refuse', code: 'ExpiredTokenException', message: `The security token ${accessKeyId} is expired` },
  { kind: 'refuse', code: 'AccessDeniedException', message: `User with {"secretAccessKey":"${secretAccessKey}"} is not authorized` },
  { kind: 'fail-entries', codeOf: () => 'ProvisionedThroughputExceededException' },
  { kind: 'fail-entries', codeOf: () => 'InternalFailure' },
  { kind: 'page', status: 502, body: `<html>proxy http://logs:${proxyPassword}@proxy.local:3128 says no</html>` },
  { kind: 'half-answer' },
  { kind: 'lose-answer' },
];
/** Events that show a piece of a line, so that a person can find it: a line refused for good, or not of the expected format. */
const mayShowPieces = new Set(['recordRejected', 'linesUnparsable']);

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kinship-discreet-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('neither credentials nor payloads are logged, whatever goes wrong, even at the most talkative level', async () => {
  await using kinesis = await KinesisServer.start({ region: 'eu-west-1' });
  const stream = kinesis.model.createStream('secret', { shards: 1 });
  let calls = 0;
  kinesis.model.fault = ({ operation, records }) => {
    if (operation !== 'PutRecords') return calls === 0 ? { kind: 'refuse', code: 'AccessDeniedException', message: `denied for SecretAccessKey=${secretAccessKey}` } : undefined;
    calls += 1;
    const fault = faults[calls - 1];
    if (fault !== undefined) return fault;
    const poisoned = records.some(({ data, start, end }) => data.subarray(start, end).includes('poison'));
    return poisoned ? { kind: 'refuse', code: 'ValidationException', message: 'a record is not valid' } : undefined;
  };
  const log = join(root, 'app.log');
  writeFileSync(log, `${payload}\n`.repeat(50));
  const config = join(root, 'kinship.yaml');
  const settings = {
    region: 'eu-west-1',
    checkpointFile: join(root, 'checkpoints.db'),
    controlSocket: join(root, 'control.sock'),
    kinesis: { endpoint: kinesis.endpoint },
    cloudwatch: { endpoint: 'http://127.0.0.1:9', metricsUploadSeconds: 1 },
    log: { progressSeconds: 1 },
    flows: [
      {
        id: 'app',
        filePattern: log,
        kinesisStream: 'secret',
        initialPosition: 'START_OF_FILE',
        retryInitialBackoffMillis: 10,
        retryMaxBackoffMillis: 100,
        aggregation: { format: 'none' },
        dataProcessingOptions: [{ optionName: 'LOGTOJSON', logFormat: 'COMMONAPACHELOG', matchPattern: '^(customer .*)$', customFieldNames: ['text'] }],
      },
    ],
  };
  writeFileSync(config, JSON.stringify(settings));
  const agent = new ObservedAgent(config, {
    args: ['--log-level', 'trace'],
    env: { AWS_SESSION_TOKEN: sessionToken, NO_PROXY: '127.0.0.1', HTTPS_PROXY: `http://logs:${proxyPassword}@proxy.local:3128` },
  });
  await expect.poll(() => stream.acceptedCount, { timeout: 30_000 }).toBeGreaterThanOrEqual(50);
  appendFileSync(log, `${unparsable}\ncustomer poison\n${payload}\n`);
  await agent.event('linesUnparsable');
  await agent.event('recordRejected');
  await agent.event('metricsUploadFailed');
  expect(await agent.stop()).toBe(0);

  expect(calls).toBeGreaterThan(faults.length);
  const seen = new Set(agent.events.map(({ event }) => event));
  for (const name of ['destinationBlocked', 'destinationRecovered', 'progress', 'agentStopped']) expect(seen).toContain(name);
  for (const secret of [secretAccessKey, sessionToken, sessionToken.slice(0, 60), accessKeyId, proxyPassword, 'ab'.repeat(32)]) {
    expect(agent.output).not.toContain(secret);
  }
  const others = agent.events.filter(({ event }) => !mayShowPieces.has(String(event)));
  expect(JSON.stringify(others)).not.toContain('customer');
  for (const piece of agent.events) expect(JSON.stringify(piece)).not.toContain(payload);
}, 60_000);
