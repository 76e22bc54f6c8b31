import { describe, expect, it } from 'vitest';
import { AccessError } from '../../../src/aws/faults/access-error.ts';
import type { CallContext } from '../../../src/aws/faults/call-context.ts';
import { doubtOf, serviceFault } from '../../../src/aws/faults/service-fault.ts';
import type { FaultKind } from '../../../src/core/errors.ts';

const call: CallContext = {
  service: 'Kinesis',
  operation: 'PutRecords',
  target: 'web-logs',
  region: 'eu-west-1',
  endpoint: 'https://kinesis.eu-west-1.amazonaws.com',
};

/** As the SDK throws it for an error that the service answered. */
function answered(name: string, status = 400, message = 'said the service'): Error {
  return Object.assign(new Error(message), {
    name,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
    $response: { statusCode: status, headers: { 'content-type': 'application/x-amz-json-1.1' } },
  });
}

/** As the SDK throws it for a body that it cannot read. */
function unreadable(status: number, contentType: string): Error {
  return Object.assign(new SyntaxError("Unexpected token '<'\n  Deserialization error: to see the raw response"), {
    $response: { statusCode: status, headers: { 'content-type': contentType } },
  });
}

function system(code: string, message = `connect ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

/** As Node's agent throws it for a proxy that answers CONNECT with `statusLine`. */
function tunnel(statusLine: string): Error {
  return system('ERR_PROXY_TUNNEL', `Failed to establish tunnel to kinesis.eu-west-1.amazonaws.com:443 via http://proxy:3128: ${statusLine}`);
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

const rows: readonly { readonly error: unknown; readonly kind: FaultKind; readonly code: string; readonly hint: RegExp }[] = [
  { error: answered('ProvisionedThroughputExceededException'), kind: 'throttled', code: 'ProvisionedThroughputExceededException', hint: /shards/ },
  { error: answered('KMSThrottlingException'), kind: 'throttled', code: 'KMSThrottlingException', hint: /quota/ },
  { error: answered('InternalFailure', 500), kind: 'transient', code: 'InternalFailure', hint: /Health Dashboard/ },
  { error: answered('SomethingNew', 503), kind: 'transient', code: 'SomethingNew', hint: /made again/ },
  { error: answered('SomethingNew', 504), kind: 'ambiguous', code: 'SomethingNew', hint: /made again/ },
  { error: answered('SomethingNew', 429), kind: 'throttled', code: 'SomethingNew', hint: /429/ },
  { error: answered('SomethingNew', 403), kind: 'blocked', code: 'SomethingNew', hint: /403/ },
  { error: answered('SomethingNew', 400), kind: 'blocked', code: 'SomethingNew', hint: /look up SomethingNew among the errors of PutRecords/ },
  { error: answered('SomethingNew', 409), kind: 'blocked', code: 'SomethingNew', hint: /look up SomethingNew among the errors of PutRecords/ },
  { error: answered('InvalidParameterValue', 400), kind: 'invalid', code: 'InvalidParameterValue', hint: /said the service/ },
  { error: answered('ExpiredTokenException'), kind: 'expired-credentials', code: 'ExpiredTokenException', hint: /renews/ },
  { error: answered('AccessDeniedException'), kind: 'blocked', code: 'AccessDeniedException', hint: /kinesis:PutRecords on arn:aws:kinesis:eu-west-1:ACCOUNT:stream\/web-logs/ },
  { error: answered('ResourceNotFoundException'), kind: 'blocked', code: 'ResourceNotFoundException', hint: /no stream web-logs in eu-west-1/ },
  { error: answered('KMSDisabledException'), kind: 'blocked', code: 'KMSDisabledException', hint: /kms:GenerateDataKey/ },
  { error: answered('UnrecognizedClientException'), kind: 'blocked', code: 'UnrecognizedClientException', hint: /access key/ },
  { error: answered('InvalidSignatureException'), kind: 'blocked', code: 'InvalidSignatureException', hint: /secret key/ },
  { error: answered('InvalidSignatureException', 400, 'Signature expired: 20200101T000000Z is now earlier'), kind: 'transient', code: 'InvalidSignatureException', hint: /clock/ },
  { error: answered('ValidationException'), kind: 'invalid', code: 'ValidationException', hint: /refuses PutRecords/ },
  { error: answered('InvalidArgumentException'), kind: 'invalid', code: 'InvalidArgumentException', hint: /said the service/ },
  { error: answered('RequestTimeoutException', 408), kind: 'ambiguous', code: 'RequestTimeoutException', hint: /requestTimeoutMillis/ },
  { error: answered('RequestAbortedException'), kind: 'ambiguous', code: 'RequestAbortedException', hint: /on the way/ },
  { error: answered('MalformedHttpRequestException'), kind: 'ambiguous', code: 'MalformedHttpRequestException', hint: /on the way/ },
  { error: answered('SomethingElse', 408), kind: 'ambiguous', code: 'SomethingElse', hint: /look up SomethingElse/ },
  { error: unreadable(408, 'text/html'), kind: 'ambiguous', code: 'UnexpectedAnswer', hint: /proxy/ },
  { error: unreadable(200, 'text/html'), kind: 'ambiguous', code: 'UnexpectedAnswer', hint: /proxy/ },
  { error: unreadable(403, 'text/html'), kind: 'blocked', code: 'UnexpectedAnswer', hint: /captive portal/ },
  { error: unreadable(502, 'text/html'), kind: 'transient', code: 'UnexpectedAnswer', hint: /load balancer/ },
  { error: unreadable(413, 'text/html'), kind: 'too-large', code: 'RequestEntityTooLarge', hint: /client_max_body_size.*requestBytesMax/ },
  { error: unreadable(404, ''), kind: 'blocked', code: 'UnexpectedAnswer', hint: /endpoint/ },
  { error: unreadable(200, 'application/x-amz-json-1.1'), kind: 'ambiguous', code: 'UnreadableAnswer', hint: /endpoint/ },
  { error: system('ECONNREFUSED'), kind: 'transient', code: 'ECONNREFUSED', hint: /firewall/ },
  { error: named('EndpointError', 'Invalid Configuration: FIPS and custom endpoint are not supported'), kind: 'blocked', code: 'EndpointError', hint: /useFipsEndpoint/ },
  { error: system('ERR_INVALID_URL', 'Invalid URL'), kind: 'blocked', code: 'ERR_INVALID_URL', hint: /AWS_ENDPOINT_URL/ },
  { error: system('EMFILE'), kind: 'transient', code: 'EMFILE', hint: /openFilesMax/ },
  { error: system('ENOTFOUND'), kind: 'transient', code: 'ENOTFOUND', hint: /region \(eu-west-1\)/ },
  { error: system('ECONNRESET'), kind: 'ambiguous', code: 'ECONNRESET', hint: /made again/ },
  { error: system('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), kind: 'blocked', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', hint: /set caBundle/ },
  { error: system('CERT_HAS_EXPIRED'), kind: 'blocked', code: 'CERT_HAS_EXPIRED', hint: /clock.*renew it/ },
  { error: system('CERT_NOT_YET_VALID'), kind: 'blocked', code: 'CERT_NOT_YET_VALID', hint: /clock.*renew it/ },
  {
    error: system('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ssl3_read_bytes:tlsv13 alert certificate required'),
    kind: 'blocked',
    code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    hint: /certificate of the client/,
  },
  { error: Object.assign(system('ECONNRESET'), { name: 'TimeoutError' }), kind: 'ambiguous', code: 'ECONNRESET', hint: /cut/ },
  { error: tunnel('HTTP/1.1 407 Proxy Authentication Required'), kind: 'blocked', code: 'ERR_PROXY_TUNNEL', hint: /407/ },
  { error: tunnel('HTTP/1.0 403 Forbidden'), kind: 'blocked', code: 'ERR_PROXY_TUNNEL', hint: /permits this host/ },
  { error: tunnel('HTTP/1.1 400'), kind: 'blocked', code: 'ERR_PROXY_TUNNEL', hint: /NO_PROXY/ },
  { error: tunnel('HTTP/1.1 502 Bad Gateway'), kind: 'transient', code: 'ERR_PROXY_TUNNEL', hint: /cannot reach https:\/\/kinesis/ },
  { error: tunnel('HTTP/1.1 503 Service Unavailable'), kind: 'transient', code: 'ERR_PROXY_TUNNEL', hint: /trouble of its own/ },
  { error: tunnel('HTTP/1.1 504 Gateway Timeout'), kind: 'transient', code: 'ERR_PROXY_TUNNEL', hint: /trouble of its own/ },
  { error: system('ERR_PROXY_TUNNEL', 'Connection to establish proxy tunnel ended unexpectedly'), kind: 'transient', code: 'ERR_PROXY_TUNNEL', hint: /trouble of its own/ },
  { error: system('ERR_PROXY_INVALID_CONFIG'), kind: 'blocked', code: 'ERR_PROXY_INVALID_CONFIG', hint: /HTTPS_PROXY/ },
  { error: new Error('x', { cause: system('EPIPE') }), kind: 'ambiguous', code: 'EPIPE', hint: /made again/ },
  { error: system('SELF_SIGNED_CERT_IN_CHAIN'), kind: 'blocked', code: 'SELF_SIGNED_CERT_IN_CHAIN', hint: /caBundle/ },
  { error: system('ERR_TLS_CERT_ALTNAME_INVALID'), kind: 'blocked', code: 'ERR_TLS_CERT_ALTNAME_INVALID', hint: /another name/ },
  { error: system('ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'), kind: 'blocked', code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', hint: /TLS 1\.2/ },
  // A bit that is damaged on the way, in a request or in the answer to one that was carried out.
  { error: system('ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC'), kind: 'ambiguous', code: 'ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC', hint: /on the way/ },
  { error: system('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'), kind: 'ambiguous', code: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', hint: /on the way/ },
  { error: system('ERR_SSL_SOMETHING_ELSE'), kind: 'ambiguous', code: 'ERR_SSL_SOMETHING_ELSE', hint: /on the way/ },
  { error: named('TimeoutError', '@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 5 ms.'), kind: 'transient', code: 'ConnectTimeout', hint: /connectTimeoutMillis/ },
  { error: named('TimeoutError', '@smithy/node-http-handler - [ERROR] a request has exceeded the configured 5 ms requestTimeout.'), kind: 'ambiguous', code: 'RequestTimeout', hint: /requestTimeoutMillis/ },
  { error: named('AbortError', 'Request aborted'), kind: 'ambiguous', code: 'Aborted', hint: /again/ },
  { error: 'thrown text', kind: 'ambiguous', code: 'Error', hint: /report/ },
  {
    error: new Error('wrapped', { cause: new AccessError({ code: 'ProxyRefused', kind: 'blocked', message: 'm', hint: 'set proxy' }) }),
    kind: 'blocked',
    code: 'ProxyRefused',
    hint: /set proxy/,
  },
];

describe('serviceFault', () => {
  it.each(rows)('calls $code $kind and says what to do ($hint)', ({ error, kind, code, hint }) => {
    const fault = serviceFault(error, call);
    expect(fault).toMatchObject({ kind, code });
    expect(fault.hint).toMatch(hint);
    expect(fault.message).not.toContain('\n');
    expect(fault.message).not.toBe('');
  });

  it.each([
    [
      '@smithy/node-http-handler - [ERROR] a request has exceeded the configured 6000 ms requestTimeout.',
      'https://kinesis.eu-west-1.amazonaws.com did not answer PutRecords within the 6000 ms of requestTimeoutMillis',
    ],
    [
      '@smithy/node-http-handler - the request socket timed out after 6000 ms of inactivity (configured by client requestHandler).',
      'the answer of https://kinesis.eu-west-1.amazonaws.com to PutRecords began and did not end: nothing came within the 6000 ms of requestTimeoutMillis',
    ],
    [
      '@smithy/node-http-handler - the request socket did not establish a connection with the server within the configured timeout of 5000 ms.',
      'no connection to https://kinesis.eu-west-1.amazonaws.com within the 5000 ms of connectTimeoutMillis',
    ],
    [
      '@smithy/node-http-handler - [ERROR] a request has exceeded the time that it may take.',
      'https://kinesis.eu-west-1.amazonaws.com did not answer PutRecords in time',
    ],
  ])('says in its own words for what the call waited, and how long: %s', (library, message) => {
    const fault = serviceFault(Object.assign(named('TimeoutError', library), { code: 'ETIMEDOUT' }), call);
    expect(fault.message).toBe(message);
    expect(`${fault.message} ${fault.hint}`).not.toMatch(/smithy|socket|\[ERROR\]/);
  });

  it('does not pass on advice about command-line options that the binary does not have', () => {
    const message = 'unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca';
    expect(serviceFault(system('UNABLE_TO_VERIFY_LEAF_SIGNATURE', message), call).message).toBe('unable to verify the first certificate');
  });

  it.each([
    { service: 'Kinesis', operation: 'PutRecords', policies: "the stream's resource policy, the VPC endpoint policy and service control policies" },
    { service: 'Firehose', operation: 'PutRecordBatch', policies: 'the VPC endpoint policy and service control policies' },
    { service: 'CloudWatch', operation: 'PutMetricData', policies: 'the VPC endpoint policy and service control policies' },
  ] as const)('looks for what denies $service only where there can be a policy', ({ service, operation, policies }) => {
    const target = service === 'CloudWatch' ? '' : call.target;
    const { hint } = serviceFault(answered('AccessDeniedException'), { ...call, service, operation, target });
    expect(hint).toContain(`${service.toLowerCase()}:${operation} on `);
    expect(hint).toContain(`look for a deny in ${policies}.`);
  });

  it.each(['Throttling', 'ThrottlingException'])('calls %s a limit of the account, not a request made wrongly', (code) => {
    const { kind, hint } = serviceFault(answered(code), { ...call, service: 'CloudWatch', operation: 'PutMetricData', target: '' });
    expect(kind).toBe('throttled');
    expect(hint).toMatch(/^Too many PutMetricData calls in this account/);
  });

  it('names the Firehose action and a Chinese partition', () => {
    const elsewhere = { ...call, service: 'Firehose', operation: 'PutRecordBatch', region: 'cn-north-1' } as const;
    const fault = serviceFault(answered('AccessDeniedException'), elsewhere);
    expect(fault.hint).toContain('firehose:PutRecordBatch on arn:aws-cn:firehose:cn-north-1:ACCOUNT:deliverystream/web-logs');
  });

  it('doubts the credentials only after faults that new credentials can cure', () => {
    const doubted = (code: string) => doubtOf(serviceFault(answered(code), call));
    expect(['ExpiredToken', 'UnrecognizedClientException', 'InvalidSignatureException', 'AccessDeniedException'].map(doubted)).toEqual(['keys', 'keys', 'keys', 'rights']);
    expect(['InternalFailure', 'ResourceNotFoundException', 'ThrottlingException'].map(doubted)).toEqual([undefined, undefined, undefined]);
  });
});
