/**
 * The metrics of how things stand, read from the agent's status: gauges as they are now, counters since the agent started.
 * One place for CloudWatch and Prometheus.
 */
import { assertNever } from '../core/assert.ts';
import { totalsByFlow } from '../core/flow-totals.ts';
import { type DropReason, type Outcome, outcomes } from '../core/offset-tracker.ts';
import type { AgentStatus, FlowStatus, FlowTotals } from '../core/status.ts';
import type { MetricLabels } from './metric-sink.ts';
import type { StatusMetric } from './metrics.ts';

export interface StatusValue {
  readonly name: StatusMetric;
  readonly labels: MetricLabels;
  /** Of a gauge: now. Of a counter: since the agent started. */
  readonly value: number;
}

/** Every status metric's values; a counter's never fall, whatever reloads do to its flow. */
export function statusValues(status: AgentStatus): readonly StatusValue[] {
  const values: StatusValue[] = [
    { name: 'CheckpointAge', labels: {}, value: status.checkpointAgeSeconds },
    { name: 'BufferUsed', labels: {}, value: status.budgetUsedBytes },
    { name: 'BufferUtilization', labels: {}, value: (100 * status.budgetUsedBytes) / Math.max(1, status.budgetBytes) },
  ];
  for (const flow of status.flows) values.push(...flowValues(flow));
  for (const totals of totalsByFlow(status).values()) values.push(...totalValues(totals));
  for (const [name, standing] of destinationStandings(status)) {
    values.push({ name: 'UserRecordsPending', labels: { Destination: name }, value: standing.pendingRecords });
    values.push({ name: 'DestinationBlocked', labels: { Destination: name }, value: standing.blocked ? 1 : 0 });
    const { hottestKeyShare } = standing;
    if (hottestKeyShare !== undefined) values.push({ name: 'HottestKeyShare', labels: { Destination: name }, value: 100 * hottestKeyShare });
  }
  return values;
}

function flowValues(flow: FlowStatus): readonly StatusValue[] {
  const labels = { Flow: flow.id };
  return [
    { name: 'LagBytes', labels, value: flow.lagBytes },
    { name: 'LagSeconds', labels, value: flow.lagSeconds },
    { name: 'BytesPending', labels, value: flow.pendingBytes },
    { name: 'FilesTracked', labels, value: flow.filesTracked },
    { name: 'FilesOpen', labels, value: flow.filesOpen },
    { name: 'FilesBehind', labels, value: flow.filesBehind },
    { name: 'FilesUnreadable', labels, value: flow.filesUnreadable },
  ];
}

function totalValues({ id, recordsRead, bytesRead, outcomes: counts }: FlowTotals): readonly StatusValue[] {
  const labels = { Flow: id };
  const values: StatusValue[] = [
    { name: 'RecordsRead', labels, value: recordsRead },
    { name: 'BytesRead', labels, value: bytesRead },
  ];
  for (const outcome of outcomes) {
    const { bytes, records } = counts[outcome];
    switch (fate(outcome)) {
      case 'delivered':
        values.push({ name: 'BytesDelivered', labels, value: bytes }, { name: 'RecordsDelivered', labels, value: records });
        break;
      case 'lost':
        values.push({ name: 'BytesLost', labels, value: bytes });
        break;
      case 'dropped': {
        const dropped = { Flow: id, Reason: outcome };
        values.push({ name: 'BytesDropped', labels: dropped, value: bytes });
        values.push({ name: 'RecordsDropped', labels: dropped, value: records });
        break;
      }
    }
  }
  return values;
}

/** Reasons under which `BytesDropped` counts: `lost` has a metric of its own, so that an alarm can stand on it alone. */
export const dropReasons: readonly DropReason[] = outcomes.filter(
  (outcome): outcome is DropReason => fate(outcome) === 'dropped',
);

function fate(outcome: Outcome): 'delivered' | 'lost' | 'dropped' {
  switch (outcome) {
    case 'delivered':
      return 'delivered';
    case 'lost':
      return 'lost';
    case 'filtered':
    case 'unparsable':
    case 'oversize':
    case 'rejected':
    case 'skipped':
      return 'dropped';
    default:
      return assertNever(outcome);
  }
}

interface Standing {
  readonly pendingRecords: number;
  readonly blocked: boolean;
  readonly hottestKeyShare: number | undefined;
}

/** Flows that share a destination each wait with records of their own: these add up. */
function destinationStandings(status: AgentStatus): ReadonlyMap<string, Standing> {
  const standings = new Map<string, Standing>();
  for (const destination of status.flows.flatMap((flow) => flow.destinations)) {
    const before = standings.get(destination.name) ?? { pendingRecords: 0, blocked: false, hottestKeyShare: undefined };
    standings.set(destination.name, {
      pendingRecords: before.pendingRecords + destination.waitingRecords + destination.inFlightRecords,
      blocked: before.blocked || destination.state === 'blocked',
      hottestKeyShare: destination.shards[0]?.hottestKeyShare ?? before.hottestKeyShare,
    });
  }
  return standings;
}
