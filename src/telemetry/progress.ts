/** The line of progress: what was done since the last one, and how far behind the agent is. Told even when nothing moves. */
import { outcomes } from '../core/offset-tracker.ts';
import type { Clock } from '../core/ports.ts';
import { totalsByFlow } from '../core/flow-totals.ts';
import type { AgentStatus } from '../core/status.ts';
import type { EventFields, EventSink } from './events.ts';

/** Logs progress every `everySeconds` until `signal` aborts; 0: never. */
export async function logProgress(
  options: { status: () => AgentStatus; events: EventSink; clock: Clock; everySeconds: number },
  signal: AbortSignal,
): Promise<void> {
  if (options.everySeconds === 0) return;
  // The first line tells of everything since the start, also of what was read before this began.
  let before = NOTHING;
  for (;;) {
    await options.clock.sleep(options.everySeconds * 1000, signal);
    if (signal.aborted) return;
    const status = options.status();
    const now = totalsOf(status);
    options.events.emit('progress', { ...added(now, before), ...standing(status), seconds: options.everySeconds });
    before = now;
  }
}

/** What all flows have done since the agent started. */
interface Totals {
  readonly readRecords: number;
  readonly readBytes: number;
  readonly deliveredRecords: number;
  readonly deliveredBytes: number;
  readonly droppedRecords: number;
  readonly lostBytes: number;
}

const NOTHING: Totals = { readRecords: 0, readBytes: 0, deliveredRecords: 0, deliveredBytes: 0, droppedRecords: 0, lostBytes: 0 };

function standing({ flows }: AgentStatus): Omit<EventFields<'progress'>, keyof Totals | 'seconds'> {
  const blocked = flows.flatMap((flow) => flow.destinations).filter((destination) => destination.state === 'blocked');
  return {
    flows: flows.length,
    filesTracked: sum(flows.map((flow) => flow.filesTracked)),
    pendingBytes: sum(flows.map((flow) => flow.pendingBytes)),
    lagBytes: sum(flows.map((flow) => flow.lagBytes)),
    lagSeconds: Math.round(Math.max(0, ...flows.map((flow) => flow.lagSeconds))),
    filesUnreadable: sum(flows.map((flow) => flow.filesUnreadable)),
    blocked: [...new Set(blocked.map((destination) => destination.name))],
  };
}

function totalsOf(status: AgentStatus): Totals {
  const flows = [...totalsByFlow(status).values()];
  const dropped = outcomes.filter((outcome) => outcome !== 'delivered' && outcome !== 'lost');
  return {
    readRecords: sum(flows.map((flow) => flow.recordsRead)),
    readBytes: sum(flows.map((flow) => flow.bytesRead)),
    deliveredRecords: sum(flows.map((flow) => flow.outcomes.delivered.records)),
    deliveredBytes: sum(flows.map((flow) => flow.outcomes.delivered.bytes)),
    droppedRecords: sum(flows.flatMap((flow) => dropped.map((outcome) => flow.outcomes[outcome].records))),
    lostBytes: sum(flows.map((flow) => flow.outcomes.lost.bytes)),
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
