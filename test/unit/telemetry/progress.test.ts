import { expect, test } from 'vitest';
import { logProgress } from '../../../src/telemetry/progress.ts';
import { agentStatus, flowStatus } from './agent-status.ts';
import { FakeClock } from './fake-clock.ts';

test('a line a minute says what was done since the last one, and how far behind each flow is', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const lines: object[] = [];
  let status = agentStatus([flowStatus({ bytesRead: 50 })]);
  const events = { emit: (name: string, fields: object) => lines.push({ name, ...fields }) };
  const running = logProgress({ status: () => status, events, clock, everySeconds: 60 }, stop.signal);
  const { outcomes } = flowStatus();
  status = agentStatus([
    flowStatus({
      bytesRead: 150,
      filesTracked: 2,
      pendingBytes: 10,
      lagBytes: 30,
      lagSeconds: 4.4,
      outcomes: { ...outcomes, delivered: { bytes: 80, records: 8 }, filtered: { bytes: 10, records: 1 }, lost: { bytes: 7, records: 0 } },
    }),
    flowStatus({ id: 'idle', lagSeconds: 2 }),
  ]);
  await clock.advance(60_000);
  await clock.advance(60_000);
  stop.abort();
  await running;
  const still = { name: 'progress', flows: 2, filesTracked: 2, pendingBytes: 10, lagBytes: 30, lagSeconds: 4, seconds: 60 };
  expect(lines).toEqual([
    { ...still, readBytes: 100, deliveredRecords: 8, deliveredBytes: 80, droppedRecords: 1, lostBytes: 7 },
    { ...still, readBytes: 0, deliveredRecords: 0, deliveredBytes: 0, droppedRecords: 0, lostBytes: 0 },
  ]);
});

test('0 seconds: never', async () => {
  const clock = new FakeClock();
  await logProgress({ status: () => agentStatus([]), events: { emit: () => undefined }, clock, everySeconds: 0 }, new AbortController().signal);
  expect(clock.timerCount).toBe(0);
});
