/**
 * One PutRecords or PutRecordBatch: makes the body, sends it, and sees to it that its memory is let go of, whatever
 * comes. What is the same for both services.
 */
import type { PutReply } from '../core/ports.ts';
import type { BodyPool } from './body-pool.ts';
import { BodyStream } from './body-stream.ts';
import type { AwsService } from './call-context.ts';
import type { PutRequest } from './put-request.ts';
import { payloadOf } from './record-protocol.ts';
import type { Payload } from './record-protocol.ts';
import { createBody } from './request-body.ts';
import type { Wire } from './request-body.ts';

/**
 * Calls `send` with the member that carries the body of `request`, to be spread into the command's input. Settles as
 * `send` does; from then on nothing reads the records' memory.
 */
export async function sendBody<Output>(
  put: { readonly wire: Wire; readonly request: PutRequest; readonly pool: BodyPool },
  send: (carrier: { readonly [payloadOf]: Payload }) => Promise<Output>,
): Promise<Output> {
  const { body, scratch } = createBody(put.wire, put.request, put.pool);
  const stream = new BodyStream(body);
  try {
    const output = await send({ [payloadOf]: { wire: put.wire, body, stream } });
    // Answered with success: the service has read all of it. After a failure some of it may still stand in a queue.
    put.pool.give(scratch);
    return output;
  } catch (error) {
    stream.abandon();
    throw error;
  }
}

/** The answer has more or fewer entries than the request: which records it speaks of is not known. */
export function countMismatch(service: AwsService, sent: number, answered: number): PutReply {
  return {
    kind: 'failed',
    fault: {
      kind: 'ambiguous',
      code: 'RecordCountMismatch',
      message: `${service} answered ${answered} entries to a request with ${sent} records`,
      hint: `All ${sent} records are sent again. If it goes on, what answers at the endpoint is not ${service}.`,
    },
  };
}
