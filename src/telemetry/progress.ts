/** The line of progress: what was done since the last one, and how far behind the agent is. Told even when nothing moves. */
import { outcomes } from '../core/offset-tracker.ts';
import type { Clock } from '../core/ports.ts';
import type { AgentStatus, OutcomeCount } from '../core/status.ts';
import type { EventFields, EventSink } from './events.ts';

/** Logs progress every `everySeconds` until `signal` aborts; 0: never. */
export async function logProgress(
  options: { status: () => AgentStatus; events: EventSink; clock: Clock; everySeconds: number },
  signal: AbortSignal,
): Promise<void> {
  if (options.everySeconds === 0) return;
  let before = totals(options.status());
  for (;;) {
    await options.clock.sleep(options.everySeconds * 1000, signal);
    if (signal.aborted) return;
    const status = options.status();
    options.events.emit('progress', progressSince(before, status, options.everySeconds));
    before = totals(status);
  }
}

interface Totals {
  readonly readBytes: number;
  readonly delivered: OutcomeCount;
  readonly droppedRecords: number;
  readonly lostBytes: number;
}

function progressSince(before: Totals, status: AgentStatus, seconds: number): EventFields<'progress'> {
  const now = totals(status);
  const { flows } = status;
  // A flow that was set up anew counts from 0 again: then what it has is what was added.
  const added = (later: number, earlier: number) => (later >= earlier ? later - earlier : later);
  return {
    flows: flows.length,
    filesTracked: sum(flows.map((flow) => flow.filesTracked)),
    readBytes: added(now.readBytes, before.readBytes),
    deliveredRecords: added(now.delivered.records, before.delivered.records),
    deliveredBytes: added(now.delivered.bytes, before.delivered.bytes),
    droppedRecords: added(now.droppedRecords, before.droppedRecords),
    lostBytes: added(now.lostBytes, before.lostBytes),
    pendingBytes: sum(flows.map((flow) => flow.pendingBytes)),
    lagBytes: sum(flows.map((flow) => flow.lagBytes)),
    lagSeconds: Math.round(Math.max(0, ...flows.map((flow) => flow.lagSeconds))),
    seconds,
  };
}

function totals(status: AgentStatus): Totals {
  const { flows } = status;
  const dropped = outcomes.filter((outcome) => outcome !== 'delivered' && outcome !== 'lost');
  return {
    readBytes: sum(flows.map((flow) => flow.bytesRead)),
    delivered: {
      bytes: sum(flows.map((flow) => flow.outcomes.delivered.bytes)),
      records: sum(flows.map((flow) => flow.outcomes.delivered.records)),
    },
    droppedRecords: sum(flows.flatMap((flow) => dropped.map((outcome) => flow.outcomes[outcome].records))),
    lostBytes: sum(flows.map((flow) => flow.outcomes.lost.bytes)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
