import { expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { events } from '../../../src/telemetry/events.ts';

test.each([
  { to: 'a stream with the default', limitBytes: limits.kinesisRecordBytesDefault - 36, policy: 'truncate', advice: "raise the stream's MaxRecordSizeInKiB (up to 10240) if it should go whole: the agent notices within minutes" },
  { to: 'a stream, with the longest key', limitBytes: limits.kinesisRecordBytesDefault - 4 * limits.partitionKeyCharsMax - 1, policy: 'drop', advice: "raise the stream's MaxRecordSizeInKiB (up to 10240) if it should go whole: the agent notices within minutes" },
  { to: 'a delivery stream', limitBytes: limits.firehoseRecordBytesMax, policy: 'truncate', advice: 'a delivery stream never takes more (1000 KiB); oversizeRecords: split sends all of it, in pieces' },
  { to: 'a delivery stream that gets whole lines', limitBytes: limits.firehoseRecordBytesMax - 1, policy: 'split', advice: 'a delivery stream never takes more (1000 KiB)' },
  { to: 'a stream that cannot be described', limitBytes: limits.kinesisRecordBytesDefault - 36, policy: 'truncate', isAssumed: true, advice: 'the limit is assumed, since the stream cannot be described: allow kinesis:DescribeStreamSummary, the agent asks again by itself' },
])('a record that is too large for $to is reported with what can be done there', ({ limitBytes, policy, advice, isAssumed = false }) => {
  const sentence = events.recordOversize.message({ flow: 'web', bytes: 20_000_000, limitBytes, policy, isAssumed });
  expect(sentence).toBe(`a record of 20000000 bytes is larger than its destination takes (${limitBytes}), so oversizeRecords: ${policy} was applied; ${advice}`);
});
