/**
 * What flows have done in all: a flow that a reload sets up anew counts from 0, the agent's counters do not.
 *
 * Invariant: no total ever falls, and none is forgotten while the agent runs.
 */
import { type Outcome, outcomes } from './offset-tracker.ts';
import type { AgentStatus, FlowTotals, OutcomeCount } from './status.ts';

/** By flow, since the agent started: of those that are there and of those that a reload ended. */
export function totalsByFlow({ flows, ended }: AgentStatus): ReadonlyMap<string, FlowTotals> {
  const totals = new Map<string, FlowTotals>();
  for (const flow of [...ended, ...flows]) totals.set(flow.id, addTotals(totals.get(flow.id), flow));
  return totals;
}

/** `flow`'s totals as they are now, and those `before` it, if any. */
export function addTotals(before: FlowTotals | undefined, { id, bytesRead, recordsRead, outcomes: counts }: FlowTotals): FlowTotals {
  if (before === undefined) return { id, bytesRead, recordsRead, outcomes: counts };
  const together: Partial<Record<Outcome, OutcomeCount>> = {};
  for (const outcome of outcomes) {
    const [earlier, later] = [before.outcomes[outcome], counts[outcome]];
    together[outcome] = { bytes: earlier.bytes + later.bytes, records: earlier.records + later.records };
  }
  return {
    id,
    bytesRead: before.bytesRead + bytesRead,
    recordsRead: before.recordsRead + recordsRead,
    outcomes: { ...counts, ...together },
  };
}
