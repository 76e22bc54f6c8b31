/** Whether the agent does its work, and if not, why, in words that say what to do. Pure. */
import type { AgentStatus, FlowStatus } from '../core/status.ts';

export interface Health {
  readonly healthy: boolean;
  readonly reasons: readonly string[];
}

/** The verdict on `status`: blocked destinations, lag over the limit, stuck loops. */
export function healthOf(
  status: AgentStatus,
  options: { lagSecondsMax: number; stuck: readonly { readonly name: string; readonly seconds: number }[] },
): Health {
  const reasons = [
    ...options.stuck.map((loop) => `${loop.name} has been stuck for ${loop.seconds} s: restart the agent, nothing is lost`),
    ...status.flows.flatMap((flow) => flowReasons(flow, options.lagSecondsMax)),
  ];
  return { healthy: reasons.length === 0, reasons };
}

function flowReasons(flow: FlowStatus, lagSecondsMax: number): readonly string[] {
  const behind = flow.destinations.filter((destination) => destination.state === 'throttled' || destination.state === 'backing-off');
  const causes = [
    ...behind.map(({ name, state, lastError }) => `${name} is ${state}${lastError === undefined ? '' : ` (${lastError})`}`),
    ...(flow.lastError === undefined ? [] : [flow.lastError]),
  ];
  const reasons = flow.destinations
    .filter((destination) => destination.state === 'blocked')
    .map((destination) => `flow ${flow.id}: ${destination.name} takes nothing: ${destination.lastError ?? 'see the log'}`);
  if (flow.lagSeconds > lagSecondsMax) {
    reasons.push(
      `flow ${flow.id}: ${Math.round(flow.lagSeconds)} s behind (${flow.lagBytes} bytes), more than health.lagSecondsMax ` +
        `(${lagSecondsMax} s)${causes.length === 0 ? '' : `: ${causes.join('; ')}`}`,
    );
  }
  return reasons;
}
