/** The status of the running agent as a table of 80 columns. Pure. */
import { limits } from '../../core/limits.ts';
import type { AgentStatus, DestinationStatus, FlowStatus, ShardStatus } from '../../core/status.ts';
import { fileLines, indented } from './file-lines.ts';
import { bytesText, countText, durationText } from '../usage/quantity-text.ts';

/** Shards shown a destination: those that refuse, and those that this agent alone brings near their limit. */
const SHARDS_SHOWN_MAX = 5;
const BUSY_SHARE = 0.8;
const UNREADABLE_SHOWN_MAX = 5;
/** The agent's start sets its flows up within this time. A flow that was set up later comes from a reload. */
const SET_UP_ANEW_MS = 60_000;

/** Two looks at the agent give the speed at which it catches up. */
export interface StatusLooks {
  readonly now: AgentStatus;
  readonly before?: AgentStatus;
}

export function statusText(looks: StatusLooks): string {
  const { now, before } = looks;
  const lines = [
    `kinship ${now.version}, up ${durationText((now.wallMs - now.startedWallMs) / 1000)}`,
    `buffer ${bytesText(now.budgetUsedBytes)} of ${bytesText(now.budgetBytes)}, positions stored ${durationText(now.checkpointAgeSeconds)} ago`,
  ];
  if (now.checkpointFault !== undefined) lines.push(`positions cannot be stored (${now.checkpointFault}):`, '  a crash now would repeat what was sent since');
  for (const flow of now.flows) {
    const earlier = before?.flows.find((other) => other.id === flow.id);
    const elapsedMs = before === undefined ? 0 : now.wallMs - before.wallMs;
    lines.push('', flow.id);
    const aloneMs = flow.startedWallMs - now.startedWallMs;
    if (aloneMs > SET_UP_ANEW_MS) lines.push(`  set up anew by a reload ${durationText((now.wallMs - flow.startedWallMs) / 1000)} ago: it counts since then`);
    lines.push(...flowLines(flow, speedText(flow, earlier, elapsedMs)));
  }
  return `${lines.join('\n')}\n`;
}

function flowLines(flow: FlowStatus, speed: string): string[] {
  const { delivered } = flow.outcomes;
  const lines = [
    `  files ${countText(flow.filesTracked)} (${countText(flow.filesBehind)} behind, ${countText(flow.filesOpen)} open)`,
    `  delivered ${countText(delivered.records)} records, ${bytesText(delivered.bytes)}; on the way ${bytesText(flow.pendingBytes)}`,
    `  behind ${bytesText(flow.lagBytes)}, ${durationText(flow.lagSeconds)}${speed}`,
  ];
  const dropped = Object.entries(flow.outcomes).filter(
    ([outcome, count]) => outcome !== 'delivered' && count.records + count.bytes > 0,
  );
  if (dropped.length > 0) {
    const reasons = dropped.map(([outcome, count]) => `${outcome} ${countText(count.records)} (${bytesText(count.bytes)})`);
    lines.push(...indented(`not sent: ${reasons.join(', ')}`, 2));
  }
  const { keptRecords, wrappedRecords } = flow.unparsableSent;
  if (keptRecords > 0) lines.push(`  sent though unparsable, as they are: ${countText(keptRecords)}`);
  if (wrappedRecords > 0) lines.push(`  sent though unparsable, wrapped: ${countText(wrappedRecords)}`);
  for (const destination of flow.destinations) lines.push(...destinationLines(destination));
  if (flow.lastError !== undefined) lines.push(...indented(`last error: ${flow.lastError}`, 2));
  lines.push(...unreadableLines(flow));
  for (const sample of flow.unparsableSamples) lines.push(...indented(`does not parse: ${sample}`, 2));
  return [...lines, ...fileLines(flow.files)];
}

/** Without the first one: it stands in the flow's last error. */
function unreadableLines({ unreadable, filesUnreadable }: FlowStatus): string[] {
  const shown = unreadable.slice(1, UNREADABLE_SHOWN_MAX);
  const lines = shown.map(({ path, reason, seconds }) => indented(`cannot read ${path} (${reason}) for ${durationText(seconds)}`, 2));
  const more = filesUnreadable - shown.length - 1;
  if (more > 0) lines.push([`  cannot read ${countText(more)} more: kinship status --json shows them`]);
  return lines.flat();
}

function destinationLines(destination: DestinationStatus): string[] {
  const { name, state, waitingRecords, waitingBytes, inFlightRequests, streamMode, recordsWithoutKey = 0 } = destination;
  const lines = [
    `  ${name} ${state}: ${countText(waitingRecords)} records (${bytesText(waitingBytes)}) wait, ${inFlightRequests} requests`,
  ];
  const strained = destination.shards.filter(
    (shard) => shard.throttledEntries > 0 || shard.bytesPerSecond >= BUSY_SHARE * limits.shardBytesPerSecond,
  );
  for (const shard of strained.slice(0, SHARDS_SHOWN_MAX)) lines.push(shardLine(shard));
  if (state === 'throttled' && streamMode !== undefined) lines.push(`    ${capacityHints[streamMode]}`);
  if (recordsWithoutKey > 0) lines.push(`    ${countText(recordsWithoutKey)} records gave no partition key: in no order`);
  if (destination.lastError !== undefined) lines.push(...indented(destination.lastError, 4));
  return lines;
}

const capacityHints = {
  'on-demand': 'an on-demand stream: Kinesis itself adds shards, within minutes',
  provisioned: 'a provisioned stream: it takes more with more shards',
} as const;

function shardLine({ shardId, throttledEntries, acceptedEntries, bytesPerSecond, hottestKeyShare }: ShardStatus): string {
  const hot = hottestKeyShare === undefined ? '' : `, hottest key ${Math.round(100 * hottestKeyShare)} %`;
  const rate = `${bytesText(bytesPerSecond)}/s${hot}`;
  if (throttledEntries === 0) return `    busy ${shardId}: ${rate}`;
  const share = (100 * throttledEntries) / (throttledEntries + acceptedEntries);
  return `    throttled ${shardId}: ${share.toFixed(1)} % refused, ${rate}`;
}

function speedText(flow: FlowStatus, before: FlowStatus | undefined, elapsedMs: number): string {
  if (before === undefined || elapsedMs <= 0 || flow.lagBytes === 0) return '';
  const rate = ((flow.outcomes.delivered.bytes - before.outcomes.delivered.bytes) * 1000) / elapsedMs;
  const closing = ((before.lagBytes - flow.lagBytes) * 1000) / elapsedMs;
  // Bytes that are unread, not on their way and not late are of lines without an end (`Generation.lateSinceMs`).
  if (flow.lagSeconds === 0 && flow.pendingBytes === 0) return '; only of lines that have not ended yet';
  if (rate <= 0) return '; nothing is accepted at present';
  if (closing <= 0) return `; ${bytesText(rate)}/s, not catching up`;
  return `; ${bytesText(rate)}/s, caught up in ${durationText(flow.lagBytes / closing)}`;
}
