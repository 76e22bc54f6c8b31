/** Kinesis and Firehose that accept everything and hand each record on to be looked at: nothing leaves the process. */
import { limits } from '../../core/limits.ts';
import type { FirehosePort, KinesisPort, OutgoingRecord, PutReply } from '../../core/ports.ts';

const shardId = 'shardId-000000000000';

export interface AcceptingPorts {
  readonly kinesis: KinesisPort;
  readonly firehose: FirehosePort;
}

/** `onRecord` gets every record as it would stand in a request; it must copy what it keeps. */
export function acceptingPorts(
  recordBytesMax: number,
  onRecord: (stream: string, record: OutgoingRecord) => void,
): AcceptingPorts {
  let sequence = 0;
  const put = (stream: string, records: readonly OutgoingRecord[]): Promise<PutReply> => {
    for (const record of records) onRecord(stream, record);
    const entries = records.map(() => {
      sequence += 1;
      return { sequenceNumber: String(sequence), shardId };
    });
    return Promise.resolve({ kind: 'answered', entries });
  };
  return {
    kinesis: {
      putRecords: put,
      listShards: () =>
        Promise.resolve({
          kind: 'answered',
          shards: [{ shardId, startHashKey: 0n, endHashKey: (1n << 128n) - 1n, closed: false }],
        }),
      describeStream: () =>
        Promise.resolve({
          kind: 'answered',
          facts: {
            recordBytesMax: Math.max(limits.kinesisRecordBytesDefault, recordBytesMax),
            mode: 'unknown',
            distribution: 'partition-key',
          },
        }),
    },
    firehose: { putRecordBatch: put },
  };
}
