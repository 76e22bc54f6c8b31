import { expect, test } from 'vitest';
import { logProgress } from '../../../src/telemetry/progress.ts';
import { agentStatus, destinationStatus, flowStatus } from './agent-status.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('a line a minute says what was done since the last one, the first since the start, and how far behind each flow is', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const lines: object[] = [];
  let status = agentStatus([flowStatus({ recordsRead: 5, bytesRead: 50 })]);
  const events = { emit: (name: string, fields: object) => lines.push({ name, ...fields }) };
  const running = logProgress({ status: () => status, events, clock, everySeconds: 60 }, stop.signal);
  const { outcomes } = flowStatus();
  status = agentStatus([
    flowStatus({
      recordsRead: 15,
      bytesRead: 150,
      filesTracked: 2,
      pendingBytes: 10,
      lagBytes: 30,
      lagSeconds: 4.4,
      outcomes: { ...outcomes, delivered: { bytes: 80, records: 8 }, filtered: { bytes: 10, records: 1 }, lost: { bytes: 7, records: 0 } },
    }),
    flowStatus({ id: 'idle', lagSeconds: 2, filesUnreadable: 3, destinations: [destinationStatus({ state: 'blocked' })] }),
  ]);
  await clock.advance(60_000);
  await clock.advance(60_000);
  // A reload set the flow up anew when it had read and delivered a little more.
  const [first] = status.flows;
  const ended = { ...flowStatus(first), bytesRead: 180, recordsRead: 18, outcomes: { ...flowStatus(first).outcomes, delivered: { bytes: 110, records: 11 } } };
  status = agentStatus([{ ...flowStatus({ bytesRead: 170, recordsRead: 16 }), startedWallMs: 1 }, flowStatus({ id: 'idle' })], [ended]);
  await clock.advance(60_000);
  stop.abort();
  await running;
  const still = { name: 'progress', flows: 2, filesTracked: 2, pendingBytes: 10, lagBytes: 30, lagSeconds: 4, seconds: 60 };
  const trouble = { filesUnreadable: 3, blocked: ['KinesisStream:logs'] };
  const nothing = { deliveredRecords: 0, deliveredBytes: 0, droppedRecords: 0, lostBytes: 0 };
  const calm = { filesTracked: 0, pendingBytes: 0, lagBytes: 0, lagSeconds: 0, filesUnreadable: 0, blocked: [] };
  expect(lines).toEqual([
    { ...still, ...trouble, readRecords: 15, readBytes: 150, deliveredRecords: 8, deliveredBytes: 80, droppedRecords: 1, lostBytes: 7 },
    { ...still, ...trouble, ...nothing, readRecords: 0, readBytes: 0 },
    { ...still, ...calm, ...nothing, readRecords: 19, readBytes: 200, deliveredRecords: 3, deliveredBytes: 30 },
  ]);
});

test('0 seconds: never', async () => {
  const clock = new FakeClock();
  await logProgress({ status: () => agentStatus([]), events: { emit: () => undefined }, clock, everySeconds: 0 }, new AbortController().signal);
  expect(clock.timerCount).toBe(0);
});
