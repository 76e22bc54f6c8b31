import { expect, test } from 'vitest';
import type { FaultKind } from '../../../src/core/errors.ts';
import type { AgentStatus } from '../../../src/core/status.ts';
import { type CloudWatchPort, CloudWatchUploader } from '../../../src/telemetry/cloudwatch.ts';
import type { MetricDatum } from '../../../src/telemetry/cloudwatch-data.ts';
import { MetricRegistry } from '../../../src/telemetry/metric-registry.ts';
import { agentStatus, flowStatus } from './agent-status.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

class Setup {
  readonly clock = new FakeClock();
  readonly registry = new MetricRegistry();
  readonly uploads: (readonly MetricDatum[])[] = [];
  readonly events: { name: string; fields: Record<string, unknown> }[] = [];
  fault: FaultKind | undefined;
  faultCode = 'Code';
  status: AgentStatus = agentStatus([]);
  readonly uploader: CloudWatchUploader;

  constructor() {
    const port: CloudWatchPort = {
      putMetricData: async (_namespace, data) => {
        if (this.fault !== undefined) {
          return { kind: 'failed', fault: { kind: this.fault, code: this.faultCode, message: 'message', hint: 'Do this' } };
        }
        this.uploads.push(data);
        return { kind: 'accepted' };
      },
    };
    this.uploader = new CloudWatchUploader({
      port,
      registry: this.registry,
      status: () => this.status,
      events: { emit: (name, fields) => this.events.push({ name, fields: { ...fields } }) },
      clock: this.clock,
      settings: { namespace: 'AWSKinesisAgent', level: 'summary', dimensions: {}, metricsUploadSeconds: 60 },
    });
  }

  sum(name: string): number {
    const data = this.uploads.flat().filter((datum) => datum.name === name);
    return data.reduce((total, { statistics }) => {
      if (statistics.kind === 'summary') return total + statistics.sum;
      return total + statistics.values.reduce((part, value, index) => part + value * (statistics.counts[index] ?? 0), 0);
    }, 0);
  }

  sent(amount: number): void {
    this.registry.count('RecordsSent', amount, { Destination: 'KinesisStream:logs' });
  }
}

test('uploads every interval what was counted in it, until it is stopped', async () => {
  const setup = new Setup();
  const stop = new AbortController();
  const running = setup.uploader.run({ ending: stop.signal, tooLate: never });
  setup.sent(5);
  await setup.clock.advance(59_999);
  expect(setup.uploads).toHaveLength(0);
  await setup.clock.advance(1);
  expect(setup.sum('RecordsSent')).toBe(5);
  setup.sent(2);
  await setup.clock.advance(60_000);
  expect(setup.sum('RecordsSent')).toBe(7);
  stop.abort();
  await running;
  expect(setup.clock.timerCount).toBe(0);
});

test('the last interval goes out by a flush', async () => {
  const setup = new Setup();
  setup.sent(9);
  await setup.uploader.flush(never);
  expect(setup.sum('RecordsSent')).toBe(9);
});

test('gauges go out as they are, counters of the status by what was added', async () => {
  const setup = new Setup();
  setup.status = agentStatus([flowStatus({ bytesRead: 100, lagSeconds: 7 })]);
  await setup.uploader.flush(never);
  setup.status = agentStatus([flowStatus({ bytesRead: 130, lagSeconds: 2 })]);
  await setup.uploader.flush(never);
  // A reload set the flow up anew: it counts from 0 again, and `ended` holds what it had done by then.
  const ended = flowStatus({ bytesRead: 135 });
  setup.status = agentStatus([flowStatus({ bytesRead: 10, startedWallMs: 5000 })], [ended]);
  await setup.uploader.flush(never);
  setup.status = agentStatus([flowStatus({ bytesRead: 500, startedWallMs: 5000 })], [ended]);
  await setup.uploader.flush(never);
  // Another reload removed the flow.
  setup.status = agentStatus([], [flowStatus({ bytesRead: 642 })]);
  await setup.uploader.flush(never);
  const values = (name: string) =>
    setup.uploads.map((data) => {
      const statistics = data.find((datum) => datum.name === name)?.statistics;
      return statistics?.kind === 'values' ? statistics.values : undefined;
    });
  expect(values('BytesRead')).toEqual([[100], [30], [15], [490], [7]]);
  expect(values('LagSeconds')).toEqual([[7], [2], [0], [0], undefined]);
  expect(values('BufferUtilization')).toEqual([[25], [25], [25], [25], [25]]);
  expect(values('BytesDropped')).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test('metrics that do not get through are kept with their own time, reported once, and sent when they can be', async () => {
  const setup = new Setup();
  setup.fault = 'transient';
  for (let interval = 0; interval < 3; interval += 1) {
    setup.sent(1);
    await setup.uploader.flush(never);
    await setup.clock.advance(60_000);
  }
  expect(setup.events.map((event) => event.name)).toEqual(['metricsUploadFailed']);
  setup.fault = undefined;
  await setup.uploader.flush(never);
  expect(setup.sum('RecordsSent')).toBe(3);
  const times = setup.uploads.flat().filter((datum) => datum.name === 'RecordsSent');
  expect(new Set(times.map((datum) => datum.timestampMs)).size).toBe(3);
  expect(setup.events.map((event) => event.name)).toEqual(['metricsUploadFailed', 'metricsUploadRecovered']);
});

test('a new reason why nothing gets through is reported, the same one is not', async () => {
  const setup = new Setup();
  setup.fault = 'transient';
  for (const code of ['AccessDenied', 'AccessDenied', 'Throttling', 'Throttling', 'AccessDenied']) {
    setup.faultCode = code;
    await setup.uploader.flush(never);
  }
  expect(setup.events.map(({ fields }) => fields['errorCode'])).toEqual(['AccessDenied', 'Throttling', 'AccessDenied']);
  setup.fault = undefined;
  await setup.uploader.flush(never);
  setup.fault = 'transient';
  await setup.uploader.flush(never);
  expect(setup.events.map(({ name }) => name).slice(3)).toEqual(['metricsUploadRecovered', 'metricsUploadFailed']);
});

test.each(['invalid', 'too-large'] as const)('metrics that CloudWatch will never take are given up and reported, the others follow (%s)', async (fault) => {
  const setup = new Setup();
  setup.fault = fault;
  setup.sent(1);
  await setup.uploader.flush(never);
  expect(setup.uploader.waitingCount).toBe(0);
  expect(setup.events[0]).toMatchObject({ name: 'metricsDropped', fields: { reason: 'message' } });
});

test('a CloudWatch that is away for days costs a bounded amount of memory, and the newest is kept', async () => {
  const setup = new Setup();
  setup.fault = 'blocked';
  for (let interval = 0; interval < 300; interval += 1) {
    for (let flow = 0; flow < 100; flow += 1) setup.registry.count('UnparsableLines', interval, { Flow: String(flow) });
    await setup.uploader.flush(never);
  }
  expect(setup.uploader.waitingCount).toBeLessThan(25_000);
  expect(setup.events.some((event) => event.name === 'metricsDropped')).toBe(true);
  setup.fault = undefined;
  await setup.uploader.flush(never);
  const values = setup.uploads.flat().flatMap(({ name, statistics }) =>
    name === 'UnparsableLines' && statistics.kind === 'values' ? statistics.values : [],
  );
  expect(Math.max(...values)).toBe(299);
  expect(Math.min(...values)).toBeGreaterThan(0);
});

test('requests stay within a thousand metrics and a megabyte', async () => {
  const setup = new Setup();
  for (let flow = 0; flow < 1200; flow += 1) {
    for (let value = 0; value < 140; value += 1) setup.registry.count('UnparsableLines', value * 1_000_003, { Flow: String(flow) });
  }
  await setup.uploader.flush(never);
  expect(setup.uploads.length).toBeGreaterThan(2);
  for (const data of setup.uploads) {
    expect(data.length).toBeLessThanOrEqual(1000);
    expect(JSON.stringify(data).length).toBeLessThan(1_000_000);
  }
  expect(setup.uploads.flat().filter((datum) => datum.name === 'UnparsableLines')).toHaveLength(1200);
});
