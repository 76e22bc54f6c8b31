import { expect, test } from 'vitest';
import { FlowView, type FlowViewSource } from '../../../src/agent/flow-view.ts';
import { OutcomeCounts } from '../../../src/core/outcome-counts.ts';
import type { DestinationStatus, UnreadablePath } from '../../../src/core/status.ts';

const destination: DestinationStatus = {
  name: 'KinesisStream:web',
  state: 'running',
  waitingRecords: 1,
  waitingBytes: 10,
  inFlightRecords: 0,
  inFlightRequests: 0,
  shards: [],
};

function viewOf(parts: Partial<FlowViewSource> = {}): FlowView {
  const flow: FlowViewSource = {
    id: 'web',
    startedWallMs: 5,
    generations: () => [],
    unreadable: () => [],
    bytesRead: () => 30,
    recordsRead: () => 3,
    counts: new OutcomeCounts(),
    destinations: () => [destination],
    unparsableSent: () => ({ keptRecords: 2, wrappedRecords: 0 }),
    unparsableSamples: () => [],
  };
  return new FlowView({ ...flow, ...parts }, 1000);
}

test('as JSON a flow is all that its interface says', () => {
  const unreadable: UnreadablePath[] = [{ path: '/log/a', reason: 'EACCES', seconds: 2 }];
  const view = viewOf({ unreadable: () => unreadable });
  const { outcomes } = view;
  expect(JSON.parse(JSON.stringify(view))).toEqual({
    id: 'web',
    startedWallMs: 5,
    files: [],
    filesTracked: 0,
    filesOpen: 0,
    filesBehind: 0,
    pendingBytes: 0,
    lagBytes: 0,
    lagSeconds: 2,
    filesUnreadable: 1,
    unreadable,
    bytesRead: 30,
    recordsRead: 3,
    outcomes,
    destinations: [destination],
    lastError: view.lastError,
    unparsableSent: { keptRecords: 2, wrappedRecords: 0 },
    unparsableSamples: [],
  });
});

test('the file that has failed longest is the last error and comes first; twenty are named, all are counted', () => {
  const unreadable = Array.from({ length: 25 }, (_, seconds) => ({ path: `/log/${seconds}`, reason: 'EACCES', seconds }));
  const view = viewOf({ unreadable: () => unreadable });
  expect(view.lastError).toContain('/log/24');
  expect(view.unreadable[0]?.path).toBe('/log/24');
  expect([view.unreadable.length, view.filesUnreadable]).toEqual([20, 25]);
  expect(view.lagSeconds).toBe(24);
});

test('counters are read without a look at files, faults and destinations', () => {
  const notAsked = () => {
    throw new Error('nobody asked');
  };
  const view = viewOf({ generations: notAsked, unreadable: notAsked, destinations: notAsked });
  expect([view.bytesRead, view.recordsRead, view.outcomes.delivered.bytes]).toEqual([30, 3, 0]);
});
