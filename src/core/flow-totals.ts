/**
 * The totals of flows since the agent started. A flow that a reload sets up anew counts from 0; these totals go on.
 *
 * Invariant: no total ever falls, and none is forgotten while the agent runs.
 */
import { type Outcome, outcomes } from './offset-tracker.ts';
import type { AgentStatus, FlowTotals, OutcomeCount } from './status.ts';

/** Totals by flow id: of the flows that run and of those that a reload ended. */
export function totalsByFlow({ flows, ended }: AgentStatus): ReadonlyMap<string, FlowTotals> {
  const totals = new Map<string, FlowTotals>();
  for (const flow of [...ended, ...flows]) totals.set(flow.id, addTotals(totals.get(flow.id), flow));
  return totals;
}

/** The totals `before`, if any, plus those that a flow has now. */
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
