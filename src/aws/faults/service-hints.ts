/** What a person can do about an error that a service answered. Pure; texts are read at 3 a.m. */
import { iamAction, targetArn } from './call-context.ts';
import type { CallContext } from './call-context.ts';
import type { ErrorFacts } from './error-facts.ts';

type Hint = (call: CallContext) => string;

const denied: Hint = (call) =>
  `Allow ${iamAction(call)} on ${targetArn(call)} to the identity that kinship runs as (aws sts get-caller-identity shows it), ` +
  `and look for a deny in ${call.service === 'Kinesis' ? `the stream's resource policy, ` : ''}the VPC endpoint policy and service control policies.`;

const tooManyCalls: Hint = (call) => `Too many ${call.operation} calls in this account: sending is slowed down.`;

const unknownKeys: Hint = () =>
  `The access key is unknown to AWS or switched off: check the credentials (a session token that does not belong to the key, keys of another partition or account).`;

const kmsKey: Hint = (call) =>
  `${call.target} is encrypted with a KMS key that cannot be used: the key must be enabled and let this identity do kms:GenerateDataKey.`;

const notWhole: Hint = (call) =>
  `The request did not arrive whole at ${call.endpoint}: it is made again; if it goes on, look at what is on the way (a slow line, a proxy, a firewall); on a slow line raise requestTimeoutMillis or lower requestBytesMax.`;

const HINTS = new Map<string, Hint>([
  ['AccessDenied', denied],
  ['AccessDeniedException', denied],
  ['NotAuthorized', denied],
  [
    'ResourceNotFoundException',
    (call) =>
      `There is no stream ${call.target || 'of that name'} in ${call.region} for this account: create it, or correct its name, the region, or (for another account) give its ARN.`,
  ],
  ['UnrecognizedClientException', unknownKeys],
  ['InvalidClientTokenId', unknownKeys],
  ['AuthFailure', unknownKeys],
  ['MissingAuthenticationTokenException', unknownKeys],
  [
    'InvalidSignatureException',
    (call) =>
      `The secret key does not belong to the access key, or the region to the endpoint (signed for ${call.region}), or something on the way changes the request.`,
  ],
  [
    'SignatureDoesNotMatch',
    (call) => `The secret key does not belong to the access key, or the region to the endpoint (signed for ${call.region}).`,
  ],
  ['RequestTimeTooSkewed', () => `This machine's clock is wrong: start chrony or ntpd. The server's time is used from now on.`],
  ['ExpiredToken', () => `The session token has expired; it is fetched anew. If it goes on, whatever renews it has stopped.`],
  ['MalformedHttpRequestException', notWhole],
  ['RequestAbortedException', notWhole],
  ['RequestTimeout', notWhole],
  ['RequestTimeoutException', notWhole],
  ['KMSAccessDeniedException', kmsKey],
  ['KMSDisabledException', kmsKey],
  ['KMSInvalidStateException', kmsKey],
  ['KMSNotFoundException', kmsKey],
  ['KMSOptInRequired', kmsKey],
  ['InvalidKMSResourceException', kmsKey],
  [
    'InvalidSourceException',
    (call) => `The delivery stream ${call.target} takes records from CloudWatch Logs only: switch its decompression of CloudWatch Logs off, or name another delivery stream.`,
  ],
  ['OptInRequired', (call) => `The account is not subscribed to ${call.service} in ${call.region}.`],
  [
    'ProvisionedThroughputExceededException',
    (call) => `${call.target} takes no more at the moment: add shards, or use on-demand mode; sending is slowed down meanwhile.`,
  ],
  ['LimitExceededException', tooManyCalls],
  ['Throttling', tooManyCalls],
  ['ThrottlingException', tooManyCalls],
  ['KMSThrottlingException', () => `KMS limits the calls in this account: sending is slowed down; ask for a higher KMS quota.`],
  [
    'UnknownOperationException',
    (call) => `${call.endpoint} does not know ${call.operation}: is it an endpoint of ${call.service}?`,
  ],
]);

/** The hint for an answered error; `isKnown`: kinship knows what its code means. */
export function answerHint(facts: ErrorFacts, call: CallContext, isKnown: boolean): string {
  if (facts.code.startsWith('ExpiredToken')) return hint('ExpiredToken', call);
  if (/not yet current|Signature expired/.test(facts.message)) return hint('RequestTimeTooSkewed', call);
  if (HINTS.has(facts.code)) return hint(facts.code, call);
  return byStatus(facts, call, isKnown);
}

function hint(code: string, call: CallContext): string {
  return HINTS.get(code)?.(call) ?? '';
}

function byStatus(facts: ErrorFacts, call: CallContext, isKnown: boolean): string {
  if (facts.status === undefined) {
    return `Not known to kinship: the call is made again. If it goes on, please report it with the message above.`;
  }
  if (facts.status >= 500) {
    return `${call.service} in ${call.region} has trouble of its own: the call is made again; see the AWS Health Dashboard.`;
  }
  if (!isKnown) {
    return `kinship does not know this answer of ${call.service} (HTTP ${facts.status}), and makes the call again: look up ${facts.code} among the errors of ${call.operation} in the API reference, and please report it with the message above.`;
  }
  return `${call.service} refuses ${call.operation} as it was made (HTTP ${facts.status}): ${facts.message}`;
}
