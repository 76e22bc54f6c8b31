/**
 * An HTTP service on a free port of 127.0.0.1, or of another address of this machine. It keeps every request that it gets and
 * answers what `respond` says. Every fake service here is built on it.
 */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '../kinesis-server/fault.ts';
import { readBody } from './http-exchange.ts';
import { testTls } from './test-tls.ts';

export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly raw: http.IncomingMessage;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Answers one request; a thrown `ServiceError` is answered by `refusal`. `undefined`: no answer ever. */
export type Respond = (request: FakeRequest) => FakeAnswer | undefined | Promise<FakeAnswer | undefined>;

export class FakeService implements AsyncDisposable {
  readonly requests: FakeRequest[] = [];
  readonly #server: http.Server;
  readonly #tls: boolean;
  readonly #host: string;

  /** Starts it. `refusal` writes the service's form of an error. */
  static async start(options: {
    readonly respond: Respond;
    readonly refusal?: (error: ServiceError) => FakeAnswer;
    readonly tls?: boolean;
    readonly host?: string;
  }): Promise<FakeService> {
    const service = new FakeService(options);
    await new Promise<void>((resolve, reject) => {
      service.#server.once('error', reject);
      service.#server.listen(0, service.#host, resolve);
    });
    return service;
  }

  private constructor(options: { respond: Respond; refusal?: (error: ServiceError) => FakeAnswer; tls?: boolean; host?: string }) {
    this.#host = options.host ?? '127.0.0.1';
    const refusal = options.refusal ?? jsonRefusal;
    const handle = (raw: http.IncomingMessage, response: http.ServerResponse) => {
      this.#take(raw)
        .then((request) => answerOf(request, options.respond, refusal))
        .then((answer) => (answer === undefined ? undefined : send(response, answer)))
        .catch((error: unknown) => response.destroy(error as Error));
    };
    this.#tls = options.tls === true;
    this.#server = this.#tls ? https.createServer(testTls.server, handle) : http.createServer(handle);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `${this.#tls ? 'https' : 'http'}://${this.#host}:${this.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #take(raw: http.IncomingMessage): Promise<FakeRequest> {
    const body = await readBody(raw);
    const url = new URL(raw.url ?? '/', 'http://fake');
    const request = { method: raw.method ?? '', url, headers: raw.headers, body, raw };
    this.requests.push(request);
    return request;
  }
}

/** An error as the JSON protocols write it. */
function jsonRefusal(error: ServiceError): FakeAnswer {
  return {
    status: error.status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: error.code, message: error.message }),
  };
}

function answerOf(request: FakeRequest, respond: Respond, refusal: (error: ServiceError) => FakeAnswer): ReturnType<Respond> {
  try {
    return respond(request);
  } catch (error) {
    if (error instanceof ServiceError) return refusal(error);
    throw error;
  }
}

function send(response: http.ServerResponse, answer: FakeAnswer): void {
  const body = answer.body ?? '';
  response.writeHead(answer.status ?? 200, { 'content-length': Buffer.byteLength(body), ...answer.headers });
  response.end(body);
}
