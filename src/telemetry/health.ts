/** Whether the agent does its work, and if not, why, in words that say what to do. Pure. */
import type { AgentStatus, FlowStatus } from '../core/status.ts';

export interface Health {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
}

/**
 * The verdict on `status`: positions that cannot be stored for long, blocked destinations, lag over the limit, stuck loops.
 * What cannot be read counts as lag, as it does in `lagSeconds`: nobody knows what waits there. It is a reason of its own,
 * since it needs another remedy.
 */
export function healthOf(
  status: AgentStatus,
  options: { lagSecondsMax: number; stuck: readonly { readonly name: string; readonly seconds: number }[] },
): Health {
  const reasons = [
    ...positionReasons(status, options.lagSecondsMax),
    ...options.stuck.map((loop) => `${loop.name} has been stuck for ${loop.seconds} s: restart the agent, nothing is lost`),
    ...status.flows.flatMap((flow) => flowReasons(flow, options.lagSecondsMax)),
  ];
  return { healthy: reasons.length === 0, reasons };
}

function positionReasons({ checkpointFault, checkpointAgeSeconds }: AgentStatus, lagSecondsMax: number): readonly string[] {
  if (checkpointFault === undefined || checkpointAgeSeconds <= lagSecondsMax) return [];
  const seconds = Math.round(checkpointAgeSeconds);
  return [`positions were not stored for ${seconds} s, more than health.lagSecondsMax (${lagSecondsMax} s): ${checkpointFault}; a crash would repeat what was sent since`];
}

function flowReasons(flow: FlowStatus, lagSecondsMax: number): readonly string[] {
  const behind = flow.destinations.filter((destination) => destination.state === 'throttled' || destination.state === 'backing-off');
  const causes = behind.map(({ name, state, lastError }) => `${name} is ${state}${lastError === undefined ? '' : ` (${lastError})`}`);
  const reasons = flow.destinations
    .filter((destination) => destination.state === 'blocked')
    .map((destination) => `flow ${flow.id}: ${destination.name} takes nothing: ${destination.lastError ?? 'see the log'}`);
  const unreadable = flow.unreadable.filter(({ seconds }) => seconds > lagSecondsMax);
  if (unreadable.length > 0) {
    // The status names only some of them, those that failed longest.
    const more = flow.filesUnreadable - 1;
    const count = more <= 0 ? '' : ` (and ${more} more cannot be read: kinship status)`;
    reasons.push(
      `flow ${flow.id}: ${flow.lastError ?? 'files cannot be read'}${count}; that is longer than health.lagSecondsMax (${lagSecondsMax} s), ` +
        'and what is in there is not sent',
    );
  }
  if (flow.lagSeconds > lagSecondsMax && flow.lagSeconds > (unreadable[0]?.seconds ?? 0)) {
    reasons.push(
      `flow ${flow.id}: ${Math.round(flow.lagSeconds)} s behind (${flow.lagBytes} bytes), more than health.lagSecondsMax ` +
        `(${lagSecondsMax} s)${causes.length === 0 ? '' : `: ${causes.join('; ')}`}`,
    );
  }
  return reasons;
}
