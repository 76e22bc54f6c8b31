import { expect, test } from 'vitest';
import type { FaultKind } from '../../../src/core/errors.ts';
import type { PutEntry, PutReply } from '../../../src/core/ports.ts';
import { hashKeyOfNumber } from '../../../src/producer/shards/hash-key.ts';
import { judgePut, placementOf } from '../../../src/producer/sending/put-result.ts';

function failed(kind: FaultKind): PutReply {
  return { kind: 'failed', fault: { kind, code: 'Code', message: 'message', hint: 'hint' } };
}

test.each<[string, PutEntry, string]>([
  ['a sequence number', { sequenceNumber: '1', shardId: 's' }, 'accepted'],
  ['a sequence number without a shard, as Firehose answers', { sequenceNumber: 'id' }, 'accepted'],
  ['an empty sequence number', { sequenceNumber: '', shardId: 's' }, 'failed'],
  ['nothing at all', {}, 'failed'],
  ['a sequence number and an empty error code', { sequenceNumber: '1', errorCode: '' }, 'accepted'],
  ['a sequence number and an error code', { sequenceNumber: '1', errorCode: 'InternalFailure' }, 'failed'],
  ['a shard over its limit', { errorCode: 'ProvisionedThroughputExceededException' }, 'throttled'],
  ['a delivery stream over its limit', { errorCode: 'ServiceUnavailableException' }, 'throttled'],
  ['a failure of the service', { errorCode: 'InternalFailure' }, 'failed'],
  ['a code nobody knows', { errorCode: 'Whatever' }, 'failed'],
  ['a record that breaks a rule', { errorCode: 'InvalidArgumentException' }, 'invalid'],
])('an entry with %s: %s', (_title, entry, verdict) => {
  const reply: PutReply = { kind: 'answered', entries: [{ sequenceNumber: '9' }, entry] };
  expect(judgePut(reply, 2)).toEqual({ kind: 'entries', verdicts: ['accepted', verdict] });
});

test.each<[FaultKind, object]>([
  ['transient', { kind: 'again', repeats: false, throttled: false }],
  ['expired-credentials', { kind: 'again', repeats: false, throttled: false }],
  ['throttled', { kind: 'again', repeats: false, throttled: true }],
  ['ambiguous', { kind: 'again', repeats: true, throttled: false }],
  ['blocked', { kind: 'blocked' }],
  ['invalid', { kind: 'divided' }],
  ['too-large', { kind: 'divided' }],
])('a call that failed as %s', (kind, verdict) => {
  expect(judgePut(failed(kind), 3)).toMatchObject(verdict);
});

test.each([
  [0, 1],
  [1, 2],
  [3, 2],
])('%i entries for %i records: nothing counts, all go again', (entryCount, recordCount) => {
  const entries = Array.from({ length: entryCount }, () => ({ sequenceNumber: '1' }));
  expect(judgePut({ kind: 'answered', entries }, recordCount)).toMatchObject({
    kind: 'again',
    repeats: true,
    fault: { code: 'RecordCountMismatch' },
  });
});

const at = (value: bigint) => hashKeyOfNumber(value);
test.each<[string, [bigint, bigint], [bigint, bigint] | undefined, string]>([
  ['all within', [5n, 9n], [0n, 100n], 'inside'],
  ['on both edges', [0n, 100n], [0n, 100n], 'inside'],
  ['the lowest below', [4n, 9n], [5n, 100n], 'outside'],
  ['the highest above', [5n, 101n], [5n, 100n], 'outside'],
  ['numbers are compared, not their digits', [9n, 10n], [9n, 10n], 'inside'],
  ['an unknown shard', [5n, 9n], undefined, 'unknown'],
  ['one hash key, an unknown shard', [5n, 5n], undefined, 'inside'],
  ['one hash key, a shard that was listed with other ones', [5n, 5n], [6n, 100n], 'inside'],
])('placement: %s', (_title, [lowest, highest], range, placement) => {
  const shard = range === undefined ? undefined : { start: at(range[0]), end: at(range[1]) };
  expect(placementOf({ lowest: at(lowest), highest: at(highest) }, shard)).toBe(placement);
});
