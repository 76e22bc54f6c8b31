/**
 * Which wire format an endpoint gets: CBOR where the endpoint speaks it, else JSON (test servers, gateways).
 *
 * A ListShards in CBOR decides this once, before the first record is sent. So no record is ever sent in a format that the
 * endpoint may not understand, and none is sent twice because an answer could not be read. The endpoint speaks CBOR when
 * its answer, or its refusal, comes in good CBOR. JSON is chosen only when a ListShards in JSON works.
 */
import { ListShardsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient, ListShardsCommandInput, ListShardsCommandOutput } from '@aws-sdk/client-kinesis';
import { errorFacts } from '../faults/error-facts.ts';
import { answeredIn, wireOf } from './record-protocol.ts';
import type { WireInput, WireOutput } from './record-protocol.ts';
import type { Wire } from './request-body.ts';

/** Refusals by which an endpoint says that it did not understand the request. */
const NOT_UNDERSTOOD = new Set(['SerializationException', 'UnknownOperationException', 'UnsupportedMediaTypeException', 'Unknown', 'UnknownError']);

export interface WireQuestion {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly signal: AbortSignal;
}

export class WireChoice {
  readonly #onFallback: (reason: string) => void;
  #wire: Wire | undefined;
  #asking: Promise<Wire> | undefined;

  /** `onFallback` hears, once, why CBOR is not used. */
  constructor(options: { protocol: 'auto' | Wire; onFallback: (reason: string) => void }) {
    this.#wire = options.protocol === 'auto' ? undefined : options.protocol;
    this.#onFallback = options.onFallback;
  }

  /** The format for records. Rejects with the error of the call when the endpoint cannot be asked. */
  async choose(question: WireQuestion): Promise<Wire> {
    if (this.#wire !== undefined) return this.#wire;
    this.#asking ??= this.#ask(question).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #ask(question: WireQuestion): Promise<Wire> {
    const inCbor = await attempt(question, 'cbor');
    if (inCbor.spoken) return (this.#wire = 'cbor');
    if (!inCbor.answered) throw inCbor.error;
    const inJson = await attempt(question, 'json');
    if (!inJson.spoken) throw inCbor.error;
    this.#onFallback(errorFacts(inCbor.error).message);
    return (this.#wire = 'json');
  }
}

interface Attempt {
  /** The endpoint answered in the format, if only to refuse. */
  readonly spoken: boolean;
  /** Something answered, if perhaps not in a readable form; what began to answer and stopped may do better next time. */
  readonly answered: boolean;
  readonly error: unknown;
}

async function attempt(question: WireQuestion, wire: Wire): Promise<Attempt> {
  const name = question.stream.startsWith('arn:') ? { StreamARN: question.stream } : { StreamName: question.stream };
  const input: ListShardsCommandInput & WireInput = { ...name, MaxResults: 1, [wireOf]: wire };
  try {
    const output: ListShardsCommandOutput & WireOutput = await question.client.send(new ListShardsCommand(input), {
      abortSignal: question.signal,
    });
    const spoken = output[answeredIn] === wire && Array.isArray(output.Shards);
    return { spoken, answered: true, error: new Error(`an answer in ${output[answeredIn] ?? 'no known format'} without shards`) };
  } catch (error) {
    const facts = errorFacts(error);
    const said = facts.contentType.includes(wire) && !facts.unparsable && !NOT_UNDERSTOOD.has(facts.code);
    return { spoken: said && (facts.status ?? 500) < 500, answered: facts.status !== undefined && facts.name !== 'TimeoutError', error };
  }
}
