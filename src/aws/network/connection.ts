/**
 * How connections to AWS are made: kept alive, TLS 1.2 or later, through a proxy where one is set, with private
 * authorities trusted beside the built-in ones, and with time-outs that end a call (the SDK's own time-outs only log).
 */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AccessError } from '../faults/access-error.ts';
import { type Trust, trust } from './trust.ts';

export interface ConnectionSettings {
  readonly proxy: string | undefined;
  readonly caBundle: string | undefined;
  readonly maxConnections: number;
  readonly connectTimeoutMillis: number;
  readonly requestTimeoutMillis: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Added to the request time-out: a connection that is idle for so long is closed, before most servers close it. */
const IDLE_MS = 10_000;

/** An HTTP handler for one client. Throws `AccessError` when the CA bundle or the proxy's URL cannot be used. */
export function createHttpHandler(settings: ConnectionSettings, environment: Environment): NodeHttpHandler {
  const common = {
    keepAlive: true,
    maxSockets: settings.maxConnections,
    timeout: settings.requestTimeoutMillis + IDLE_MS,
    proxyEnv: proxyEnvironment(settings.proxy, environment),
  };
  const trusted = trust(settings.caBundle, environment);
  const httpAgent = new http.Agent(common);
  const httpsAgent = new https.Agent({ ...common, minVersion: 'TLSv1.2', ...trusted });
  for (const agent of [httpAgent, httpsAgent]) trustProxy(agent, trusted);
  return new NodeHttpHandler({
    connectionTimeout: settings.connectTimeoutMillis,
    requestTimeout: settings.requestTimeoutMillis,
    throwOnRequestTimeout: true,
    // The request time-out ends with the answer's head. Without this one, a body that stops coming would be waited for for ever.
    socketTimeout: settings.requestTimeoutMillis,
    httpAgent,
    httpsAgent,
  });
}

/** The proxy for an endpoint, without password; `undefined` where the way is direct. For messages and `check`. */
export function proxyFor(endpoint: URL, settings: Pick<ConnectionSettings, 'proxy'>, environment: Environment): string | undefined {
  const proxies = proxyEnvironment(settings.proxy, environment);
  const proxy = endpoint.protocol === 'https:' ? proxies['HTTPS_PROXY'] : proxies['HTTP_PROXY'];
  if (proxy === undefined || bypassed(endpoint, proxies['NO_PROXY'] ?? '')) return undefined;
  const url = new URL(proxy);
  return `${url.protocol}//${url.host}`;
}

/** The variables that Node's agents read (documentation of `http.Agent`, `proxyEnv`). Throws `AccessError` for a URL that is not HTTP. */
function proxyEnvironment(proxy: string | undefined, environment: Environment): Record<string, string | undefined> {
  const either = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const proxies = {
    HTTPS_PROXY: proxy ?? either('HTTPS_PROXY'),
    HTTP_PROXY: proxy ?? either('HTTP_PROXY'),
    NO_PROXY: either('NO_PROXY'),
  };
  for (const url of [proxies.HTTPS_PROXY, proxies.HTTP_PROXY]) {
    if (url === undefined || /^https?:$/.test(URL.parse(url)?.protocol ?? '')) continue;
    throw new AccessError({
      code: 'ProxyRefused',
      kind: 'blocked',
      message: 'the proxy is not an http:// or https:// URL',
      hint: 'Write proxy (or HTTPS_PROXY) as http://[user:password@]host:port; SOCKS proxies are not supported.',
    });
  }
  return proxies;
}

/** NO_PROXY as Node reads it: `*`, names, domains with a leading dot or `*.`, each with an optional port. */
function bypassed(endpoint: URL, noProxy: string): boolean {
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [name = '', port] = entry.toLowerCase().split(':');
      if (port !== undefined && port !== endpoint.port) return false;
      const domain = name.replace(/^\*?\./, '.');
      return name === '*' || endpoint.hostname === name || (domain.startsWith('.') && endpoint.hostname.endsWith(domain));
    });
}

/**
 * Node's agents connect to a proxy that speaks TLS with its host and port alone (Node 26, lib/https.js and lib/_http_agent.js). They
 * pass on neither the agent's authorities nor a server name, and no option changes that. So both are added to the proxy's connection
 * options, which the agent keeps under a symbol. Should a later Node keep these elsewhere, such a proxy is refused as not trusted.
 */
function trustProxy(agent: http.Agent, trusted: Trust): void {
  const key = Object.getOwnPropertySymbols(agent).find(({ description }) => description === 'kProxyConfig');
  const proxy = (key === undefined ? undefined : Reflect.get(agent, key)) as KeptProxy | null | undefined;
  if (proxy?.protocol !== 'https:') return;
  const { proxyConnectionOptions: connection } = proxy;
  Object.assign(connection, trusted, net.isIP(connection.host) === 0 ? { servername: connection.host } : {});
}

interface KeptProxy {
  readonly protocol: string;
  readonly proxyConnectionOptions: { readonly host: string };
}
