/**
 * The project's own Kinesis server: the model behind HTTP or HTTPS on a free loopback port, JSON 1.1 and CBOR 1.1.
 *
 * Guarantees: `model` accepts exactly what the client's bytes say. Every call needs a signature for the service `kinesis`,
 * verified in full where `credentials` are given. Faults of the model's script are enacted on the socket.
 */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { assertNever } from '../../../src/core/assert.ts';
import { readBody, realClock, sendPage } from '../fake-http/http-exchange.ts';
import { requireRightTime, requireSignature } from '../fake-http/signature.ts';
import type { SigningCredentials } from '../fake-http/signature.ts';
import { testTls } from '../fake-http/test-tls.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import type { CborValue } from './cbor.ts';
import { ServiceError } from './fault.ts';
import { KinesisModel } from './kinesis-model.ts';
import type { AnswerBody, Outcome } from './kinesis-model.ts';
import { carryOut } from './operations.ts';

export interface KinesisServerOptions {
  readonly model?: KinesisModel;
  readonly region?: string;
  /** HTTPS with the test certificate (`testTls`). Default: plain HTTP. */
  readonly tls?: boolean;
  /** Signatures are verified against these. Default: they only have to be there and name the service. */
  readonly credentials?: readonly SigningCredentials[];
  /** How far this server's clock is ahead; it refuses signatures more than five minutes off it. */
  readonly clockAheadMs?: number;
  /** Whether CBOR is understood; otherwise such requests are refused. Default: yes. */
  readonly cbor?: boolean;
}

/** What the server saw of a request, for assertions. */
export interface SeenRequest {
  readonly operation: string;
  readonly contentType: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly bodyBytes: number;
}

type Members = { readonly [key: string]: CborValue | undefined };
type Protocol = 'application/x-amz-cbor-1.1' | 'application/x-amz-json-1.1';

export class KinesisServer implements AsyncDisposable {
  readonly model: KinesisModel;
  readonly requests: SeenRequest[] = [];
  connections = 0;
  readonly #options: KinesisServerOptions;
  readonly #server: http.Server;

  /** Starts a server on a free port of 127.0.0.1. Dispose of it with `await using` or `close`. */
  static async start(options: KinesisServerOptions = {}): Promise<KinesisServer> {
    const server = new KinesisServer(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  private constructor(options: KinesisServerOptions) {
    this.#options = options;
    this.model =
      options.model ?? new KinesisModel({ clock: realClock, ...(options.region && { region: options.region }) });
    const handle = (request: http.IncomingMessage, response: http.ServerResponse) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    };
    this.#server = options.tls ? https.createServer(testTls.server, handle) : http.createServer(handle);
    this.#server.on(options.tls ? 'secureConnection' : 'connection', () => (this.connections += 1));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** URL for the SDK's `endpoint`. */
  get endpoint(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** Ends every connection and the server. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await readBody(request);
    const contentType = request.headers['content-type'] ?? '';
    const operation = String(request.headers['x-amz-target'] ?? '').replace('Kinesis_20131202.', '');
    this.requests.push({ operation, contentType, headers: request.headers, bodyBytes: body.length });
    const protocol: Protocol = contentType.includes('cbor') ? 'application/x-amz-cbor-1.1' : 'application/x-amz-json-1.1';
    const wallMs = Date.now() + (this.#options.clockAheadMs ?? 0);
    response.setHeader('date', new Date(wallMs).toUTCString());
    try {
      requireRightTime(request, wallMs);
      if (protocol === 'application/x-amz-cbor-1.1' && this.#options.cbor === false) {
        throw new ServiceError('SerializationException', 'CBOR is not understood here.');
      }
      requireSignature(request, body, { service: 'kinesis', credentials: this.#options.credentials });
      await this.#enact(carryOut(this.model, operation, decode(protocol, body)), protocol, response);
    } catch (error) {
      const refused = error instanceof ServiceError ? error : new ServiceError('SerializationException', String(error));
      refuse(response, protocol, refused);
    }
  }

  async #enact(outcome: Outcome<Members>, protocol: Protocol, response: http.ServerResponse): Promise<void> {
    switch (outcome.kind) {
      case 'answer':
        return send(response, { status: 200, protocol, value: outcome.value, body: outcome.body });
      case 'refused':
        return refuse(response, protocol, outcome.error);
      case 'cut':
        response.destroy();
        return undefined;
      case 'hang':
        return undefined;
      case 'wait':
        await new Promise((resolve) => setTimeout(resolve, outcome.delayMs));
        return this.#enact(outcome.goOn(), protocol, response);
      case 'page':
        return sendPage(response, outcome);
      default:
        return assertNever(outcome);
    }
  }
}

function decode(protocol: Protocol, body: Buffer): Members {
  const value = protocol.includes('cbor') ? decodeCbor(body) : (JSON.parse(body.toString('utf8')) as CborValue);
  if (typeof value !== 'object' || value === null) throw new ServiceError('SerializationException', 'Not a structure.');
  return value as Members;
}

function refuse(response: http.ServerResponse, protocol: Protocol, error: ServiceError): void {
  send(response, { status: error.status, protocol, value: { __type: error.code, message: error.message }, body: 'whole' });
}

function send(
  response: http.ServerResponse,
  answer: { status: number; protocol: Protocol; value: Members; body: AnswerBody },
): void {
  const whole = answer.protocol.includes('cbor') ? encodeCbor(answer.value) : Buffer.from(toJson(answer.value));
  const half = whole.subarray(0, whole.length / 2);
  response.writeHead(answer.status, {
    'content-type': answer.protocol,
    'content-length': answer.body === 'half' ? half.length : whole.length,
    'x-amzn-requestid': '00000000-0000-0000-0000-000000000000',
  });
  if (answer.body === 'stalled') response.write(half);
  else response.end(answer.body === 'half' ? half : whole);
}

/** JSON 1.1: bytes are base64 text. */
function toJson(value: Members): string {
  return JSON.stringify(value, function encodeBytes(this: Record<string, unknown>, key, member: unknown) {
    const raw = this[key];
    return raw instanceof Uint8Array ? Buffer.from(raw).toString('base64') : member;
  });
}
