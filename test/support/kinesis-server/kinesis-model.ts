/**
 * The streams of one account and region, and the faults that their calls meet. Every front (HTTP in server.ts, none in
 * model-port.ts) makes its calls through `call` and enacts the outcome. What was accepted stands in `stream(name).accepted`,
 * whatever the caller got to know of it.
 */
import type { Clock, OutgoingRecord, PutEntry } from '../../../src/core/ports.ts';
import { ServiceError } from './fault.ts';
import type { Call, Fault, FaultScript } from './fault.ts';
import { Stream } from './stream-model.ts';
import type { StreamOptions } from './stream-model.ts';

/** How much of the answer's body comes; `stalled`: half of it, and then nothing, not even an end. */
export type AnswerBody = 'whole' | 'half' | 'stalled';

/** How a call ends, seen from the service's side of the wire. */
export type Outcome<Value> =
  | { readonly kind: 'answer'; readonly value: Value; readonly body: AnswerBody }
  | { readonly kind: 'refused'; readonly error: ServiceError }
  /** The connection is cut without an answer. */
  | { readonly kind: 'cut'; readonly carriedOut: boolean }
  /** No answer ever. */
  | { readonly kind: 'hang'; readonly carriedOut: boolean }
  /** Nothing happened yet: wait, then go on. */
  | { readonly kind: 'wait'; readonly delayMs: number; readonly goOn: () => Outcome<Value> }
  /** An error page of something in between, such as a proxy. */
  | { readonly kind: 'page'; readonly status: number; readonly contentType: string; readonly body: string };

export class KinesisModel {
  readonly region: string;
  readonly clock: Pick<Clock, 'monotonicMs' | 'wallMs'>;
  /** Asked before every call; replace it at any time. */
  fault: FaultScript = () => undefined;
  readonly #streams = new Map<string, Stream>();
  readonly #numbers = new Map<string, number>();

  constructor(options: { region?: string; clock: Pick<Clock, 'monotonicMs' | 'wallMs'> }) {
    this.region = options.region ?? 'us-east-1';
    this.clock = options.clock;
  }

  createStream(name: string, options: StreamOptions): Stream {
    if (this.#streams.has(name)) throw new ServiceError('ResourceInUseException', `Stream ${name} already exists.`);
    const stream = new Stream(name, this.region, options, this.clock);
    this.#streams.set(name, stream);
    return stream;
  }

  deleteStream(name: string): void {
    this.stream(name);
    this.#streams.delete(name);
  }

  /** The stream of that name or ARN. Throws `ResourceNotFoundException`. */
  stream(nameOrArn: string): Stream {
    const name = streamName(nameOrArn);
    const stream = this.#streams.get(name);
    if (stream !== undefined && (nameOrArn === name || nameOrArn === stream.arn)) return stream;
    throw new ServiceError('ResourceNotFoundException', `Stream ${name} under account 000000000000 not found.`);
  }

  /** How often an operation was called on a stream. */
  calls(operation: string, nameOrArn = ''): number {
    return this.#numbers.get(`${operation} ${streamName(nameOrArn)}`) ?? 0;
  }

  /** PutRecords with its faults. */
  putRecords(nameOrArn: string, records: readonly OutgoingRecord[]): Outcome<readonly PutEntry[]> {
    return this.call({ operation: 'PutRecords', stream: nameOrArn, records }, (fault) => {
      const codeOf = fault?.kind === 'fail-entries' ? fault.codeOf : undefined;
      const entries = this.stream(nameOrArn).putRecords(records, codeOf);
      return fault?.kind === 'short-answer' ? entries.slice(0, -fault.missing) : entries;
    });
  }

  /** Counts the call, asks the fault script, carries `work` out unless the fault forbids it. */
  call<Value>(call: Omit<Call, 'number'>, work: (fault: Fault | undefined) => Value): Outcome<Value> {
    const stream = streamName(call.stream);
    const key = `${call.operation} ${stream}`;
    const number = (this.#numbers.get(key) ?? 0) + 1;
    this.#numbers.set(key, number);
    const fault = this.fault({ ...call, stream, number });
    if (fault?.kind === 'slow') {
      return { kind: 'wait', delayMs: fault.delayMs, goOn: () => attempt(undefined, work) };
    }
    return attempt(fault, work);
  }
}

/** The name in a stream's name or ARN. */
export function streamName(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? (nameOrArn.split('/')[1] ?? '') : nameOrArn;
}

function attempt<Value>(fault: Fault | undefined, work: (fault: Fault | undefined) => Value): Outcome<Value> {
  switch (fault?.kind) {
    case 'refuse':
      return { kind: 'refused', error: new ServiceError(fault.code, fault.message ?? fault.code, fault.status) };
    case 'cut':
      return { kind: 'cut', carriedOut: false };
    case 'page':
      return {
        kind: 'page',
        status: fault.status,
        contentType: fault.contentType ?? 'text/html',
        body: fault.body ?? '<html><body><h1>Service temporarily unavailable</h1></body></html>',
      };
    case 'hang':
      if (!fault.carriedOut) return { kind: 'hang', carriedOut: false };
      break;
    default:
  }
  try {
    const value = work(fault);
    if (fault?.kind === 'lose-answer') return { kind: 'cut', carriedOut: true };
    if (fault?.kind === 'hang') return { kind: 'hang', carriedOut: true };
    return { kind: 'answer', value, body: bodyOf(fault) };
  } catch (error) {
    if (error instanceof ServiceError) return { kind: 'refused', error };
    throw error;
  }
}

function bodyOf(fault: Fault | undefined): AnswerBody {
  if (fault?.kind === 'half-answer') return 'half';
  return fault?.kind === 'stalled-answer' ? 'stalled' : 'whole';
}
