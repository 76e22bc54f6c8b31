/** What an error of the SDK, its HTTP handler or Node says, read without its class: names, codes, status, headers. */
import { AccessError } from './access-error.ts';

export interface ErrorFacts {
  /** The service's code, else errno's or OpenSSL's name, else the error's name. */
  readonly code: string;
  readonly message: string;
  /** HTTP status, when something answered. */
  readonly status: number | undefined;
  /** Content type of the answer; empty when there was none or it said nothing. */
  readonly contentType: string;
  /** Whether the answer was in a form the service uses: `service` also for an empty answer. */
  readonly contentKind: 'service' | 'other';
  /** The answer could not be read in the format that it claimed. */
  readonly unparsable: boolean;
  /** errno's or OpenSSL's name, when the system refused. */
  readonly systemCode: string | undefined;
  readonly name: string;
  /** The agent's own error of what failed on the way, if there is one. */
  readonly access: AccessError | undefined;
}

interface Loose {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly $fault?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  readonly $response?: { readonly statusCode?: unknown; readonly headers?: Readonly<Record<string, unknown>> };
}

/** Reads the facts off anything that can be thrown. */
export function errorFacts(error: unknown): ErrorFacts {
  const loose: Loose = typeof error === 'object' && error !== null ? error : { message: String(error) };
  const name = text(loose.name) || 'Error';
  const systemCode = text(loose.code) || systemCodeOf(loose.cause);
  const status = numeric(loose.$response?.statusCode) ?? numeric(loose.$metadata?.httpStatusCode);
  const contentType = text(loose.$response?.headers?.['content-type']);
  // The SDK marks what it could read as an error of the service with `$fault`.
  const unparsable = status !== undefined && loose.$fault === undefined && systemCode === '';
  return {
    code: (status === undefined ? systemCode : undefined) || name,
    message: firstLine(text(loose.message) || name),
    status,
    contentType,
    contentKind: /json|cbor|xml/.test(contentType) || (contentType === '' && !unparsable) ? 'service' : 'other',
    unparsable,
    systemCode: systemCode || undefined,
    name,
    access: [error, loose.cause].find((candidate) => candidate instanceof AccessError),
  };
}

function systemCodeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? text(cause.code) : '';
}

/** The message without additions: the SDK's paragraph about `$response`, Node's advice for a command line that the binary lacks. */
function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? message).replace(/; if the root CA is installed locally, try running Node\.js with --use-system-ca$/, '');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numeric(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
