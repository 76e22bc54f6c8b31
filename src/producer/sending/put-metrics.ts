/**
 * What is counted about requests: under the Java agent's names by destination (its records are our user records), under
 * the KPL's names by stream and shard. Labels are made once for each shard.
 *
 * As in both, an event that did not occur is counted as 0 for every answer, so that alarms and graphs see a value and not a
 * gap. As in the Java agent, a request that failed as a whole is a service error, not an error of its records. The metrics
 * with the Java agent's names have one value for each call, so that averages, minima and maxima mean the same as there.
 */
import type { MetricLabels, MetricSink } from '../../telemetry/metric-sink.ts';
import type { KinesisRecord } from '../records/kinesis-record.ts';

const zeroWhenAnswered = ['ServiceErrors', 'AllErrors', 'ThrottledRecords'] as const;

export class PutMetrics {
  readonly #sink: MetricSink;
  readonly #destination: MetricLabels;
  readonly #shards = new Map<string, MetricLabels>();
  // Counts of the answer that is being read.
  #sentRecords = 0;
  #sentBytes = 0;
  #refusedRecords = 0;

  constructor(sink: MetricSink, destination: { readonly label: string; readonly streamName: string }) {
    this.#sink = sink;
    this.#destination = { Destination: destination.label, StreamName: destination.streamName };
  }

  requestSent(records: readonly KinesisRecord[], nowMs: number): void {
    let userRecords = 0;
    for (const record of records) {
      userRecords += record.userRecords;
      if (record.attempts === 0) {
        this.#sink.observe('BufferingTime', nowMs - record.aggregate.openedMs, this.#labels(record.lane.shard?.shardId));
      }
    }
    this.#sink.count('RecordSendAttempts', userRecords, this.#destination);
    this.#observe('KinesisRecordsPerPutRecordsRequest', records.length);
    this.#observe('UserRecordsPerPutRecordsRequest', userRecords);
  }

  /** An answer came with an entry for each record: calls for each of them follow, then one of `answerRead`. */
  requestAnswered(elapsedMs: number): void {
    this.#observe('RequestTime', elapsedMs);
    for (const name of zeroWhenAnswered) this.#sink.count(name, 0, this.#destination);
    this.#sentRecords = 0;
    this.#sentBytes = 0;
    this.#refusedRecords = 0;
  }

  /** The calls for all records of the answer were made. */
  answerRead(): void {
    this.#sink.count('RecordsSent', this.#sentRecords, this.#destination);
    this.#sink.count('BytesSent', this.#sentBytes, this.#destination);
    this.#sink.count('RecordSendErrors', this.#refusedRecords, this.#destination);
  }

  /** A whole request failed; `repeats`: its records may have been accepted all the same. */
  requestFailed(code: string, { repeats, throttledCount }: { readonly repeats: boolean; readonly throttledCount: number }): void {
    this.#sink.count('ServiceErrors', 1, this.#destination);
    if (throttledCount > 0) this.#sink.count('ThrottledRecords', throttledCount, this.#destination);
    if (repeats) this.#sink.count('AmbiguousSends', 1, this.#destination);
    this.#error(code, this.#destination);
  }

  accepted(record: KinesisRecord, shardId: string | undefined): void {
    const labels = this.#labels(shardId);
    this.#sentRecords += record.userRecords;
    this.#sentBytes += record.dataBytes;
    this.#sink.count('UserRecordsPut', record.userRecords, labels);
    this.#sink.count('UserRecordsDataPut', record.userDataBytes, labels);
    this.#sink.count('KinesisRecordsPut', 1, labels);
    this.#sink.count('KinesisRecordsDataPut', record.dataBytes, labels);
    this.#sink.observe('UserRecordsPerKinesisRecord', record.userRecords, labels);
    this.#sink.observe('RetriesPerRecord', record.attempts, labels);
  }

  /** A record was accepted in shard `shardId`, where consumers drop it. */
  misplaced(shardId: string | undefined): void {
    this.#sink.count('MisplacedRecords', 1, this.#labels(shardId));
  }

  /** One record of a request was refused. It is counted for the shard that it was meant for, where that is known. */
  refused(record: KinesisRecord, code: string, throttled: boolean): void {
    const labels = this.#labels(record.lane.shard?.shardId);
    this.#refusedRecords += record.userRecords;
    if (throttled) this.#sink.count('ThrottledRecords', 1, labels);
    this.#error(code, labels);
  }

  #error(code: string, labels: MetricLabels): void {
    this.#sink.count('AllErrors', 1, labels);
    this.#sink.count('ErrorsByCode', 1, { ...labels, ErrorCode: code });
  }

  #observe(name: Parameters<MetricSink['observe']>[0], value: number): void {
    this.#sink.observe(name, value, this.#destination);
  }

  #labels(shardId: string | undefined): MetricLabels {
    if (shardId === undefined) return this.#destination;
    const known = this.#shards.get(shardId);
    if (known !== undefined) return known;
    const labels = { ...this.#destination, ShardId: shardId };
    this.#shards.set(shardId, labels);
    return labels;
  }
}
