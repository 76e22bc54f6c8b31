/** The line of progress: what was done since the last one, and how far behind the agent is. Told even when nothing moves. */
import { outcomes } from '../core/offset-tracker.ts';
import type { Clock } from '../core/ports.ts';
import type { AgentStatus, FlowStatus } from '../core/status.ts';
import type { EventFields, EventSink } from './events.ts';

/** Logs progress every `everySeconds` until `signal` aborts; 0: never. */
export async function logProgress(
  options: { status: () => AgentStatus; events: EventSink; clock: Clock; everySeconds: number },
  signal: AbortSignal,
): Promise<void> {
  if (options.everySeconds === 0) return;
  // The first line tells of everything since the start, what was read before anyone asked included.
  let before: TotalsByFlow = new Map();
  for (;;) {
    await options.clock.sleep(options.everySeconds * 1000, signal);
    if (signal.aborted) return;
    const status = options.status();
    options.events.emit('progress', progressSince(before, status, options.everySeconds));
    before = totalsByFlow(status);
  }
}

interface Totals {
  readonly readRecords: number;
  readonly readBytes: number;
  readonly deliveredRecords: number;
  readonly deliveredBytes: number;
  readonly droppedRecords: number;
  readonly lostBytes: number;
}

/** What each flow has done since it was set up. */
type TotalsByFlow = ReadonlyMap<string, { readonly startedWallMs: number; readonly totals: Totals }>;

function progressSince(before: TotalsByFlow, status: AgentStatus, seconds: number): EventFields<'progress'> {
  const { flows } = status;
  const done = flows.map((flow) => {
    const earlier = before.get(flow.id);
    // A flow that was set up anew counts from 0 again.
    return added(totalsOf(flow), earlier?.startedWallMs === flow.startedWallMs ? earlier.totals : NOTHING);
  });
  const blocked = flows.flatMap((flow) => flow.destinations).filter((destination) => destination.state === 'blocked');
  return {
    flows: flows.length,
    filesTracked: sum(flows.map((flow) => flow.filesTracked)),
    readRecords: sum(done.map((flow) => flow.readRecords)),
    readBytes: sum(done.map((flow) => flow.readBytes)),
    deliveredRecords: sum(done.map((flow) => flow.deliveredRecords)),
    deliveredBytes: sum(done.map((flow) => flow.deliveredBytes)),
    droppedRecords: sum(done.map((flow) => flow.droppedRecords)),
    lostBytes: sum(done.map((flow) => flow.lostBytes)),
    pendingBytes: sum(flows.map((flow) => flow.pendingBytes)),
    lagBytes: sum(flows.map((flow) => flow.lagBytes)),
    lagSeconds: Math.round(Math.max(0, ...flows.map((flow) => flow.lagSeconds))),
    filesUnreadable: sum(flows.map((flow) => flow.filesUnreadable)),
    blocked: [...new Set(blocked.map((destination) => destination.name))],
    seconds,
  };
}

const NOTHING: Totals = { readRecords: 0, readBytes: 0, deliveredRecords: 0, deliveredBytes: 0, droppedRecords: 0, lostBytes: 0 };

function totalsByFlow({ flows }: AgentStatus): TotalsByFlow {
  return new Map(flows.map((flow) => [flow.id, { startedWallMs: flow.startedWallMs, totals: totalsOf(flow) }]));
}

function totalsOf({ recordsRead, bytesRead, outcomes: counts }: FlowStatus): Totals {
  const dropped = outcomes.filter((outcome) => outcome !== 'delivered' && outcome !== 'lost');
  return {
    readRecords: recordsRead,
    readBytes: bytesRead,
    deliveredRecords: counts.delivered.records,
    deliveredBytes: counts.delivered.bytes,
    droppedRecords: sum(dropped.map((outcome) => counts[outcome].records)),
    lostBytes: counts.lost.bytes,
  };
}

function added(now: Totals, before: Totals): Totals {
  return {
    readRecords: now.readRecords - before.readRecords,
    readBytes: now.readBytes - before.readBytes,
    deliveredRecords: now.deliveredRecords - before.deliveredRecords,
    deliveredBytes: now.deliveredBytes - before.deliveredBytes,
    droppedRecords: now.droppedRecords - before.droppedRecords,
    lostBytes: now.lostBytes - before.lostBytes,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
