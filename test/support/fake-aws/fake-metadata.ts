/**
 * Where machines get their credentials: EC2 instance metadata (version 2 only: no token, no answer), and the container
 * endpoint of ECS and EKS Pod Identity. Sources: EC2 user guide, "Use the Instance Metadata Service"; ECS developer
 * guide, "Task IAM role"; AWS SDKs and tools reference guide, "Container credential provider".
 */
import { FakeService } from '../fake-http/fake-service.ts';
import type { FakeAnswer, FakeRequest } from '../fake-http/fake-service.ts';
import type { SigningCredentials } from '../fake-http/signature.ts';

export interface IssuedKeys {
  readonly keys: Required<SigningCredentials>;
  readonly expiration: Date;
}

const TOKEN = 'fake-imds-token';

/** Instance metadata. `issue` is called anew for every fetch of the role's credentials. */
export function startFakeImds(options: { readonly region: string; readonly issue: () => IssuedKeys }): Promise<FakeService> {
  return FakeService.start({
    respond: (request) => {
      if (request.method === 'PUT' && request.url.pathname === '/latest/api/token') {
        return { headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' }, body: TOKEN };
      }
      if (request.headers['x-aws-ec2-metadata-token'] !== TOKEN) return { status: 401 };
      return { ...metadata(request, options) };
    },
  });
}

function metadata(request: FakeRequest, options: { readonly region: string; readonly issue: () => IssuedKeys }): FakeAnswer {
  switch (request.url.pathname) {
    case '/latest/meta-data/placement/region':
      return { body: options.region };
    case '/latest/meta-data/iam/security-credentials/':
      return { body: 'instance-role' };
    case '/latest/meta-data/iam/security-credentials/instance-role':
      return { body: JSON.stringify({ Code: 'Success', Type: 'AWS-HMAC', LastUpdated: new Date(0).toISOString(), ...document(options.issue()) }) };
    default:
      return { status: 404 };
  }
}

/** The container endpoint, with the token of EKS Pod Identity where one is asked for. */
export function startFakeContainer(options: { readonly token?: string; readonly issue: () => IssuedKeys; readonly host?: string }): Promise<FakeService> {
  return FakeService.start({
    ...(options.host === undefined ? {} : { host: options.host }),
    respond: (request) => {
      if (options.token !== undefined && request.headers.authorization !== options.token) return { status: 401 };
      return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(document(options.issue())) };
    },
  });
}

function document(issued: IssuedKeys): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken } = issued.keys;
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: issued.expiration.toISOString(),
  };
}
