/** Every limit in one place: unit in the name, source in the comment, relations asserted below. */
import { assert } from './assert.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export const limits = {
  /** PutRecords, API reference: entries a request. */
  putRecordsCountMax: 500,
  /** PutRecords, API reference: data + partition keys; 10 MiB since 2025, 5 MiB where that is not rolled out. */
  putRecordsBytesDefault: 5 * MIB,
  putRecordsBytesMax: 10 * MIB,
  /** Quotas page: data + partition key of one record, default and highest `MaxRecordSizeInKiB`. */
  kinesisRecordBytesDefault: 1 * MIB,
  kinesisRecordBytesMax: 10 * MIB,
  /** PutRecords, API reference: characters of a partition key. */
  partitionKeyCharsMax: 256,
  /** Quotas page: what one shard takes a second. */
  shardBytesPerSecond: 1 * MIB,
  shardRecordsPerSecond: 1000,
  /** RFC 3629 §3. */
  utf8CharacterBytesMax: 4,
  /** KPL configuration reference: AggregationMaxSize. */
  aggregatedRecordBytesDefault: 51_200,
  aggregatedRecordBytesMin: 64,
  /** KPL: a shard with this much waiting is sent at once. */
  shardReadyBytes: 256 * KIB,
  /** Firehose quotas page: PutRecordBatch entries, bytes a call, bytes a record before encoding. */
  putRecordBatchCountMax: 500,
  putRecordBatchBytesMax: 4 * MIB,
  firehoseRecordBytesMax: 1000 * KIB,

  /** CloudWatch PutMetricData, API reference: metrics and bytes (uncompressed) a request, different values a datum. */
  cloudWatchMetricsCountMax: 1000,
  cloudWatchRequestBytesMax: 1_000_000,
  cloudWatchValuesCountMax: 150,
  /** CloudWatch MetricDatum, API reference: dimensions of a metric. */
  cloudWatchDimensionsCountMax: 30,
  /** Different metrics (name and dimensions) of one interval, as the Java agent's cloudwatch.metricsQueueSize. */
  metricSeriesCountMax: 10_000,

  /** A request of this size is sent before any deadline. Requests are then few and full, and still small enough to keep memory low. */
  requestTargetBytes: 1.5 * MIB,
  /** Streams that the records of one flow may name (`{field}` in a stream's name). Each stream has requests and timers of its own. */
  routedStreamsMax: 128,
  /** One read of a tailer: the unit of work. */
  readBytesMax: 1 * MIB,
  /** Records of one batch: bounds the arrays of positions when lines are tiny. */
  batchRecordsMax: 65_536,
  /** Bytes that prove a file's beginning. */
  headBytesMax: 1024,
  /** Bytes before the position that the file must still hold there. */
  tailMarkerBytes: 64,
  /** Bytes kept of what stands before the end of a file: more than lines have in common at their ends, such as padding or user agents. */
  endMarkerBytes: 256,
  /** Bytes kept of what was read last before the position: a few lines of most logs. */
  nearBytesMax: 1024,
  /** First line of a file (a CSV header): more than any header has. */
  firstLineBytesMax: 64 * KIB,
  /** Unresolved spans of one generation: bounds the tracker when one lane is stuck and others run. */
  spansMax: 4096,
  /** Cuts by time that one generation remembers above its watermark. With so many, the next cut waits. */
  cutsMax: 64,
} as const;

assert(limits.putRecordsBytesDefault <= limits.putRecordsBytesMax, 'default request fits the largest');
assert(limits.kinesisRecordBytesMax <= limits.putRecordsBytesMax, 'the largest record fits a request');
assert(limits.aggregatedRecordBytesDefault <= limits.kinesisRecordBytesDefault, 'an aggregate fits a record');
assert(
  limits.firehoseRecordBytesMax < limits.kinesisRecordBytesDefault - 4 * limits.partitionKeyCharsMax - 1,
  'the limit of a record tells a delivery stream from a stream, also without a key of that many characters of UTF-8 and a newline',
);
assert(limits.tailMarkerBytes <= limits.headBytesMax, 'the marker is the smaller proof');
assert(limits.tailMarkerBytes <= limits.endMarkerBytes, 'the marker is a part of what stands before an end');
assert(limits.endMarkerBytes <= limits.nearBytesMax, 'what stands before an end is a part of what is near');
