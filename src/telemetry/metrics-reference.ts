/** The metrics' section of the reference page, from the table. Pure. */
import { type MetricKind, metricNames, metrics } from './metrics.ts';
import { promName } from './prometheus-names.ts';

/** Markdown: one row a metric. Begins with a heading of level 2, ends with a newline. */
export function metricsReference(): string {
  const rows = metricNames.map((name) => {
    const { kind, unit, labels, level, description }: MetricKind = metrics[name];
    const cells = [`\`${name}\``, `\`${promName(name)}\``, kind, unit, labels.join(', ') || 'none', level, description];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '## Metrics',
    '',
    'CloudWatch has them in the namespace `cloudwatch.namespace` under the first name, from the level given on; `ShardId` is',
    'a dimension at `detailed` only, and every metric also has `cloudwatch.dimensions` and, with `cloudwatch.tagInstance`,',
    '`Instance`. The first five are those of the Amazon Kinesis Agent for Java. Prometheus has them under the second name, in',
    'seconds, bytes and ratios, with every dimension as a label; distributions without the shard.',
    '`Destination` is `KinesisStream:NAME` or `DeliveryStream:NAME`; `StreamName` is the name of a stream, and `DeliveryStream:NAME`',
    'of a delivery stream, for both may have one name.',
    '',
    'An interval comes to CloudWatch at least once while the agent runs, under the time at which it was measured: what got no answer is',
    'sent again with the next interval, and PutMetricData has nothing to tell the repetition by, so where only the answer was lost, sums',
    'and counts of that interval are twice what they were; averages, percentiles and extremes stay right. The last interval, at a stop,',
    'comes at most once. Prometheus reads running totals and counts nothing twice.',
    '',
    '| CloudWatch | Prometheus | kind | unit | dimensions | level | what it says |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
