/**
 * What the world does wrong, as data: one union on `code`, each with a hint that tells a person what to do. Logged
 * once, at the top. Bugs are not here: see assert.ts.
 */

export type FaultKind =
  /** Try again soon: throttled, server error, connection trouble. */
  | 'transient'
  /** The call may have been carried out although no answer came (time-out, connection cut after sending). */
  | 'ambiguous'
  /** Shard or stream rate exceeded. */
  | 'throttled'
  /** Credentials expired: they are fetched anew, then the request is tried again. */
  | 'expired-credentials'
  /** Nothing will go through until a person acts (permission, missing stream, key): long back-off, one loud error. */
  | 'blocked'
  /** The service will never take this request as it is; one of its records is to blame. */
  | 'invalid'
  /** The service, or a proxy before it, takes no request of this size. No single record is to blame. */
  | 'too-large';

/** Why a call to a service failed. */
export interface ServiceFault {
  readonly kind: FaultKind;
  /** The service's own code (`AccessDeniedException`), or the system's (`ECONNREFUSED`). */
  readonly code: string;
  readonly message: string;
  /** What a person can do about it. */
  readonly hint: string;
}

export type FileFaultCode = 'not-found' | 'denied' | 'too-many-open' | 'not-a-directory' | 'stale' | 'full' | 'foreign' | 'other';

/** Why the file system refused. `systemCode` is errno's name. */
export class FileFault extends Error {
  override name = 'FileFault';
  readonly code: FileFaultCode;
  readonly systemCode: string;
  readonly path: string;

  constructor(fault: { code: FileFaultCode; systemCode: string; path: string; cause?: unknown }) {
    super(`${fault.systemCode}: ${fault.path}`, { cause: fault.cause });
    this.code = fault.code;
    this.systemCode = fault.systemCode;
    this.path = fault.path;
  }
}

export type StoreFaultCode = 'busy' | 'full' | 'corrupt' | 'foreign' | 'misplaced' | 'newer' | 'denied' | 'too-many-open' | 'other';

/** Why the checkpoint store refused. */
export class StoreFault extends Error {
  override name = 'StoreFault';
  readonly code: StoreFaultCode;
  readonly hint: string;

  constructor(fault: { code: StoreFaultCode; message: string; hint: string; cause?: unknown }) {
    super(fault.message, { cause: fault.cause });
    this.code = fault.code;
    this.hint = fault.hint;
  }
}

/** Ends a command with a message for a person and an exit code (cli/usage/exit-codes.ts). `cli/` and `main.ts` only. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(failure: { message: string; exitCode: number; hint?: string; cause?: unknown }) {
    super(failure.message, { cause: failure.cause });
    this.exitCode = failure.exitCode;
    this.hint = failure.hint;
  }
}
