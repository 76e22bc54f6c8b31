/** What a stream and a delivery stream have in common for the sender: a name, limits, one call. */
import { limits } from '../../core/limits.ts';
import type { FirehosePort, KinesisPort, OutgoingRecord, PutReply } from '../../core/ports.ts';

export interface Destination {
  /** As in the Java agent's metrics and in status: `KinesisStream:NAME` or `DeliveryStream:NAME`. */
  readonly label: string;
  /** In the KPL's metrics, the dimension `StreamName`: the stream's name; of a delivery stream the label, for a stream may have its name. */
  readonly streamName: string;
  /** Name or ARN. */
  readonly stream: string;
  readonly requestRecordsMax: number;
  /** Data and partition keys. */
  readonly requestBytesMax: number;
  /** Data and partition key of one record, as far as is known before the stream is asked. */
  readonly recordBytesMax: number;
  put(records: readonly OutgoingRecord[], signal: AbortSignal): Promise<PutReply>;
}

interface RequestLimits {
  readonly requestRecordsMax: number;
  readonly requestBytesMax: number;
}

export function kinesisDestination(port: KinesisPort, stream: string, request: RequestLimits): Destination {
  return {
    label: `KinesisStream:${streamNameOf(stream)}`,
    streamName: streamNameOf(stream),
    stream,
    requestRecordsMax: Math.min(request.requestRecordsMax, limits.putRecordsCountMax),
    requestBytesMax: Math.min(request.requestBytesMax, limits.putRecordsBytesMax),
    recordBytesMax: limits.kinesisRecordBytesDefault,
    put: (records, signal) => port.putRecords(stream, records, signal),
  };
}

export function firehoseDestination(port: FirehosePort, deliveryStream: string, request: RequestLimits): Destination {
  const label = `DeliveryStream:${streamNameOf(deliveryStream)}`;
  return {
    label,
    streamName: label,
    stream: deliveryStream,
    requestRecordsMax: Math.min(request.requestRecordsMax, limits.putRecordBatchCountMax),
    requestBytesMax: Math.min(request.requestBytesMax, limits.putRecordBatchBytesMax),
    recordBytesMax: limits.firehoseRecordBytesMax,
    put: (records, signal) => port.putRecordBatch(deliveryStream, records, signal),
  };
}

/** The name in a stream's ARN (`arn:aws:kinesis:eu-west-1:111122223333:stream/web-logs`), or the name itself. */
export function streamNameOf(stream: string): string {
  return stream.startsWith('arn:') ? (stream.split('/').at(-1) ?? stream) : stream;
}
