/**
 * Errors on the way to a service: no credentials, no proxy. They are thrown inside the SDK's calls and read by
 * `serviceFault`. Each brings its own hint, because only the place that failed knows what was tried.
 */
import type { FaultKind } from '../../core/errors.ts';

export type AccessErrorCode = 'CredentialsUnavailable' | 'CredentialsTimeout' | 'RoleNotAssumed' | 'ProxyRefused' | 'RegionUnknown' | 'CaBundleUnreadable';

/** The service has not judged the request, which was perhaps not even made: no other kind fits. */
type AccessFaultKind = Extract<FaultKind, 'transient' | 'blocked'>;

export class AccessError extends Error {
  override name = 'AccessError';
  readonly code: AccessErrorCode;
  readonly kind: AccessFaultKind;
  readonly hint: string;

  constructor(failure: { code: AccessErrorCode; kind: AccessFaultKind; message: string; hint: string; cause?: unknown }) {
    super(failure.message, { cause: failure.cause });
    this.code = failure.code;
    this.kind = failure.kind;
    this.hint = failure.hint;
  }
}
