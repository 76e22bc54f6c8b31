/**
 * STS as far as assuming roles goes. Source: STS API reference, AssumeRole and AssumeRoleWithWebIdentity (query
 * protocol, XML answers).
 */
import { FakeService } from '../fake-http/fake-service.ts';
import type { FakeAnswer, FakeRequest } from '../fake-http/fake-service.ts';
import { requireSignature } from '../fake-http/signature.ts';
import type { SigningCredentials } from '../fake-http/signature.ts';
import { ServiceError } from '../kinesis-server/fault.ts';

export interface FakeStsOptions {
  /** Who may call AssumeRole, with checked signatures. */
  readonly callers: readonly SigningCredentials[];
  /** What a role's session gets; called anew for every session. */
  readonly issue: (role: AssumedRole) => { readonly keys: Required<SigningCredentials>; readonly expiration: Date };
  /** Roles that nobody may assume. */
  readonly denied?: readonly string[];
}

export interface AssumedRole {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly externalId: string | undefined;
  readonly webIdentityToken: string | undefined;
  /** Access key that signed; empty for a web identity. */
  readonly caller: string;
}

export interface FakeSts extends AsyncDisposable {
  readonly endpoint: string;
  readonly assumed: readonly AssumedRole[];
}

export async function startFakeSts(options: FakeStsOptions): Promise<FakeSts> {
  const assumed: AssumedRole[] = [];
  const service = await FakeService.start({
    refusal: xmlRefusal,
    respond: (request) => {
      const role = readRole(request, options.callers);
      if (options.denied?.includes(role.roleArn)) {
        const message = `User: arn:aws:iam::000000000000:user/${role.caller} is not authorized to perform: sts:AssumeRole on resource: ${role.roleArn}`;
        throw new ServiceError('AccessDenied', message, 403);
      }
      assumed.push(role);
      const { keys, expiration } = options.issue(role);
      const action = role.webIdentityToken === undefined ? 'AssumeRole' : 'AssumeRoleWithWebIdentity';
      return xml(200, `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
        <AccessKeyId>${keys.accessKeyId}</AccessKeyId><SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey>
        <SessionToken>${keys.sessionToken}</SessionToken><Expiration>${expiration.toISOString()}</Expiration>
        </Credentials></${action}Result></${action}Response>`);
    },
  });
  return { endpoint: service.endpoint, assumed, [Symbol.asyncDispose]: () => service.close() };
}

function readRole(request: FakeRequest, callers: readonly SigningCredentials[]): AssumedRole {
  const form = new URLSearchParams(request.body.toString());
  const webIdentityToken = form.get('WebIdentityToken') ?? undefined;
  if (webIdentityToken === undefined) requireSignature(request.raw, request.body, { service: 'sts', credentials: callers });
  const durationSeconds = Number(form.get('DurationSeconds') ?? 3600);
  if (durationSeconds < 900 || durationSeconds > 43_200) {
    throw new ServiceError('ValidationError', 'DurationSeconds must be between 900 and 43200');
  }
  return {
    roleArn: form.get('RoleArn') ?? '',
    sessionName: form.get('RoleSessionName') ?? '',
    durationSeconds,
    externalId: form.get('ExternalId') ?? undefined,
    webIdentityToken,
    caller: /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '',
  };
}

function xmlRefusal(error: ServiceError): FakeAnswer {
  return xml(error.status, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${error.code}</Code><Message>${error.message}</Message></Error></ErrorResponse>`);
}

function xml(status: number, body: string): FakeAnswer {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}
