/**
 * Which PutRecords requests are refused as a whole. Source: PutRecords and PutRecordsRequestEntry in the Kinesis API
 * reference, quotas page; the errors are worded as the service (and kinesalite) words them.
 */
import { limits } from '../../../src/core/limits.ts';
import type { OutgoingRecord } from '../../../src/core/ports.ts';
import { ServiceError } from './fault.ts';
import { parseHashKey } from './hash-key.ts';

/** Bytes of the partition key as the service counts them. */
export function keyBytes(record: OutgoingRecord): number {
  return Buffer.byteLength(record.partitionKey, 'utf8');
}

function violation(member: string, constraint: string): ServiceError {
  return new ServiceError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${constraint}`,
  );
}

/** Throws the `ServiceError` that the service would answer, if any. `keyless`: partition keys may be empty (AUTO). */
export function checkPutRecords(
  records: readonly OutgoingRecord[],
  stream: { readonly recordBytesMax: number; readonly keyless: boolean },
): void {
  if (records.length === 0) throw violation('records', 'have length greater than or equal to 1');
  if (records.length > limits.putRecordsCountMax) {
    throw violation('records', `have length less than or equal to ${limits.putRecordsCountMax}`);
  }
  let requestBytes = 0;
  for (const [index, record] of records.entries()) {
    const member = `records.${index + 1}.member`;
    if (record.partitionKey.length === 0 && !stream.keyless) {
      throw violation(`${member}.partitionKey`, 'have length greater than or equal to 1');
    }
    if (record.partitionKey.length > limits.partitionKeyCharsMax) {
      throw violation(`${member}.partitionKey`, `have length less than or equal to ${limits.partitionKeyCharsMax}`);
    }
    if (record.explicitHashKey !== undefined && parseHashKey(record.explicitHashKey) === undefined) {
      const message = `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${record.explicitHashKey}`;
      throw new ServiceError('InvalidArgumentException', message);
    }
    const recordBytes = record.end - record.start + keyBytes(record);
    if (recordBytes > stream.recordBytesMax) {
      throw violation(`${member}.data`, `have length less than or equal to ${stream.recordBytesMax}`);
    }
    requestBytes += recordBytes;
  }
  if (requestBytes > limits.putRecordsBytesMax) {
    throw new ServiceError('InvalidArgumentException', 'Records size exceeds 10 MB limit');
  }
}
