/** What can be set about aggregating, batching and retrying. */
import * as z from 'zod';
import { limits } from '../core/limits.ts';
import { choice, described, group, size, whole } from '../core/settings-field.ts';

/** How records are packed into one Kinesis record. */
export type AggregationFormat = 'kpl' | 'newline' | 'none';

/** Keys of one flow. */
export const producerFlowFields = {
  recordMaxBufferedTimeMillis: whole('milliseconds', {
    description:
      'A record is sent at the latest this long after it was read. For files that are written to faster than the agent looks at them, the time before the read counts, too. Longer means fuller Kinesis records and fewer requests. Default 100.',
    min: 0,
    max: 900_000,
    example: 100,
  }).optional(),
  maxBufferAgeMillis: whole('milliseconds', {
    description: 'The Java agent’s name for recordMaxBufferedTimeMillis.',
    min: 0,
    max: 900_000,
  }).optional(),
  aggregation: group(
    {
      format: choice(['kpl', 'newline', 'none'], {
        description:
          'kpl: the format of the Kinesis Producer Library, which the KCL takes apart by itself; newline: whole lines one after another, all of one partition key; none: one line, one record. Default kpl for streams, none for delivery streams.',
      }).optional(),
      recordBytesMax: size({
        description: 'A Kinesis record is filled up to this size. Default 51200.',
        min: limits.aggregatedRecordBytesMin,
        max: limits.kinesisRecordBytesMax,
        example: 51_200,
      }).optional(),
    },
    { description: 'How lines are packed into one Kinesis record.', example: { format: 'kpl', recordBytesMax: 51_200 } },
  ).optional(),
  aggregatedRecordSizeBytes: size({
    description:
      'Delivery streams only, the Java agent’s name: whole lines are packed into records of up to this size; 0 packs nothing.',
    min: 0,
    max: limits.firehoseRecordBytesMax,
    example: 5120,
  }).optional(),
  truncatedRecordTerminator: described(
    z.string(),
    { description: 'Put at the end of a record that was cut (oversizeRecords: truncate), of a line that lineBytesMax cuts, too; may be empty.', example: '\n' },
    'text',
  ).default('\n'),
  retryInitialBackoffMillis: whole('milliseconds', {
    description: 'Longest wait before the first retry of a refused record; it doubles with every further retry. The wait is random below it.',
    min: 0,
    max: 60_000,
  }).default(100),
  retryMaxBackoffMillis: whole('milliseconds', {
    description: 'Longest wait between two tries.',
    min: 0,
    max: 900_000,
  }).default(10_000),
};

const flowSchema = z.object(producerFlowFields);
type FlowFields = Readonly<z.output<typeof flowSchema>>;
/** As the producer takes it: aliases folded, defaults by destination applied. */
export type ProducerSettings = Omit<
  FlowFields,
  'recordMaxBufferedTimeMillis' | 'maxBufferAgeMillis' | 'aggregation' | 'aggregatedRecordSizeBytes'
> & {
  readonly recordMaxBufferedTimeMillis: number;
  readonly aggregation: { readonly format: AggregationFormat; readonly recordBytesMax: number };
};
