/**
 * The model as a `KinesisPort`, without a network, for tests and benchmarks of the producer. Faults are enacted as the real
 * port reports them (same classification); latency and time-outs pass on the injected clock.
 */
import { serviceFault } from '../../../src/aws/faults/service-fault.ts';
import { assertNever } from '../../../src/core/assert.ts';
import type {
  Clock,
  KinesisPort,
  OutgoingRecord,
  PutReply,
  ShardsReply,
  StreamFactsReply,
} from '../../../src/core/ports.ts';
import type { ServiceFault } from '../../../src/core/errors.ts';
import type { KinesisModel, Outcome } from './kinesis-model.ts';

export interface ModelPortOptions {
  readonly model: KinesisModel;
  readonly clock: Clock;
  /** Asked twice for every call: the time to the service, and the time back. Default: none. */
  readonly latencyMs?: () => number;
  /** After this long without an answer a call fails as the real port's does. */
  readonly requestTimeoutMs?: number;
  /** Called when a PutRecords reaches the service, before its fault, so that tests can see what is in flight. */
  readonly onPutRecords?: (stream: string, records: readonly OutgoingRecord[]) => void;
}

type Ended<Value> = { readonly kind: 'answered'; readonly value: Value } | { readonly kind: 'failed'; readonly fault: ServiceFault };

export class ModelKinesisPort implements KinesisPort {
  readonly #options: ModelPortOptions;

  constructor(options: ModelPortOptions) {
    this.#options = options;
  }

  async putRecords(stream: string, records: readonly OutgoingRecord[], signal: AbortSignal): Promise<PutReply> {
    const ended = await this.#call('PutRecords', stream, signal, () => {
      this.#options.onPutRecords?.(stream, records);
      return this.#options.model.putRecords(stream, records);
    });
    if (ended.kind === 'failed') return ended;
    if (ended.value.length === records.length) return { kind: 'answered', entries: ended.value };
    return { kind: 'failed', fault: { ...AMBIGUOUS, code: 'RecordCountMismatch', message: 'an entry is missing' } };
  }

  async listShards(stream: string, signal: AbortSignal): Promise<ShardsReply> {
    const ended = await this.#control('ListShards', stream, signal, () =>
      this.#options.model
        .stream(stream)
        .listedShards(false)
        .map(({ shard, closed }) => ({
          shardId: shard.shardId,
          startHashKey: shard.startHashKey,
          endHashKey: shard.endHashKey,
          closed,
        })),
    );
    return ended.kind === 'failed' ? ended : { kind: 'answered', shards: ended.value };
  }

  async describeStream(stream: string, signal: AbortSignal): Promise<StreamFactsReply> {
    const ended = await this.#control('DescribeStreamSummary', stream, signal, () => {
      const found = this.#options.model.stream(stream);
      return {
        recordBytesMax: found.recordBytesMax,
        mode: found.options.mode === 'ON_DEMAND' ? ('on-demand' as const) : ('provisioned' as const),
        distribution: found.distribution === 'AUTO' ? ('auto' as const) : ('partition-key' as const),
      };
    });
    return ended.kind === 'failed' ? ended : { kind: 'answered', facts: ended.value };
  }

  #control<Value>(operation: string, stream: string, signal: AbortSignal, work: () => Value): Promise<Ended<Value>> {
    return this.#call(operation, stream, signal, () =>
      this.#options.model.call({ operation, stream, records: [] }, work),
    );
  }

  async #call<Value>(
    operation: string,
    target: string,
    signal: AbortSignal,
    work: () => Outcome<Value>,
  ): Promise<Ended<Value>> {
    const { clock, model } = this.#options;
    const context = { service: 'Kinesis', operation, target, region: model.region, endpoint: 'the simulation' } as const;
    const failed = (error: unknown) => ({ kind: 'failed', fault: serviceFault(error, context) }) as const;
    const aborted = () => failed(Object.assign(new Error('aborted'), { name: 'AbortError' }));
    const cut = () => failed(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    await this.#latency(signal);
    if (signal.aborted) return aborted();
    let outcome = work();
    while (outcome.kind === 'wait') {
      await clock.sleep(outcome.delayMs, signal);
      if (signal.aborted) return aborted();
      outcome = outcome.goOn();
    }
    if (outcome.kind === 'hang' || (outcome.kind === 'answer' && outcome.body === 'stalled')) {
      await clock.sleep(this.#options.requestTimeoutMs ?? 6000, signal);
      if (signal.aborted) return aborted();
      const message = '@smithy/node-http-handler - [ERROR] a request has exceeded the configured requestTimeout.';
      return failed(Object.assign(new Error(message), { name: 'TimeoutError', code: 'ETIMEDOUT' }));
    }
    await this.#latency(signal);
    if (signal.aborted) return aborted();
    switch (outcome.kind) {
      case 'answer':
        return outcome.body === 'half' ? failed(answer(200, 'application/x-amz-json-1.1')) : { kind: 'answered', value: outcome.value };
      case 'refused': {
        const { code, message, status } = outcome.error;
        return failed(Object.assign(answer(status, 'application/x-amz-json-1.1'), { name: code, message, $fault: 'client' }));
      }
      case 'cut':
        return cut();
      case 'page':
        return failed(answer(outcome.status, outcome.contentType));
      default:
        return assertNever(outcome);
    }
  }

  async #latency(signal: AbortSignal): Promise<void> {
    const delayMs = this.#options.latencyMs?.() ?? 0;
    if (delayMs > 0) await this.#options.clock.sleep(delayMs, signal);
  }
}

const AMBIGUOUS = { kind: 'ambiguous', hint: 'The call is made again.' } as const;

/** An error as the SDK throws it for an answer that it cannot read. */
function answer(statusCode: number, contentType: string): Error {
  return Object.assign(new SyntaxError('Unexpected token'), {
    $response: { statusCode, headers: { 'content-type': contentType } },
  });
}
