/**
 * A small HTTP server for pages that are only read. Bounded: few connections, short time-outs, no bodies. Its faults never end
 * the agent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpAnswer, HttpPages, ListenAddress } from '../telemetry/metrics-endpoint.ts';

const connectionsCountMax = 32;
const requestTimeoutMs = 10_000;

export interface PageServer {
  /** Where port 0 was asked for, with the port that was taken. */
  readonly address: string;
  close(): Promise<void>;
}

/** Serves `pages` at `address`. Rejects where that cannot be listened at. */
export async function servePages(address: ListenAddress, pages: HttpPages): Promise<PageServer> {
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs }, (request, response) => {
    void answer(request, pages).then((page) => send(request, response, page));
  });
  server.maxConnections = connectionsCountMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => resolve());
  });
  const { address: host, port, family } = boundTo(server.address());
  return {
    address: family === 'IPv6' ? `[${host}]:${port}` : `${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, pages: HttpPages): Promise<HttpAnswer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, contentType: 'text/plain', body: 'GET or HEAD\n' };
  }
  try {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    return await pages(path, request.headers.accept ?? '');
  } catch (error) {
    return { status: 500, contentType: 'text/plain', body: `${error instanceof Error ? error.message : String(error)}\n` };
  }
}

function send(request: IncomingMessage, response: ServerResponse, page: HttpAnswer): void {
  response.writeHead(page.status, {
    'content-type': page.contentType,
    'content-length': Buffer.byteLength(page.body),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}

function boundTo(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the server has no address');
  return address;
}
