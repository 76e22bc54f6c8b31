/**
 * Why a call failed, from whatever was thrown: the kind of failure (so that the sender knows whether to repeat the call,
 * when, and with what), and what a person can do. Pure.
 *
 * Guarantees: every error gets a kind. An error is `ambiguous` unless something answered with a failure, or it is certain
 * that nothing was carried out. Sources: Kinesis and Firehose API references (errors of
 * PutRecords, PutRecordBatch), common errors page of the AWS query APIs, Node's errno and OpenSSL error codes.
 */
import type { FaultKind, ServiceFault } from '../../core/errors.ts';
import type { CallContext } from './call-context.ts';
import { errorFacts } from './error-facts.ts';
import type { ErrorFacts } from './error-facts.ts';
import { networkFault } from './network-fault.ts';
import { answerHint } from './service-hints.ts';

/**
 * The kinds of the codes that a service answers with. A code that is not here gets its kind from the HTTP status, and never `invalid`:
 * a record may be dropped for that, and a code that nobody knows is no proof against one.
 */
const KINDS = new Map<string, FaultKind>([
  ...codes('throttled', [
    'ProvisionedThroughputExceededException',
    'LimitExceededException',
    'ThrottlingException',
    'Throttling',
    'ThrottledException',
    'TooManyRequestsException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'SlowDown',
    'KMSThrottlingException',
    'ServiceUnavailableException',
  ]),
  ...codes('transient', [
    'InternalFailure',
    'InternalFailureException',
    'InternalServerError',
    'InternalServerException',
    'ServiceUnavailable',
    'ResourceInUseException',
  ]),
  // The request did not arrive whole. That says nothing against its records.
  ...codes('ambiguous', ['MalformedHttpRequestException', 'RequestAbortedException', 'RequestTimeout', 'RequestTimeoutException']),
  ...codes('expired-credentials', ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired']),
  ...codes('blocked', [
    'AccessDenied',
    'AccessDeniedException',
    'AccessDeniedForDependencyException',
    'AuthFailure',
    'IncompleteSignature',
    'IncompleteSignatureException',
    'InvalidClientTokenId',
    'InvalidKMSResourceException',
    'InvalidSignatureException',
    'InvalidSourceException',
    'KMSAccessDeniedException',
    'KMSDisabledException',
    'KMSInvalidStateException',
    'KMSNotFoundException',
    'KMSOptInRequired',
    'MissingAuthenticationTokenException',
    'NotAuthorized',
    'OptInRequired',
    'ResourceNotFoundException',
    'SignatureDoesNotMatch',
    'UnrecognizedClientException',
    'UnknownOperationException',
  ]),
  ...codes('invalid', [
    'InvalidArgumentException',
    'InvalidParameterCombination',
    'InvalidParameterCombinationException',
    'InvalidParameterValue',
    'InvalidParameterValueException',
    'MissingParameter',
    'MissingRequiredParameterException',
    'SerializationException',
    'ValidationException',
    'ValidationError',
  ]),
  ...codes('too-large', ['RequestEntityTooLarge', 'RequestEntityTooLargeException']),
]);

/** The fault that `error`, thrown by `call`, stands for. */
export function serviceFault(error: unknown, call: CallContext): ServiceFault {
  const facts = errorFacts(error);
  return networkFault(facts, call) ?? unreadableAnswer(facts, call) ?? answeredFault(facts, call);
}

const KEY_CODES = new Set(['UnrecognizedClientException', 'InvalidClientTokenId', 'InvalidSignatureException', 'SignatureDoesNotMatch']);

/**
 * What the fault says against the credentials. `keys`: they are no longer valid, and the next call needs new ones. `rights`: they
 * lack rights that new ones may have.
 */
export function doubtOf(fault: ServiceFault): 'keys' | 'rights' | undefined {
  if (fault.kind === 'expired-credentials' || KEY_CODES.has(fault.code)) return 'keys';
  return fault.code === 'AccessDeniedException' ? 'rights' : undefined;
}

const sizeHint =
  'A proxy on the way limits the size of requests: raise its limit (nginx: client_max_body_size, ALB and WAF have their own), ' +
  'lower requestBytesMax so that requests fit at once, and keep single records below it (aggregation.recordBytesMax, lineBytesMax).';

/** The service (or something that speaks for it) answered with an error of its own. */
function answeredFault(facts: ErrorFacts, call: CallContext): ServiceFault {
  if (facts.status === 413) return faultOf('too-large', facts, sizeHint);
  const kind = KINDS.get(facts.code);
  const hint = answerHint(facts, call, kind !== undefined);
  if (isClockSkew(facts)) return faultOf('transient', facts, hint);
  return faultOf(kind ?? kindOfStatus(facts.status), facts, hint);
}

/** What the SDK calls an error that names no code. A service names one whenever it refuses: nothing else may speak against a record. */
const NO_CODE = new Set(['Unknown', 'UnknownError']);

/** The fault where the answer is not a readable one of the service: a page of a proxy, a cut or garbled body. */
function unreadableAnswer(facts: ErrorFacts, call: CallContext): ServiceFault | undefined {
  if (facts.status === undefined) return undefined;
  const isOther = facts.contentKind !== 'service';
  const namesNoCode = refusedStatus(facts.status) && NO_CODE.has(facts.code);
  if (!isOther && !facts.unparsable && !namesNoCode) return undefined;
  const code = isOther || namesNoCode ? 'UnexpectedAnswer' : 'UnreadableAnswer';
  const what = isOther
    ? `${facts.contentType || 'no content type'} instead of an answer of ${call.service}`
    : namesNoCode
      ? `an error that has no code, unlike those of ${call.service}`
      : 'a body that is cut short or damaged';
  const message = `${call.endpoint} answered HTTP ${facts.status} with ${what}`;
  const hint =
    `Something other than ${call.service} answers there: check the endpoint, the proxy and whatever inspects or ` +
    `redirects traffic on the way (a captive portal, a load balancer, a firewall).`;
  if (facts.status === 413) return { kind: 'too-large', code: 'RequestEntityTooLarge', message, hint: sizeHint };
  if (facts.status === 504 || facts.status === 408 || facts.status < 300) return { kind: 'ambiguous', code, message, hint };
  return { kind: facts.status >= 500 || facts.status === 429 ? 'transient' : 'blocked', code, message, hint };
}

/** Whether the status alone blames the request. */
function refusedStatus(status: number): boolean {
  return status >= 400 && status < 500 && status !== 429;
}

function kindOfStatus(status: number | undefined): FaultKind {
  if (status === undefined) return 'ambiguous';
  if (status === 429) return 'throttled';
  if (status === 413) return 'too-large';
  if (status === 504 || status === 408) return 'ambiguous';
  return status >= 500 ? 'transient' : 'blocked';
}

/** Such a fault passes: the SDK has taken the server's time from this very answer, and signs the next call with it. */
function isClockSkew(facts: ErrorFacts): boolean {
  return (
    facts.code === 'RequestTimeTooSkewed' ||
    (facts.code.startsWith('InvalidSignature') && /not yet current|Signature expired/.test(facts.message))
  );
}

function faultOf(kind: FaultKind, facts: ErrorFacts, hint: string): ServiceFault {
  return { kind, code: facts.code, message: facts.message, hint };
}

function codes(kind: FaultKind, names: readonly string[]): readonly (readonly [string, FaultKind])[] {
  return names.map((name) => [name, kind] as const);
}
