/**
 * Failures before a whole answer: no connection, no name, no trust, no time. Pure.
 *
 * A call that fails while connecting was certainly not carried out (`transient`, or `blocked` where only a person can help).
 * A call that fails after the connection stood may have been carried out (`ambiguous`). Sources: errno(3), Node's TLS error
 * codes (X509_V_ERR_* of OpenSSL), the time-out messages of @smithy/node-http-handler. These say what the handler waited for
 * and how long, but in words that users do not know.
 */
import type { FaultKind, ServiceFault } from '../../core/errors.ts';
import type { CallContext } from './call-context.ts';
import type { ErrorFacts } from './error-facts.ts';

interface Row {
  readonly codes: readonly string[];
  /** Pattern of the message, where different faults have the same code. */
  readonly message?: RegExp;
  readonly kind: FaultKind;
  readonly hint: (call: CallContext) => string;
}

const ROWS: readonly Row[] = [
  {
    codes: ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN'],
    kind: 'transient',
    hint: (call) =>
      `Nothing accepts connections at ${call.endpoint}: check the endpoint and its port, the route, the firewall and whether a proxy is needed.`,
  },
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'],
    kind: 'transient',
    hint: (call) =>
      `The name of ${call.endpoint} does not resolve: check the region (${call.region}), the endpoint, the DNS server and whether a proxy is needed.`,
  },
  {
    codes: ['ERR_INVALID_URL'],
    kind: 'blocked',
    hint: (call) => `The endpoint is no URL: check endpoint (or AWS_ENDPOINT_URL), with its scheme, and the region (${call.region}).`,
  },
  {
    codes: ['EMFILE', 'ENFILE'],
    kind: 'transient',
    hint: () => 'No handle is left for the connection: raise LimitNOFILE of the service, or lower openFilesMax.',
  },
  {
    codes: ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
    kind: 'blocked',
    hint: (call) =>
      `By this machine's clock the certificate of ${call.endpoint}, or one above it, is not valid: where the clock is right (date -u), whoever runs the endpoint, or the proxy that inspects TLS, has to renew it (openssl s_client shows its dates).`,
  },
  {
    codes: [
      'CERT_REVOKED',
      'CERT_UNTRUSTED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    kind: 'blocked',
    hint: (call) =>
      `The certificate of ${call.endpoint} is not trusted: set caBundle to the PEM file of the authority that signed it (a proxy that inspects TLS has one of its own).`,
  },
  {
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID'],
    kind: 'blocked',
    hint: (call) => `The certificate is for another name than ${call.endpoint}: use the name that the certificate carries.`,
  },
  {
    codes: ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
    kind: 'blocked',
    hint: (call) => `${call.endpoint} asks for a certificate of the client, and kinship has none: AWS does not ask for one, so check the endpoint and what is on the way.`,
  },
  {
    codes: [
      'EPROTO',
      'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ],
    kind: 'blocked',
    hint: (call) =>
      `${call.endpoint} does not speak TLS 1.2 or later there: check the scheme (http or https) and the port of the endpoint.`,
  },
  {
    // The proxy answered with a 5xx status, or not at all: its connection was cut, or it was too late.
    codes: ['ERR_PROXY_TUNNEL'],
    message: /: HTTP\/[\d.]+ 5\d\d\b|^Connection to establish proxy tunnel/,
    kind: 'transient',
    hint: (call) =>
      `The proxy has trouble of its own, or cannot reach ${call.endpoint} (HTTP 502 and 504): the call is made again; if it goes on, look at the proxy's own log, its DNS and its way out.`,
  },
  {
    codes: ['ERR_PROXY_TUNNEL', 'ERR_PROXY_INVALID_CONFIG'],
    kind: 'blocked',
    hint: () =>
      `The proxy does not let the connection through: check proxy (or HTTPS_PROXY), its user and password (HTTP 407), whether it permits this host and port (HTTP 403), and NO_PROXY for what needs no proxy.`,
  },
  {
    codes: ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE', 'HPE_INVALID_CONSTANT'],
    kind: 'ambiguous',
    hint: (call) => `The connection to ${call.endpoint} was cut: the call is made again; if it goes on, look at the network and proxies in between.`,
  },
];

/** TLS in general: a connection that stood can break as well, when bytes are damaged on the way. */
const TLS_ROW: Pick<Row, 'kind' | 'hint'> = {
  kind: 'ambiguous',
  hint: (call) =>
    `TLS with ${call.endpoint} failed: the call is made again; if it goes on, check the scheme and port of the endpoint, and what changes bytes on the way (a proxy, a firewall, a network card).`,
};

/** The fault of a call that got no whole answer; `undefined` when it got one. */
export function networkFault(facts: ErrorFacts, call: CallContext): ServiceFault | undefined {
  if (facts.access !== undefined) {
    const { kind, code, message, hint } = facts.access;
    return { kind, code, message, hint };
  }
  // Before the status is looked at: an answer may stop after its head. The SDK's handler also gives this name to cut connections: the
  // message tells them apart.
  if (facts.name === 'TimeoutError' && facts.message.startsWith('@smithy')) return timeout(facts, call);
  if (facts.status !== undefined && facts.systemCode === undefined) return undefined;
  if (facts.name === 'AbortError') {
    const message = `${call.operation} was given up before ${call.endpoint} answered`;
    return { kind: 'ambiguous', code: 'Aborted', message, hint: 'It is made again.' };
  }
  if (facts.name === 'EndpointError') {
    const hint = `The SDK makes no call with these settings together: check endpoint (or AWS_ENDPOINT_URL), useFipsEndpoint and useDualstackEndpoint (or AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT), accountIdEndpointMode and the region (${call.region}).`;
    return { kind: 'blocked', code: facts.name, message: facts.message, hint };
  }
  if (facts.systemCode === undefined) return undefined;
  const code = facts.systemCode;
  const known = ROWS.find(({ codes, message }) => codes.includes(code) && message?.test(facts.message) !== false);
  const row = known ?? (code.startsWith('ERR_SSL') ? TLS_ROW : undefined);
  if (row === undefined) return undefined;
  return { kind: row.kind, code, message: facts.message, hint: row.hint(call) };
}

function timeout(facts: ErrorFacts, call: CallContext): ServiceFault {
  const waitedMs = /(\d+) ms/.exec(facts.message)?.[1];
  const within = (setting: string) => (waitedMs === undefined ? 'in time' : `within the ${waitedMs} ms of ${setting}`);
  if (facts.message.includes('establish a connection') || /connection timed out/i.test(facts.message)) {
    const message = `no connection to ${call.endpoint} ${within('connectTimeoutMillis')}`;
    const hint = `Check the endpoint, the route, the firewall (port 443 out), the security group of a VPC endpoint, and whether a proxy is needed; or raise connectTimeoutMillis.`;
    return { kind: 'transient', code: 'ConnectTimeout', message, hint };
  }
  if (facts.message.includes('of inactivity')) {
    const message = `the answer of ${call.endpoint} to ${call.operation} began and did not end: nothing came ${within('requestTimeoutMillis')}`;
    const hint = `The call is made again; if it goes on, look at what is on the way (proxy, firewall, VPC endpoint) and at the endpoint itself.`;
    return { kind: 'ambiguous', code: 'RequestTimeout', message, hint };
  }
  const time = facts.message.includes('requestTimeout') ? within('requestTimeoutMillis') : 'in time';
  const message = `${call.endpoint} did not answer ${call.operation} ${time}`;
  const hint = `Look at what is on the way (proxy, firewall, VPC endpoint) and at the endpoint itself; on a slow line raise requestTimeoutMillis or lower requestBytesMax.`;
  return { kind: 'ambiguous', code: 'RequestTimeout', message, hint };
}
