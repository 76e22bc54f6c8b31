/**
 * What an answer to PutRecords or PutRecordBatch means for the records of the request. Pure.
 *
 * Guarantees: a record counts as accepted only with a sequence number of its own and no error code, in an answer that has exactly
 * one entry for each record. Source: PutRecords and PutRecordBatch in the API references ("records that failed have an ErrorCode"; success
 * has a SequenceNumber, for Firehose a RecordId, which the Firehose port hands on in the same place).
 */
import { assertNever } from '../../core/assert.ts';
import type { ServiceFault } from '../../core/errors.ts';
import type { PutEntry, PutReply } from '../../core/ports.ts';
import type { HashKey } from '../shards/hash-key.ts';

export type EntryVerdict =
  | 'accepted'
  /** The shard's rate is exceeded. */
  | 'throttled'
  /** The service failed: the record is sent again later. */
  | 'failed'
  /** The service will never take the record as it is. */
  | 'invalid';

export type PutVerdict =
  | { readonly kind: 'entries'; readonly verdicts: readonly EntryVerdict[] }
  /** Every record is sent again. `repeats`: some may have been accepted all the same. */
  | { readonly kind: 'again'; readonly repeats: boolean; readonly throttled: boolean; readonly fault: ServiceFault }
  /** Nothing is accepted until a person acts. */
  | { readonly kind: 'blocked'; readonly fault: ServiceFault }
  /** One of the records is to blame, or all of them together: the request is sent in parts. */
  | { readonly kind: 'divided'; readonly fault: ServiceFault };

const throttleCodes: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  // Firehose: "the service is unavailable [...] you have exceeded the throughput limits for the delivery stream".
  'ServiceUnavailableException',
  'ThrottlingException',
  'LimitExceededException',
]);
const invalidCodes: ReadonlySet<string> = new Set(['InvalidArgumentException', 'ValidationException']);

/** What `reply` says about a request of `recordCount` records. */
export function judgePut(reply: PutReply, recordCount: number): PutVerdict {
  if (reply.kind === 'answered') {
    if (reply.entries.length === recordCount) return { kind: 'entries', verdicts: reply.entries.map(judgeEntry) };
    return { kind: 'again', repeats: true, throttled: false, fault: mismatch(reply.entries.length, recordCount) };
  }
  const { fault } = reply;
  switch (fault.kind) {
    case 'transient':
    case 'expired-credentials':
      return { kind: 'again', repeats: false, throttled: false, fault };
    case 'throttled':
      return { kind: 'again', repeats: false, throttled: true, fault };
    case 'ambiguous':
      return { kind: 'again', repeats: true, throttled: false, fault };
    case 'blocked':
      return { kind: 'blocked', fault };
    case 'invalid':
    case 'too-large':
      return { kind: 'divided', fault };
    default:
      return assertNever(fault.kind);
  }
}

function judgeEntry(entry: PutEntry): EntryVerdict {
  const code = entry.errorCode ?? '';
  // An entry that says both is not believed: a copy too many does less harm than a record too few.
  if (code === '' && entry.sequenceNumber !== undefined && entry.sequenceNumber !== '') return 'accepted';
  if (throttleCodes.has(code)) return 'throttled';
  return invalidCodes.has(code) ? 'invalid' : 'failed';
}

function mismatch(entryCount: number, recordCount: number): ServiceFault {
  return {
    kind: 'ambiguous',
    code: 'RecordCountMismatch',
    message: `the answer has ${entryCount} entries for ${recordCount} records`,
    hint: 'all of them are sent again; look for a proxy or an endpoint that is not Kinesis between this host and AWS',
  };
}

/** Where an aggregate's hash keys lie with respect to the shard that took it. The KCL hands out the aggregate only if all are inside. */
export type Placement = 'inside' | 'outside' | 'unknown';

/**
 * Where the hash keys of an aggregate's user records, all in [lowest, highest], lie with respect to the shard that took
 * it. A consumer drops an aggregate as a whole when one of them is outside (KCL, AggregatorUtil.deaggregate). Where all user
 * records have one hash key, the service chose the shard by it: that key is inside, even where nothing is known of the shard.
 */
export function placementOf(
  hashKeys: { readonly lowest: HashKey; readonly highest: HashKey },
  shard: { readonly start: HashKey; readonly end: HashKey } | undefined,
): Placement {
  if (hashKeys.lowest === hashKeys.highest) return 'inside';
  if (shard === undefined) return 'unknown';
  return hashKeys.lowest >= shard.start && hashKeys.highest <= shard.end ? 'inside' : 'outside';
}

/** What the service says about one entry that it will never take. */
export function entryFault(entry: PutEntry): ServiceFault {
  return {
    kind: 'invalid',
    code: entry.errorCode ?? 'Unknown',
    message: entry.errorMessage ?? 'no message',
    hint: 'the record itself is to blame',
  };
}

/** Why the service failed to take one entry. This says nothing against the entry's record. */
export function failedEntryFault(entry: PutEntry): ServiceFault {
  return {
    kind: 'transient',
    code: entry.errorCode ?? 'Unknown',
    message: entry.errorMessage ?? 'no message',
    hint: 'the service answers and takes no record: it has trouble of its own, see the AWS Health Dashboard (or the log of what stands at the endpoint)',
  };
}
