/** What `kinship try` says on standard error when it is done. */
import type { FlowConfig } from '../../config/model.ts';
import { oneLine } from '../../core/one-line.ts';
import { amountText, bytesText, countText } from '../usage/quantity-text.ts';
import type { TrialCounts, TrialUnparsable } from './flow-trial.ts';

const KEYS_SHOWN_MAX = 5;
const SAMPLES_SHOWN_MAX = 5;

export function trialText(flow: FlowConfig, counts: TrialCounts, { sent, samples }: TrialUnparsable): string {
  const { delivered, ...dropped } = counts.outcomes;
  const lines = [
    `${flow.id}: ${amountText(counts.lines, 'line')} (${bytesText(counts.bytes)}), ${amountText(delivered.records, 'record')}`,
  ];
  for (const [outcome, count] of Object.entries(dropped)) {
    if (count.records + count.bytes > 0)
      lines.push(`  not sent, ${outcome}: ${countText(count.records)} (${bytesText(count.bytes)})`);
  }
  if (sent.keptRecords > 0) lines.push(`  sent though unparsable, as they are: ${countText(sent.keptRecords)}`);
  if (sent.wrappedRecords > 0) lines.push(`  sent though unparsable, wrapped: ${countText(sent.wrappedRecords)}`);
  if (samples.length > 0)
    lines.push(
      '  the first lines that do not parse:',
      ...samples.slice(0, SAMPLES_SHOWN_MAX).map((sample) => `    ${oneLine(sample)}`),
    );
  for (const [stream, { records, bytes }] of counts.streams) {
    const kind = flow.destination.kind === 'kinesis' ? 'Kinesis' : 'Firehose';
    lines.push(
      `  to ${stream}: ${amountText(records, `${kind} record`)}, ${bytesText(bytes)}, ${bytesText(bytes / records)} each`,
    );
  }
  return [...lines, ...keyLines(flow, counts), ''].join('\n');
}

function keyLines(flow: FlowConfig, counts: TrialCounts): string[] {
  if (flow.destination.kind === 'firehose') return [];
  if (flow.route.partitionKey.kind === 'random') return ['  partition keys: random, one for each Kinesis record'];
  const total = [...counts.keys.values()].reduce((sum, count) => sum + count, counts.keysBeyond);
  const most = [...counts.keys].toSorted((a, b) => b[1] - a[1]).slice(0, KEYS_SHOWN_MAX);
  const size = `${countText(counts.keys.size)}${counts.keysBeyond > 0 ? ' and more' : ''}`;
  return [
    `  partition keys: ${size}; records each:`,
    ...most.map(
      ([key, count]) => `    ${JSON.stringify(key)} ${countText(count)} (${((100 * count) / total).toFixed(1)} %)`,
    ),
  ];
}
