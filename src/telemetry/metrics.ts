/**
 * Every metric there is: name, unit, dimensions, level, description. The one table: CloudWatch, Prometheus, the
 * reference page and the types of `MetricSink` come from it.
 *
 * Names, units and the dimension `Destination` of the first five are the Java agent's, so that dashboards and alarms
 * keep working. The next group has the names of the Kinesis Producer Library (its "Monitoring" page), with its dimensions
 * `StreamName`, `ShardId` and `ErrorCode`. The rest are kinship's own, in the same style.
 */

/** As CloudWatch names them (MetricDatum, API reference). */
export type MetricUnit = 'Count' | 'Bytes' | 'Milliseconds' | 'Seconds' | 'Percent';

export type MetricLabel = 'Destination' | 'StreamName' | 'ShardId' | 'ErrorCode' | 'Flow' | 'Reason';

export interface MetricKind {
  /** counter: amounts that add up; distribution: values whose spread matters; gauge: how things stand now. */
  readonly kind: 'counter' | 'distribution' | 'gauge';
  readonly unit: MetricUnit;
  readonly labels: readonly MetricLabel[];
  /** From which `cloudwatch.level` on it is uploaded. `ShardId` is a dimension at `detailed` only. */
  readonly level: 'summary' | 'detailed';
  readonly description: string;
}

const destination: readonly MetricLabel[] = ['Destination'];
const stream: readonly MetricLabel[] = ['StreamName'];
const shard: readonly MetricLabel[] = ['StreamName', 'ShardId'];
const flow: readonly MetricLabel[] = ['Flow'];
const agent: readonly MetricLabel[] = [];

/** Counted or observed by the stages themselves, through `MetricSink`. */
const stageMetrics = {
  RecordSendAttempts: counter('Count', destination, 'summary', 'Records in a request, for each request that was sent.'),
  RecordsSent: counter('Count', destination, 'summary', 'Records that the service accepted.'),
  RecordSendErrors: counter('Count', destination, 'summary', 'Records that the service refused, throttled ones included; they are sent again.'),
  BytesSent: counter('Bytes', destination, 'summary', 'Data of the accepted records, without partition keys.'),
  ServiceErrors: counter('Count', destination, 'summary', '1 for each request that failed as a whole, 0 for one that did not.'),

  UserRecordsPut: counter('Count', shard, 'summary', 'Log records that were accepted (many may share one Kinesis record).'),
  UserRecordsDataPut: counter('Bytes', shard, 'detailed', 'Data of the accepted log records.'),
  KinesisRecordsPut: counter('Count', shard, 'summary', 'Kinesis records that were accepted: what the service bills and limits.'),
  KinesisRecordsDataPut: counter('Bytes', shard, 'detailed', 'Data of the accepted Kinesis records, aggregation included.'),
  ErrorsByCode: counter('Count', ['StreamName', 'ErrorCode', 'ShardId'], 'summary', 'Refused Kinesis records and failed requests, by the code of the error.'),
  AllErrors: counter('Count', shard, 'summary', 'Refused Kinesis records and failed requests.'),
  RetriesPerRecord: distribution('Count', shard, 'detailed', 'How often a Kinesis record was sent again before it was accepted.'),
  BufferingTime: distribution('Milliseconds', shard, 'summary', 'From reading a record until it is sent.'),
  RequestTime: distribution('Milliseconds', stream, 'detailed', 'From sending a request until its answer.'),
  UserRecordsPerKinesisRecord: distribution('Count', shard, 'detailed', 'Log records in one Kinesis record: how well aggregation works.'),
  KinesisRecordsPerPutRecordsRequest: distribution('Count', stream, 'detailed', 'Kinesis records in one request.'),
  UserRecordsPerPutRecordsRequest: distribution('Count', stream, 'detailed', 'Log records in one request.'),

  ThrottledRecords: counter('Count', shard, 'summary', 'Kinesis records that were refused because a shard or the stream was at its limit.'),
  MisplacedRecords: counter('Count', shard, 'summary', 'Kinesis records that the stream accepted in another shard than their log records belong to, because it was resharded: consumers drop those, so they are sent again.'),
  AmbiguousSends: counter('Count', destination, 'summary', 'Requests whose answer was lost: sent again, so their records may be there twice.'),
  PartitionKeysMissing: counter('Count', flow, 'summary', 'Records whose partition key was missing, empty or over 256 characters: they got a random one, and are in no order.'),
  UnparsableLines: counter('Count', flow, 'summary', 'Lines that did not have the expected format, whatever was done with them (onUnparsable).'),
} as const satisfies Record<string, MetricKind>;

/** Taken from the agent's status when metrics are uploaded or scraped. */
const statusMetrics = {
  UserRecordsPending: gauge('Count', destination, 'detailed', 'Log records that wait to be sent, to be sent again, or for the answer to their request.'),
  HottestKeyShare: gauge('Percent', destination, 'detailed', 'Share of one partition key in what the most refused or else the busiest shard took of late. Near 100, more shards do not help: the key has to be spread.'),
  DestinationBlocked: gauge('Count', destination, 'summary', '1 while nothing goes through until a person acts (permission, missing stream), else 0.'),
  LagBytes: gauge('Bytes', flow, 'summary', 'Bytes in the files that are not yet delivered; of a compressed file those that are decompressed, and one more until its end is reached.'),
  LagSeconds: gauge('Seconds', flow, 'summary', 'Age of the oldest byte that is unread or not yet delivered, also over restarts; a last line that has not ended is not there yet. What came while nobody looked (a restart, a file found under another name) counts since the look before, or since its file was made: rather older than younger. Of a file that cannot be read: since when.'),
  BytesPending: gauge('Bytes', flow, 'detailed', 'Bytes read and not yet delivered or dropped.'),
  FilesTracked: gauge('Count', flow, 'summary', 'Files that the flow follows.'),
  FilesOpen: gauge('Count', flow, 'detailed', 'Files that are open now.'),
  FilesBehind: gauge('Count', flow, 'summary', 'Files with bytes that are not yet delivered.'),
  FilesUnreadable: gauge('Count', flow, 'summary', 'Files and directories that cannot be read: permission, too many open files.'),
  RecordsRead: counter('Count', flow, 'detailed', 'Lines read, or records where lines are joined.'),
  BytesRead: counter('Bytes', flow, 'summary', 'Bytes read from the files: those delivered, those dropped and those pending, to the byte; and once more what a reload left unsent, for it is read again.'),
  BytesDelivered: counter('Bytes', flow, 'summary', 'Bytes of the files whose records were accepted.'),
  RecordsDelivered: counter('Count', flow, 'summary', 'Log records that were accepted.'),
  BytesDropped: counter('Bytes', ['Flow', 'Reason'], 'summary', 'Bytes of the files that were dropped, by reason.'),
  RecordsDropped: counter('Count', ['Flow', 'Reason'], 'summary', 'Records that were dropped, by reason.'),
  BytesLost: counter('Bytes', flow, 'summary', 'Bytes that were gone before they could be read: truncated or deleted.'),
  CheckpointAge: gauge('Seconds', agent, 'summary', 'Time since the positions were last saved.'),
  BufferUsed: gauge('Bytes', agent, 'detailed', 'Bytes of bufferBytesMax that are in use.'),
  BufferUtilization: gauge('Percent', agent, 'summary', 'Share of bufferBytesMax that is in use.'),
} as const satisfies Record<string, MetricKind>;

export const metrics = { ...stageMetrics, ...statusMetrics } as const;

export type StageMetric = keyof typeof stageMetrics;
export type StatusMetric = keyof typeof statusMetrics;
export type MetricName = keyof typeof metrics;

/** Every name, in the order of the table. */
export const metricNames = Object.keys(metrics) as readonly MetricName[];
export const statusMetricNames = Object.keys(statusMetrics) as readonly StatusMetric[];

/** How many different metrics one agent makes at most in CloudWatch, which bills by them; with one code of errors. */
export function distinctMetricCount(facts: {
  level: 'none' | 'summary' | 'detailed';
  flows: number;
  destinations: number;
  shards: number;
  reasons: number;
}): number {
  if (facts.level === 'none') return 0;
  let count = 0;
  for (const name of metricNames) {
    const { labels, level } = metrics[name];
    if (level === 'detailed' && facts.level === 'summary') continue;
    const series = (labels.includes('Flow') ? facts.flows : labels.length > 0 ? facts.destinations : 1) * (labels.includes('Reason') ? facts.reasons : 1);
    count += series + (labels.includes('ShardId') && facts.level === 'detailed' ? facts.shards : 0);
  }
  return count;
}

function counter(unit: MetricUnit, labels: readonly MetricLabel[], level: MetricKind['level'], description: string): MetricKind {
  return { kind: 'counter', unit, labels, level, description };
}

function distribution(unit: MetricUnit, labels: readonly MetricLabel[], level: MetricKind['level'], description: string): MetricKind {
  return { kind: 'distribution', unit, labels, level, description };
}

function gauge(unit: MetricUnit, labels: readonly MetricLabel[], level: MetricKind['level'], description: string): MetricKind {
  return { kind: 'gauge', unit, labels, level, description };
}
