/**
 * AWS Signature Version 4 as a service checks it. Written from the specification ("Create a signed AWS API request",
 * IAM user guide), apart from the SDK, so that it proves what the SDK and the product's own bodies sign.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../kinesis-server/fault.ts';

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface Expected {
  readonly service: string;
  /** Signatures are verified against these; otherwise they only have to be there. */
  readonly credentials?: readonly SigningCredentials[] | undefined;
  /** Region that must have signed. Default: any. */
  readonly region?: string;
}

const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;

/** Throws the `ServiceError` that a service answers to a request that is not signed, or not rightly. */
export function requireSignature(request: IncomingMessage, body: Buffer, expected: Expected): void {
  const match = AUTHORIZATION.exec(request.headers.authorization ?? '');
  if (match === null) throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = match;
  if (service !== expected.service || (expected.region !== undefined && region !== expected.region)) {
    const scope = `Credential should be scoped to a valid region and to '${expected.service}', not '${region}/${service}'.`;
    throw new ServiceError('InvalidSignatureException', scope);
  }
  if (expected.credentials === undefined) return;
  const credentials = expected.credentials.find((known) => known.accessKeyId === accessKeyId);
  const token = request.headers['x-amz-security-token'];
  if (credentials === undefined || credentials.sessionToken !== token) {
    throw new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const path = new URL(request.url ?? '/', 'http://host');
  const canonical = [
    request.method,
    path.pathname,
    [...path.searchParams].map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).sort().join('&'),
    ...signedHeaders.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    signedHeaders,
    sha256(body),
  ].join('\n');
  const time = String(request.headers['x-amz-date']);
  const toSign = ['AWS4-HMAC-SHA256', time, `${date}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
  const steps = [date, region, service, 'aws4_request', toSign];
  const own = steps.reduce<Buffer>((key, text) => hmac(key, text), Buffer.from(`AWS4${credentials.secretAccessKey}`));
  if (!timingSafeEqual(own, Buffer.from(signature, 'hex'))) {
    const message = 'The request signature we calculated does not match the signature you provided.';
    throw new ServiceError('InvalidSignatureException', message);
  }
}

/** Throws what a service answers to a signature more than five minutes off its clock. */
export function requireRightTime(request: IncomingMessage, wallMs: number): void {
  const compact = String(request.headers['x-amz-date'] ?? '');
  const signedMs = Date.parse(compact.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(signedMs) || Math.abs(wallMs - signedMs) <= 5 * 60_000) return;
  const message = `Signature ${signedMs < wallMs ? 'expired' : 'not yet current'}: ${compact}`;
  throw new ServiceError('InvalidSignatureException', message);
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
