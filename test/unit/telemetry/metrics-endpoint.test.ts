import { expect, test } from 'vitest';
import type { AgentStatus } from '../../../src/core/status.ts';
import { LoopWatch } from '../../../src/telemetry/loop-watch.ts';
import { metricsPages, parseListenAddress } from '../../../src/telemetry/metrics-endpoint.ts';
import { PrometheusMetrics } from '../../../src/telemetry/prometheus.ts';
import { agentStatus, destinationStatus, flowStatus } from './agent-status.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function pages(status: AgentStatus | undefined) {
  const clock = new FakeClock();
  const loops = new LoopWatch(clock);
  const metrics = new PrometheusMetrics(() => status);
  return { clock, loops, metrics, get: metricsPages({ metrics, status: () => status, loops, lagSecondsMax: 600 }) };
}

const body = async (answer: Promise<{ body: string }>) => JSON.parse((await answer).body);

test('healthy is 200 without reasons', async () => {
  const answer = await pages(agentStatus([flowStatus({ lagSeconds: 600 })])).get('/health', '');
  expect(answer).toEqual({ status: 200, contentType: 'application/json', body: '{"healthy":true,"reasons":[]}\n' });
});

test('positions that cannot be stored for longer than the limit are a reason', async () => {
  const reasons = async (checkpointAgeSeconds: number) => {
    const status = { ...agentStatus([]), checkpointAgeSeconds, checkpointFault: 'database or disk is full' };
    return (await body(pages(status).get('/health', ''))).reasons;
  };
  expect(await reasons(600)).toEqual([]);
  expect(await reasons(601)).toEqual([
    'positions were not stored for 601 s, more than health.lagSecondsMax (600 s): database or disk is full; a crash would repeat what was sent since',
  ]);
});

test.each([
  [
    'a blocked destination',
    flowStatus({ destinations: [destinationStatus({ state: 'blocked', lastError: 'AccessDenied' })] }),
    'flow web: KinesisStream:logs takes nothing: AccessDenied',
  ],
  [
    'lag behind a stream that is at its limit',
    flowStatus({ lagSeconds: 700, lagBytes: 5, destinations: [destinationStatus({ state: 'throttled' })] }),
    'flow web: 700 s behind (5 bytes), more than health.lagSecondsMax (600 s): KinesisStream:logs is throttled',
  ],
  [
    'lag behind an endpoint that is away',
    flowStatus({ lagSeconds: 700, lagBytes: 5, destinations: [destinationStatus({ state: 'backing-off', lastError: 'ECONNREFUSED: no route; check it' })] }),
    'flow web: 700 s behind (5 bytes), more than health.lagSecondsMax (600 s): KinesisStream:logs is backing-off (ECONNREFUSED: no route; check it)',
  ],
  [
    'lag over the limit',
    flowStatus({ lagSeconds: 601, lagBytes: 5 }),
    'flow web: 601 s behind (5 bytes), more than health.lagSecondsMax (600 s)',
  ],
  [
    'a file that could not be read for as long, whatever little is behind else,',
    flowStatus({
      lagSeconds: 601,
      lagBytes: 5,
      filesUnreadable: 3,
      unreadable: [601, 601, 20].map((seconds) => ({ path: '/log', reason: 'EACCES', seconds })),
      lastError: 'cannot read /log (EACCES) for 601 s: let the user that runs kinship read it, or exclude it',
    }),
    'flow web: cannot read /log (EACCES) for 601 s: let the user that runs kinship read it, or exclude it (and 2 more cannot be read: kinship status); ' +
      'that is longer than health.lagSecondsMax (600 s), and what is in there is not sent',
  ],
])('%s is 503 with the reason', async (_name, flow, reason) => {
  const { get } = pages(agentStatus([flow]));
  expect((await get('/health', '')).status).toBe(503);
  expect(await body(get('/health', ''))).toEqual({ healthy: false, reasons: [reason] });
});

test('files that cannot be read and files that are behind are two reasons', async () => {
  const unreadable = [{ path: '/log', reason: 'EACCES', seconds: 601 }];
  const { get } = pages(agentStatus([flowStatus({ lagSeconds: 700, lagBytes: 5, unreadable, lastError: 'cannot read /log' })]));
  const { reasons } = await body(get('/health', ''));
  expect(reasons).toEqual([expect.stringContaining('cannot read /log; that is longer'), expect.stringContaining('700 s behind (5 bytes)')]);
});

test('a loop that does not beat is 503 until it beats again or ends', async () => {
  const { clock, loops, get } = pages(agentStatus([]));
  const committer = loops.open('the committer', 10_000);
  await clock.advance(10_000);
  expect((await get('/health', '')).status).toBe(200);
  await clock.advance(5000);
  expect(await body(get('/health', ''))).toEqual({
    healthy: false,
    reasons: ['the committer has been stuck for 15 s: restart the agent, nothing is lost'],
  });
  committer.beat();
  expect((await get('/health', '')).status).toBe(200);
  await clock.advance(60_000);
  committer.end();
  expect((await get('/health', '')).status).toBe(200);
});

test('before the agent has a status it is alive but not ready', async () => {
  const { get } = pages(undefined);
  expect((await get('/ready', '')).status).toBe(503);
  expect((await get('/health', '')).status).toBe(200);
  expect((await get('/metrics', '')).status).toBe(200);
  expect((await pages(agentStatus([])).get('/ready', '')).status).toBe(200);
});

test('anything else is 404 and names what there is', async () => {
  const answer = await pages(undefined).get('/', '');
  expect(answer.status).toBe(404);
  expect(answer.body).toContain('/metrics');
});

test('the page has stage and status metrics under their Prometheus names, in base units', async () => {
  const { metrics, get } = pages(agentStatus([flowStatus({ lagBytes: 12, bytesRead: 99 })]));
  metrics.count('RecordsSent', 3, { Destination: 'KinesisStream:logs', StreamName: 'logs' });
  metrics.observe('RequestTime', 250, { StreamName: 'logs' });
  const page = await get('/metrics', 'text/plain');
  expect(page.contentType).toContain('text/plain; version=0.0.4');
  for (const line of [
    'kinship_records_sent_total{destination="KinesisStream:logs"} 3',
    'kinship_request_time_seconds_sum{stream_name="logs"} 0.25',
    'kinship_request_time_seconds_bucket{le="0.25",stream_name="logs"} 1',
    'kinship_lag_bytes{flow="web"} 12',
    'kinship_bytes_read_total{flow="web"} 99',
    'kinship_buffer_utilization_ratio 0.25',
    '# TYPE kinship_bytes_read_total counter',
  ]) {
    expect(page.body.split('\n')).toContain(line);
  }
  expect((await get('/metrics', '')).body).toContain('kinship_bytes_read_total{flow="web"} 99\n');
});

test('OpenMetrics for those who ask for it, at the same time as text for others', async () => {
  const { get } = pages(agentStatus([flowStatus({ bytesRead: 99 })]));
  const [open, text] = await Promise.all([get('/metrics', 'application/openmetrics-text; version=1.0.0'), get('/metrics', '*/*')]);
  expect(open.contentType).toContain('application/openmetrics-text');
  expect(open.body).toContain('# TYPE kinship_bytes_read counter');
  expect(open.body.endsWith('# EOF\n')).toBe(true);
  expect(text.contentType).toContain('text/plain');
  expect(text.body).not.toContain('# EOF');
});

test.each([
  ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
  ['[::1]:9464', { host: '::1', port: 9464 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  [':9464', { host: '127.0.0.1', port: 9464 }],
  ['9464', { host: '127.0.0.1', port: 9464 }],
  ['::1:9464', undefined],
  ['127.0.0.1:70000', undefined],
  ['everywhere', undefined],
  ['', undefined],
])('listen address %j is %j', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});
