/**
 * One client of one service, made when first needed and shared by every flow with the same settings. It also knows
 * everything that a message about its calls has to name.
 */
import type { ServiceFault } from '../../core/errors.ts';
import { abortable } from '../network/abortable.ts';
import type { AwsService, CallContext } from '../faults/call-context.ts';
import type { Credentials } from './credentials.ts';
import type { Region } from './region.ts';
import { doubtOf, serviceFault } from '../faults/service-fault.ts';

export interface OpenClient<Client> {
  readonly client: Client;
  readonly region: Region;
  readonly credentials: Credentials;
  /** Endpoint of the last call, else the one expected; with the proxy on the way. For messages. */
  endpoint: string;
}

export interface ServiceCall {
  readonly operation: string;
  /** Name or ARN of the stream; empty where the call is about none. */
  readonly target: string;
  /** Ends the wait for the client and its credentials. `work` has to heed the signal itself. */
  readonly signal: AbortSignal;
}

export type Answer<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | { readonly kind: 'failed'; readonly fault: ServiceFault };

export class ServiceAccess<Client extends { destroy(): void }> {
  readonly #service: AwsService;
  readonly #open: () => Promise<OpenClient<Client>>;
  #opening: Promise<OpenClient<Client>> | undefined;
  #opened: OpenClient<Client> | undefined;

  constructor(service: AwsService, open: () => Promise<OpenClient<Client>>) {
    this.#service = service;
    this.#open = open;
  }

  /** The client. Rejects with `AccessError` while it cannot be made; the next call tries again. */
  async open(): Promise<OpenClient<Client>> {
    if (this.#opened !== undefined) return this.#opened;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    this.#opened = await this.#opening;
    return this.#opened;
  }

  /**
   * Makes a call; whatever `work` throws becomes a fault. Never rejects. Credentials are fetched before `work` begins: while a
   * source of credentials takes its time, no request is made and no memory is held for one.
   */
  async call<Value>(call: ServiceCall, work: (open: OpenClient<Client>) => Promise<Value>): Promise<Answer<Value>> {
    try {
      const open = this.#opened ?? (await abortable(this.open(), call.signal));
      await abortable(open.credentials.get(), call.signal);
      return { kind: 'answered', value: await work(open) };
    } catch (error) {
      const fault = serviceFault(error, this.#context(call));
      const doubt = doubtOf(fault);
      if (doubt === 'keys') this.#opened?.credentials.doubt();
      if (doubt === 'rights') this.#opened?.credentials.renew();
      return { kind: 'failed', fault };
    }
  }

  /** Ends the client's connections. */
  close(): void {
    this.#opened?.client.destroy();
  }

  #context({ operation, target }: ServiceCall): CallContext {
    return {
      operation,
      target,
      service: this.#service,
      region: this.#opened?.region.name ?? 'an unknown region',
      endpoint: this.#opened?.endpoint ?? this.#service,
    };
  }
}
