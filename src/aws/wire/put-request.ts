/** A PutRecords or PutRecordBatch request, before it is encoded. */
import type { OutgoingRecord } from '../../core/ports.ts';

export interface PutRequest {
  readonly operation: 'PutRecords' | 'PutRecordBatch';
  /** Name, or (PutRecords) ARN. */
  readonly stream: string;
  readonly records: readonly OutgoingRecord[];
}

/** The member of the request that names the stream. Source: API references of PutRecords and PutRecordBatch. */
export function streamMember(request: PutRequest): string {
  if (request.operation === 'PutRecordBatch') return 'DeliveryStreamName';
  return request.stream.startsWith('arn:') ? 'StreamARN' : 'StreamName';
}
