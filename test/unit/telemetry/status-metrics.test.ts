import { expect, test } from 'vitest';
import { outcomes } from '../../../src/core/offset-tracker.ts';
import { dropReasons, statusValues } from '../../../src/telemetry/status-metrics.ts';
import { agentStatus, destinationStatus, flowStatus } from './agent-status.ts';

function valueOf(name: string, labels: object, status = agentStatus([])) {
  return statusValues(status).find((value) => value.name === name && JSON.stringify(value.labels) === JSON.stringify(labels))?.value;
}

test('every outcome is counted once: delivered, lost, or dropped with its reason', () => {
  const outcome = Object.fromEntries(outcomes.map((name, index) => [name, { bytes: 10 ** index, records: 1 }]));
  const status = agentStatus([flowStatus({ outcomes: { ...flowStatus().outcomes, ...outcome } })]);
  const bytes = statusValues(status).filter(({ name }) => ['BytesDelivered', 'BytesDropped', 'BytesLost'].includes(name));
  expect(bytes.reduce((total, { value }) => total + value, 0)).toBe(1_111_111);
  expect(dropReasons).toEqual(['filtered', 'unparsable', 'oversize', 'rejected', 'skipped']);
});

test('how full the buffer is, in bytes and per cent', () => {
  expect(valueOf('BufferUsed', {})).toBe(250);
  expect(valueOf('BufferUtilization', {})).toBe(25);
});

test('the share of the hottest key is that of the busiest shard', () => {
  const shard = { shardId: 'shardId-000000000001', throttledEntries: 3, acceptedEntries: 9, bytesPerSecond: 1_000_000, hottestKeyShare: 0.8 };
  const calm = { ...shard, shardId: 'shardId-000000000002', throttledEntries: 0, hottestKeyShare: 0.1 };
  const status = agentStatus([flowStatus({ destinations: [destinationStatus({ shards: [shard, calm] })] })]);
  expect(valueOf('HottestKeyShare', { Destination: 'KinesisStream:logs' }, status)).toBe(80);
  expect(valueOf('HottestKeyShare', { Destination: 'KinesisStream:logs' })).toBeUndefined();
});

test('a destination that flows share has the records of all of them pending, in requests or not, and is blocked if one says so', () => {
  const waiting = destinationStatus({ waitingRecords: 5, inFlightRecords: 30 });
  const status = agentStatus([
    flowStatus({ id: 'a', destinations: [waiting] }),
    flowStatus({ id: 'b', destinations: [{ ...waiting, waitingRecords: 2, state: 'blocked' }] }),
  ]);
  expect(valueOf('UserRecordsPending', { Destination: 'KinesisStream:logs' }, status)).toBe(67);
  expect(valueOf('DestinationBlocked', { Destination: 'KinesisStream:logs' }, status)).toBe(1);
});

test('the account of a flow adds up: read = delivered + dropped + pending, and lost was never read', () => {
  const counts = { delivered: 1000, filtered: 200, unparsable: 30, oversize: 4, rejected: 5, skipped: 6, lost: 7777 };
  const outcome = Object.fromEntries(Object.entries(counts).map(([name, bytes]) => [name, { bytes, records: 1 }]));
  const flow = flowStatus({ bytesRead: 1345, pendingBytes: 100, outcomes: { ...flowStatus().outcomes, ...outcome } });
  const total = (name: string) =>
    statusValues(agentStatus([flow])).filter((value) => value.name === name).reduce((sum, { value }) => sum + value, 0);
  expect(total('BytesRead')).toBe(total('BytesDelivered') + total('BytesDropped') + total('BytesPending'));
  expect(total('BytesLost')).toBe(7777);
});
