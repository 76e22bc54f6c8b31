/** The status of an agent at rest, with the differences that a test wants. */
import type { AgentStatus, DestinationStatus, FlowStatus, FlowTotals } from '../../../src/core/status.ts';

const nothing = { bytes: 0, records: 0 };

export function flowStatus(change: Partial<FlowStatus> = {}): FlowStatus {
  return {
    id: 'web',
    files: [],
    filesTracked: 0,
    filesOpen: 0,
    filesBehind: 0,
    filesUnreadable: 0,
    unreadable: [],
    recordsRead: 0,
    startedWallMs: 0,
    bytesRead: 0,
    outcomes: {
      delivered: nothing,
      filtered: nothing,
      unparsable: nothing,
      oversize: nothing,
      rejected: nothing,
      skipped: nothing,
      lost: nothing,
    },
    pendingBytes: 0,
    lagBytes: 0,
    lagSeconds: 0,
    destinations: [],
    unparsableSent: { keptRecords: 0, wrappedRecords: 0 },
    unparsableSamples: [],
    ...change,
  };
}

export function destinationStatus(change: Partial<DestinationStatus> = {}): DestinationStatus {
  return {
    name: 'KinesisStream:logs',
    state: 'running',
    waitingRecords: 0,
    waitingBytes: 0,
    inFlightRecords: 0,
    inFlightRequests: 0,
    shards: [],
    ...change,
  };
}

export function agentStatus(flows: readonly FlowStatus[], ended: readonly FlowTotals[] = []): AgentStatus {
  return {
    version: '1.0.0',
    startedWallMs: 0,
    wallMs: 0,
    budgetBytes: 1000,
    budgetUsedBytes: 250,
    checkpointAgeSeconds: 1,
    flows,
    ended,
  };
}
