/** An HTTP proxy on loopback that tunnels (CONNECT), with or without a password, or refuses. */
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ProxyOptions {
  /** `user:password` that it asks for. */
  readonly credentials?: string;
  /** Refuses every tunnel with this status line instead. */
  readonly refusal?: string;
  /** Never answers. */
  readonly hang?: boolean;
}

export class ConnectProxy implements AsyncDisposable {
  /** `host:port` of each tunnel asked for. */
  readonly tunnels: string[] = [];
  readonly #options: ProxyOptions;
  readonly #sockets = new Set<Duplex>();
  readonly #server = http.createServer((_request, response) => response.writeHead(405).end());

  static async start(options: ProxyOptions = {}): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server.on('connect', (request: http.IncomingMessage, socket: Duplex) => this.#tunnel(request, socket));
  }

  /** The proxy's URL, with `user:password@` where given. */
  url(credentials?: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${port}`;
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
