import { RecordBatch } from '../../../src/core/record-batch.ts';

/** A batch that holds these records one after another. */
export function batchOf(...records: readonly (string | Buffer)[]): RecordBatch {
  const parts = records.map((record) => Buffer.from(record));
  const batch = new RecordBatch();
  batch.reset(Buffer.concat(parts));
  let position = 0;
  for (const part of parts) {
    batch.push(position, position + part.length, position, part.length);
    position += part.length;
  }
  return batch;
}

/** The records of a batch as text. */
export function textsOf(batch: RecordBatch): string[] {
  return Array.from({ length: batch.count }, (_, index) => batch.record(index).toString('utf8'));
}
