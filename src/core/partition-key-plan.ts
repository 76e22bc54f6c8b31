/**
 * How the partition key of a record is made, as the producer needs to know it. Made by `route/partition-key.ts`.
 * `keyOf` returns `undefined` where a record gives no usable key (missing, empty, over 256 characters): it gets a random one.
 */
import type { BatchSource } from './pipeline.ts';
import type { RecordBatch } from './record-batch.ts';

export type PartitionKeyPlan =
  /** No order is promised; the producer makes one key for each Kinesis record. */
  | { readonly kind: 'random' }
  /** All records of a batch have the same key. */
  | { readonly kind: 'per-batch'; readonly keyOf: (source: BatchSource) => string | undefined }
  /** `keyOf` is called for the records of a batch in their order, beginning with the first. */
  | { readonly kind: 'per-record'; readonly keyOf: (batch: RecordBatch, index: number) => string | undefined };
