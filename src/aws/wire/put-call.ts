/**
 * One PutRecords or PutRecordBatch, as far as the two are the same: makes the body, sends it, and lets go of its memory,
 * whatever happens.
 */
import type { PutEntry, PutReply } from '../../core/ports.ts';
import type { BodyPool } from './body-pool.ts';
import { BodyStream } from './body-stream.ts';
import type { AwsService } from '../faults/call-context.ts';
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
    // After a success the service has read the whole body. After a failure part of it may still stand in a socket's queue.
    put.pool.give(scratch);
    return output;
  } catch (error) {
    stream.abandon();
    throw error;
  }
}

/**
 * The reply to a request with `sent` records; `read` reads each entry. An answer that is not a list of exactly `sent` entries
 * does not tell which records it is about. The reply is then `ambiguous`: some records may have been accepted.
 */
export function putReply<Entry extends object>(
  service: AwsService,
  { sent, answered }: { readonly sent: number; readonly answered: readonly (Entry | null)[] | undefined },
  read: (entry: Entry) => PutEntry,
): PutReply {
  const answers = Array.isArray(answered) ? answered : [];
  const unclear = (code: string, message: string) => unclearReply(service, sent, { code, message });
  if (answers.length !== sent) return unclear('RecordCountMismatch', `${service} answered ${answers.length} entries to a request with ${sent} records`);
  const entries: PutEntry[] = [];
  for (const [index, entry] of answers.entries()) {
    if (typeof entry !== 'object' || entry === null) return unclear('MalformedAnswer', `${service} answered with something else than an entry for record ${index + 1} of ${sent}`);
    entries.push(textsOf(read(entry)));
  }
  return { kind: 'answered', entries };
}

/** Answers to puts bypass the SDK's reader: some servers write `null` for what an entry does not have, which must not pass for a text. */
function textsOf({ sequenceNumber, shardId, errorCode, errorMessage }: PutEntry): PutEntry {
  return { sequenceNumber: text(sequenceNumber), shardId: text(shardId), errorCode: text(errorCode), errorMessage: text(errorMessage) };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function unclearReply(service: AwsService, sent: number, { code, message }: { readonly code: string; readonly message: string }): PutReply {
  const hint = `All ${sent} records are sent again. If it goes on, what answers at the endpoint is not ${service}.`;
  return { kind: 'failed', fault: { kind: 'ambiguous', code, message, hint } };
}
