/** A snapshot of the running agent: what `kinship status`, `/health`, CloudWatch gauges and the systemd line show. */
import type { Outcome } from './offset-tracker.ts';

export interface FileStatus {
  readonly path: string;
  readonly generation: number;
  readonly state: 'active' | 'rotated' | 'waiting';
  readonly sizeBytes: number;
  /** Resolved prefix. */
  readonly positionBytes: number;
  /** Bytes read and on their way. */
  readonly pendingBytes: number;
  /** The position at which the agent took the file up. `readBytes` and `outcomes` count from there. */
  readonly startBytes: number;
  /** Bytes read since then, exactly Σ outcomes without `lost` + pending. Lost bytes were never read. */
  readonly readBytes: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, OutcomeCount>>>;
  readonly lagBytes: number;
  /** Age of the oldest unread or unresolved byte; 0 when there is none. Bytes that came while nobody looked count from the look before. */
  readonly lagSeconds: number;
  readonly open: boolean;
  readonly lastError?: string;
}

/** A file, or a directory, that the agent would read and cannot. */
export interface UnreadablePath {
  readonly path: string;
  /** As the system names it: EACCES, EMFILE … */
  readonly reason: string;
  readonly seconds: number;
}

export interface OutcomeCount {
  readonly bytes: number;
  readonly records: number;
}

/** Lines that did not parse and were sent all the same, by what `onUnparsable` did with them. */
export interface UnparsableSent {
  readonly keptRecords: number;
  readonly wrappedRecords: number;
}
/** Of a flow that parses nothing. */
export const nothingUnparsable: UnparsableSent = { keptRecords: 0, wrappedRecords: 0 };

export interface ShardStatus {
  readonly shardId: string;
  readonly throttledEntries: number;
  readonly acceptedEntries: number;
  readonly bytesPerSecond: number;
  /** Share of the hottest key in what went to this shard, 0 … 1. */
  readonly hottestKeyShare?: number;
}

export interface DestinationStatus {
  /** `KinesisStream:NAME` or `DeliveryStream:NAME`, as in the Java agent's metrics. */
  readonly name: string;
  readonly state: 'running' | 'throttled' | 'blocked' | 'backing-off';
  /** Log records of the flow that wait to be sent, or to be sent again. */
  readonly waitingRecords: number;
  readonly waitingBytes: number;
  /** Log records of the flow in requests that are not answered. */
  readonly inFlightRecords: number;
  /** Requests of all flows that share the destination. */
  readonly inFlightRequests: number;
  /** Who adjusts the stream's capacity. on-demand: the service. provisioned: people. */
  readonly streamMode?: 'on-demand' | 'provisioned';
  /** Records since the start that gave no partition key and got a random one. */
  readonly recordsWithoutKey?: number;
  readonly lastError?: string;
  readonly shards: readonly ShardStatus[];
}

export interface FlowStatus {
  readonly id: string;
  /** When the start of the agent or a reload set the flow up. Its counts begin there. */
  readonly startedWallMs: number;
  readonly files: readonly FileStatus[];
  readonly filesTracked: number;
  readonly filesOpen: number;
  readonly filesBehind: number;
  /** Files and directories that cannot be read: how many, and the first of them, longest failing first. */
  readonly filesUnreadable: number;
  readonly unreadable: readonly UnreadablePath[];
  /** Bytes read since the flow was set up, exactly Σ outcomes without `lost` + pending. */
  readonly bytesRead: number;
  /** Records that the tailers handed on: lines, or what lines were joined to. */
  readonly recordsRead: number;
  readonly outcomes: Readonly<Record<Outcome, OutcomeCount>>;
  /** Bytes read and on their way. */
  readonly pendingBytes: number;
  readonly lagBytes: number;
  /** The oldest unread or unresolved byte is at least this old. What cannot be read counts from the moment it could not. */
  readonly lagSeconds: number;
  readonly destinations: readonly DestinationStatus[];
  readonly lastError?: string;
  /** Unparsable lines that were delivered or are on their way. Dropped ones have the outcome `unparsable`. */
  readonly unparsableSent: UnparsableSent;
  /** First lines that did not parse, shortened. */
  readonly unparsableSamples: readonly string[];
}

/** What is counted of a flow. */
export type FlowTotals = Pick<FlowStatus, 'id' | 'bytesRead' | 'recordsRead' | 'outcomes'>;

export interface AgentStatus {
  readonly version: string;
  readonly startedWallMs: number;
  readonly wallMs: number;
  readonly budgetBytes: number;
  readonly budgetUsedBytes: number;
  readonly checkpointAgeSeconds: number;
  /** Why positions cannot be stored; undefined: they can. */
  readonly checkpointFault?: string | undefined;
  readonly flows: readonly FlowStatus[];
  /** Totals, by flow, of flows that a reload ended or set up anew. None of them is in `flows`. */
  readonly ended: readonly FlowTotals[];
}
