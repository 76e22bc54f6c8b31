/**
 * How connections to AWS are made: kept alive, TLS 1.2 or later, through a proxy where one is set, with private
 * authorities trusted beside the built-in ones, and with time-outs that end a call (the SDK's own only log).
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AccessError } from './access-error.ts';

export interface ConnectionSettings {
  readonly proxy: string | undefined;
  readonly caBundle: string | undefined;
  readonly maxConnections: number;
  readonly connectTimeoutMillis: number;
  readonly requestTimeoutMillis: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** An idle connection is given up this long after the longest request could have ended, before most servers do. */
const IDLE_MS = 10_000;

/** An HTTP handler for one client. Throws `AccessError` when the CA bundle or the proxy's URL cannot be used. */
export function createHttpHandler(settings: ConnectionSettings, environment: Environment): NodeHttpHandler {
  const common = {
    keepAlive: true,
    maxSockets: settings.maxConnections,
    timeout: settings.requestTimeoutMillis + IDLE_MS,
    proxyEnv: proxyEnvironment(settings.proxy, environment),
  };
  return new NodeHttpHandler({
    connectionTimeout: settings.connectTimeoutMillis,
    requestTimeout: settings.requestTimeoutMillis,
    throwOnRequestTimeout: true,
    httpAgent: new http.Agent(common),
    httpsAgent: new https.Agent({ ...common, minVersion: 'TLSv1.2', ...trust(settings.caBundle, environment) }),
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

/** What Node's agents read (documentation of `http.Agent`, `proxyEnv`). */
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

/** Trusted authorities; nothing where the built-in ones are enough. `AWS_CA_BUNDLE` as the AWS CLI reads it. */
function trust(caBundle: string | undefined, environment: Environment): https.AgentOptions {
  const path = caBundle ?? environment['AWS_CA_BUNDLE'];
  if (path === undefined || path === '') return {};
  try {
    const ca = [...tls.getCACertificates('default'), readFileSync(path, 'utf8')];
    return { secureContext: tls.createSecureContext({ ca, minVersion: 'TLSv1.2' }) };
  } catch (error) {
    throw new AccessError({
      code: 'CaBundleUnreadable',
      kind: 'blocked',
      message: `the CA bundle ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'caBundle (or AWS_CA_BUNDLE) names a PEM file with certificates that the user kinship runs as can read.',
      cause: error,
    });
  }
}
