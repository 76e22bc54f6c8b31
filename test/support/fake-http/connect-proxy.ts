/** An HTTP proxy on loopback that tunnels (CONNECT) and forwards, with or without TLS and a password, or refuses. */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { testTls } from './test-tls.ts';

export interface ProxyOptions {
  /** The `user:password` that it demands. */
  readonly credentials?: string;
  /** Refuses every tunnel with this status line instead. */
  readonly refusal?: string;
  /** Speaks TLS itself (`https://`). */
  readonly tls?: boolean;
  /** Never answers. */
  readonly hang?: boolean;
}

export class ConnectProxy implements AsyncDisposable {
  /** `host:port` of each tunnel asked for. */
  readonly tunnels: string[] = [];
  readonly #options: ProxyOptions;
  readonly #sockets = new Set<Duplex>();
  /** The server name (SNI) of each connection to the proxy itself, if it speaks TLS. */
  readonly serverNames: TLSSocket['servername'][] = [];
  readonly #server: http.Server;

  static async start(options: ProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server = options.tls === true ? https.createServer(testTls.server, forward) : http.createServer(forward);
    this.#server.on('secureConnection', (socket: TLSSocket) => this.serverNames.push(socket.servername));
    this.#server.on('connect', (request: http.IncomingMessage, socket: Duplex) => this.#tunnel(request, socket));
  }

  /** The proxy's URL, with `user:password@` where given. */
  url(credentials?: string, host = '127.0.0.1'): string {
    const { port } = this.#server.address() as AddressInfo;
    const scheme = this.#options.tls === true ? 'https' : 'http';
    return `${scheme}://${credentials === undefined ? '' : `${credentials}@`}${host}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #tunnel(request: http.IncomingMessage, socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    this.tunnels.push(request.url ?? '');
    if (this.#options.hang === true) return;
    const refusal = this.#options.refusal ?? (this.#authorized(request) ? undefined : '407 Proxy Authentication Required');
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
      return;
    }
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const upstream = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    this.#sockets.add(upstream);
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  }

  #authorized(request: http.IncomingMessage): boolean {
    const { credentials } = this.#options;
    if (credentials === undefined) return true;
    return request.headers['proxy-authorization'] === `Basic ${Buffer.from(credentials).toString('base64')}`;
  }
}

/** Forwards a plain request, for endpoints without TLS. */
function forward(request: http.IncomingMessage, response: http.ServerResponse): void {
  const upstream = http.request(request.url ?? '', { method: request.method ?? '', headers: request.headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.writeHead(502).end());
  request.pipe(upstream);
}
