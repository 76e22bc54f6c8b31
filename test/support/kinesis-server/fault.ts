/**
 * What can be made to go wrong with a call. A fault script sees every call before it is carried out and may name one
 * fault for it.
 */
import type { OutgoingRecord } from '../../../src/core/ports.ts';

export type Fault =
  /** The whole call is refused with this error; nothing is accepted. */
  | { readonly kind: 'refuse'; readonly code: string; readonly message?: string; readonly status?: number }
  /** Entries for which `codeOf` gives a code fail with it; the others are accepted. */
  | { readonly kind: 'fail-entries'; readonly codeOf: (entry: FaultEntry) => string | undefined }
  /** Carried out, but the connection is cut before the answer. */
  | { readonly kind: 'lose-answer' }
  /** The connection is cut before anything is carried out. */
  | { readonly kind: 'cut' }
  /** No answer ever, whether the call was carried out or not. */
  | { readonly kind: 'hang'; readonly carriedOut: boolean }
  /** Carried out after `delayMs`. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Carried out, but the last `missing` entries are left out of the answer. */
  | { readonly kind: 'short-answer'; readonly missing: number }
  /** Carried out, but only the first half of the answer's body comes. */
  | { readonly kind: 'half-answer' }
  /** Carried out, but after the first half of the answer's body nothing comes any more; the connection stays. */
  | { readonly kind: 'stalled-answer' }
  /** Something in between, such as a proxy, answers with a page of its own. Nothing is carried out. */
  | { readonly kind: 'page'; readonly status: number; readonly contentType?: string; readonly body?: string };

export interface FaultEntry {
  readonly index: number;
  readonly shardId: string;
  readonly record: OutgoingRecord;
}

export interface Call {
  readonly operation: string;
  /** Name of the stream; empty where the call names none. */
  readonly stream: string;
  /** 1 for the first call of this operation on this stream. */
  readonly number: number;
  /** Records of a PutRecords. */
  readonly records: readonly OutgoingRecord[];
}

export type FaultScript = (call: Call) => Fault | undefined;

/** An error as the service answers it. */
export class ServiceError extends Error {
  override name = 'ServiceError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.code = code;
    this.status = status ?? (code === 'InternalFailure' ? 500 : code === 'ServiceUnavailable' ? 503 : 400);
  }
}
