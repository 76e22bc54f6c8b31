/**
 * Firehose through the SDK, with the same guarantees as the Kinesis port. It speaks JSON only; a record has neither
 * key nor shard, so an accepted entry's record id stands where Kinesis has a sequence number. The SDK's client is
 * loaded with the first call: it costs 6 MB that a config without delivery streams does not need.
 */
import type { FirehoseClient, PutRecordBatchCommandInput } from '@aws-sdk/client-firehose';
import type { FirehosePort, OutgoingRecord, PutReply } from '../core/ports.ts';
import type { BodyPool } from './wire/body-pool.ts';
import { putReply, sendBody } from './wire/put-call.ts';
import type { WireInput } from './wire/record-protocol.ts';
import type { ServiceAccess } from './access/service-access.ts';

export class SdkFirehosePort implements FirehosePort {
  readonly #access: ServiceAccess<FirehoseClient>;
  readonly #bodies: BodyPool;

  constructor(options: { access: ServiceAccess<FirehoseClient>; bodies: BodyPool }) {
    this.#access = options.access;
    this.#bodies = options.bodies;
  }

  async putRecordBatch(
    deliveryStream: string,
    records: readonly OutgoingRecord[],
    signal: AbortSignal,
  ): Promise<PutReply> {
    const stream = nameOf(deliveryStream);
    const answer = await this.#access.call({ operation: 'PutRecordBatch', target: deliveryStream, signal }, async ({ client }) => {
      const request = { operation: 'PutRecordBatch', stream, records } as const;
      const { PutRecordBatchCommand } = await import('@aws-sdk/client-firehose');
      const output = await sendBody({ wire: 'json', request, pool: this.#bodies }, (carrier) => {
        const input: PutRecordBatchCommandInput & WireInput = { DeliveryStreamName: stream, Records: [], ...carrier };
        return client.send(new PutRecordBatchCommand(input), { abortSignal: signal });
      });
      return output.RequestResponses;
    });
    if (answer.kind === 'failed') return answer;
    return putReply('Firehose', { sent: records.length, answered: answer.value }, (entry) => ({
      sequenceNumber: entry.RecordId,
      errorCode: entry.ErrorCode,
      errorMessage: entry.ErrorMessage,
    }));
  }
}

/** Calls take names only; an ARN serves to find the region. */
function nameOf(deliveryStream: string): string {
  return deliveryStream.startsWith('arn:') ? (deliveryStream.split('/')[1] ?? deliveryStream) : deliveryStream;
}
