/** Says in words how a flow reaches its service, without calling the service: what `kinship check` shows. */
import { AccessError } from '../faults/access-error.ts';
import type { AwsSettings, CredentialsSettings } from '../config.ts';
import { proxyFor } from '../network/connection.ts';
import type { Environment } from '../network/connection.ts';
import { explainEndpoint } from '../network/endpoint.ts';
import type { Endpoint } from '../network/endpoint.ts';
import { resolveRegion } from './region.ts';
import type { Region } from './region.ts';
import { trust } from '../network/trust.ts';

export interface AccessExplained {
  readonly kind: 'explained';
  readonly region: Region;
  readonly endpoint: Endpoint;
  /** Without password; `undefined` where the way is direct. */
  readonly proxy: string | undefined;
  /** Where credentials come from, never what they are. */
  readonly credentials: string;
}

export type AccessReport = AccessExplained | { readonly kind: 'failed'; readonly message: string; readonly hint: string };

/** Explains the way of `settings` to `target` (name or ARN). Only asks instance metadata for the region and reads the CA bundle. */
export async function explainAccess(
  question: { readonly service: 'Kinesis' | 'Firehose'; readonly settings: AwsSettings; readonly target: string },
  environment: Environment,
): Promise<AccessReport> {
  const { service, settings, target } = question;
  const own = service === 'Kinesis' ? settings.kinesis : settings.firehose;
  try {
    const profile = settings.credentials?.profile;
    const resolved = await resolveRegion({ configured: settings.region, target, profile, environment });
    const region: Region = settings.regionIsJavaDefault === true ? { ...resolved, source: 'default of the Java agent' } : resolved;
    const endpoint = explainEndpoint({ ...own, service, region: region.name, configured: own.endpoint, environment });
    const proxy = proxyFor(new URL(endpoint.url), settings, environment);
    // Opens the bundle, so that an unusable one is found before the first call.
    trust(settings.caBundle, environment);
    return { kind: 'explained', region, endpoint, proxy, credentials: describeCredentials(settings.credentials, environment) };
  } catch (error) {
    if (error instanceof AccessError) return { kind: 'failed', message: error.message, hint: error.hint };
    throw error;
  }
}

/** The source of credentials in words, in the order of the SDK's chain. Source: AWS SDKs and tools reference guide. */
export function describeCredentials(settings: CredentialsSettings | undefined, environment: Environment): string {
  const base = describeBase(settings, environment);
  const role = settings?.assumeRole;
  return role === undefined ? base : `role ${role.roleArn}, assumed with ${base}`;
}

function describeBase(settings: CredentialsSettings | undefined, environment: Environment): string {
  if (settings?.accessKeyId !== undefined) return `access key ${settings.accessKeyId} of the config`;
  if (settings?.profile !== undefined) return `profile ${settings.profile}`;
  if (environment['AWS_PROFILE']) return `profile ${environment['AWS_PROFILE']} (AWS_PROFILE)`;
  if (environment['AWS_ACCESS_KEY_ID']) return `access key ${environment['AWS_ACCESS_KEY_ID']} (AWS_ACCESS_KEY_ID)`;
  if (environment['AWS_WEB_IDENTITY_TOKEN_FILE']) return `profile default, else web identity for ${environment['AWS_ROLE_ARN'] ?? 'a role'}`;
  if (environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']) {
    return 'profile default, else the role of the container';
  }
  return 'profile default, else the role of the EC2 instance';
}
