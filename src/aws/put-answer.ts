/** What the ports of Kinesis and Firehose say about answers that do not fit their request. */
import type { PutReply } from '../core/ports.ts';
import type { AwsService } from './call-context.ts';

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
