/** A snapshot of the running agent: what `kinship status`, `/health`, CloudWatch gauges and the systemd line show. */
import type { Outcome } from './offset-tracker.ts';

export interface FileStatus {
  readonly path: string;
  readonly generation: number;
  readonly state: 'active' | 'rotated' | 'waiting';
  readonly sizeBytes: number;
  /** Resolved prefix. */
  readonly positionBytes: number;
  /** Read and on their way. */
  readonly pendingBytes: number;
  /** The position at which the agent took the file up: its account begins here. */
  readonly startBytes: number;
  /** Read since then: Σ outcomes but `lost` + pending, to the byte. What was lost was never read. */
  readonly readBytes: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, OutcomeCount>>>;
  readonly lagBytes: number;
  /** Age of the oldest unread or unresolved byte; 0 when there is none. What came while nobody looked counts since the look before. */
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
  /** Of all flows that share the destination. */
  readonly inFlightRequests: number;
  /** Who sees to its capacity: the service, or people. */
  readonly streamMode?: 'on-demand' | 'provisioned';
  /** Records since the start that gave no partition key and got a random one. */
  readonly recordsWithoutKey?: number;
  readonly lastError?: string;
  readonly shards: readonly ShardStatus[];
}

export interface FlowStatus {
  readonly id: string;
  /** When it was set up, by the start of the agent or by a reload: since then it counts. */
  readonly startedWallMs: number;
  readonly files: readonly FileStatus[];
  readonly filesTracked: number;
  readonly filesOpen: number;
  readonly filesBehind: number;
  /** Files and directories that cannot be read; the first of them, those that failed longest first. */
  readonly filesUnreadable: number;
  readonly unreadable: readonly UnreadablePath[];
  /** Since the flow was set up: Σ outcomes but `lost` + pending, to the byte. */
  readonly bytesRead: number;
  /** Handed on: lines, or what became of them when they were joined. */
  readonly recordsRead: number;
  readonly outcomes: Readonly<Record<Outcome, OutcomeCount>>;
  /** Read and on their way. */
  readonly pendingBytes: number;
  readonly lagBytes: number;
  /** Age of the oldest unread or unresolved byte, at least; what cannot be read counts since it could not. */
  readonly lagSeconds: number;
  readonly destinations: readonly DestinationStatus[];
  readonly lastError?: string;
  /** Part of what was delivered or is on its way; those that were dropped are the outcome `unparsable`. */
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
  /** What flows did that a reload ended or set up anew, by flow: none of it is in `flows`. */
  readonly ended: readonly FlowTotals[];
}
