/** What CloudWatch bills by: how many different metrics a config makes. Pure. */
import type { AgentConfig, FlowConfig } from '../../config/model.ts';
import { limits } from '../../core/limits.ts';
import { streamNameOf } from '../../producer/sending/destination.ts';
import { isTemplate } from '../../route/stream-template.ts';
import { distinctMetricCount } from '../../telemetry/metrics.ts';
import { dropReasons } from '../../telemetry/status-metrics.ts';
import { countText } from '../usage/quantity-text.ts';

/** A sentence for `check`. A template of a stream's name counts as many streams as it may become. */
export function metricsLine(config: AgentConfig): string {
  const { emitMetrics, level, namespace } = config.telemetry.cloudwatch;
  if (!emitMetrics || level === 'none') return 'CloudWatch metrics: none (cloudwatch.emitMetrics or level)';
  const facts = { level, flows: config.flows.length, destinations: destinationCount(config.flows), reasons: dropReasons.length };
  const count = distinctMetricCount({ ...facts, shards: 0 });
  const perShard = distinctMetricCount({ ...facts, shards: 1 }) - count;
  const shards = perShard === 0 ? '' : `, ${perShard} more for each shard that is written to,`;
  return `CloudWatch metrics: at most ${countText(count)} different ones${shards} in namespace ${namespace} (level ${level}), and one for each further code of errors`;
}

function destinationCount(flows: readonly FlowConfig[]): number {
  const names = new Set<string>();
  let templates = 0;
  for (const flow of flows) {
    const targets = targetsOf(flow);
    if (targets.some(({ stream }) => isTemplate(stream))) templates += 1;
    for (const { kind, stream } of targets) if (!isTemplate(stream)) names.add(`${kind}:${streamNameOf(stream)}`);
  }
  return names.size + templates * limits.routedStreamsMax;
}

/** Every stream that the flow names. */
function targetsOf({ destination, route }: FlowConfig): readonly { readonly kind: string; readonly stream: string }[] {
  const targets: { kind: string; stream: string }[] = [destination];
  for (const { kinesisStream, deliveryStream } of route.routes) {
    if (kinesisStream !== undefined) targets.push({ kind: 'kinesis', stream: kinesisStream });
    if (deliveryStream !== undefined) targets.push({ kind: 'firehose', stream: deliveryStream });
  }
  if (route.streamFallback !== undefined) targets.push({ kind: destination.kind, stream: route.streamFallback });
  return targets;
}
