/**
 * Credentials: where they come from, kept until shortly before they expire, fetched anew on demand.
 *
 * Guarantees: while the last credentials are good as far as is known, nobody waits for a fetch, a fetch that fails changes
 * nothing, and a fetch begins every `FETCH_INTERVAL_MS` at most. Nobody waits longer than `PATIENCE_MS` for a source that does not
 * answer. Such a source is asked again after `GIVEN_UP_MS`, while fewer than `FETCHES_MAX` fetches are unanswered. An
 * `AccessError` says which sources were tried and what to set. The sources are the SDK's.
 */
import type { AwsCredentialIdentity } from '@smithy/types';
import type { Clock } from '../../core/ports.ts';
import { AccessError } from '../faults/access-error.ts';
import type { AssumeRoleSettings, CredentialsSettings } from '../config.ts';
import { type Environment, proxyFor } from '../network/connection.ts';
import { explainEndpoint } from '../network/endpoint.ts';
import { serviceFault } from '../faults/service-fault.ts';

/** Options of the SDK's clients that fetch credentials (STS, SSO): region, HTTP handler. */
export interface CredentialsClientOptions {
  readonly region: string;
  readonly requestHandler: object;
}

export interface CredentialsOptions {
  readonly settings: CredentialsSettings | undefined;
  readonly client: CredentialsClientOptions;
  readonly environment: Environment;
  readonly clock: CredentialsClock;
  /** `proxy` of the config. */
  readonly proxy: string | undefined;
}

/** Credentials are fetched anew this long before they expire. Source: AWS SDKs and tools reference guide, five minutes. */
const REFRESH_BEFORE_MS = 5 * 60_000;
/**
 * Least time between two fetches that nobody waits for. A source that caches can give credentials with less than those five
 * minutes left, and a wrong policy must not add a call to STS to every call.
 */
const FETCH_INTERVAL_MS = 10_000;
/** How long a caller waits for a fetch: a process that signs somebody in takes seconds. */
const PATIENCE_MS = 30_000;
/** A fetch that is unanswered for so long is given up: a new one may find its source well again. */
const GIVEN_UP_MS = 5 * 60_000;
/** Most unanswered fetches at once: each may be a process that hangs. */
const FETCHES_MAX = 3;

type CredentialsClock = Pick<Clock, 'wallMs' | 'monotonicMs' | 'setTimer'>;

export class Credentials {
  readonly #fetch: () => Promise<AwsCredentialIdentity>;
  readonly #clock: CredentialsClock;
  #current: AwsCredentialIdentity | undefined;
  /** The latest fetch, while it is not answered. */
  #pending: Promise<AwsCredentialIdentity> | undefined;
  #unansweredCount = 0;
  #begunCount = 0;
  /** Number of the fetch that `#current` is from. */
  #number = 0;
  #doubted = false;
  /** When the last fetch began, monotonic. */
  #begunMs = Number.NEGATIVE_INFINITY;

  constructor(options: { fetch: () => Promise<AwsCredentialIdentity>; clock: CredentialsClock }) {
    this.#fetch = options.fetch;
    this.#clock = options.clock;
  }

  /** Good credentials. Rejects with whatever the source rejected with, or with an `AccessError` where it does not answer. */
  async get(): Promise<AwsCredentialIdentity> {
    const current = this.#current;
    if (current === undefined || this.#doubted) return this.#patiently(this.#fetched());
    const leftMs = this.#leftMs(current);
    // Credentials that are expired when just fetched: this machine's clock is wrong, or the source's. The service judges by its own.
    const isNewest = this.#number === this.#begunCount && !this.#mayBegin();
    if (leftMs <= 0 && !isNewest) return this.#patiently(this.#fetched());
    // Where this fetch fails, the next call asks again, and a caller that needs new credentials then hears why there are none.
    if (leftMs < REFRESH_BEFORE_MS) this.renew();
    return current;
  }

  /** The credentials fetched last, even where they are doubted or expired by now, without waiting for new ones. Else as `get`. */
  async held(): Promise<AwsCredentialIdentity> {
    return this.#current ?? this.get();
  }

  /** The service does not know these keys any more: the next `get` waits for new ones. No effect within `FETCH_INTERVAL_MS` of a fetch. */
  doubt(): void {
    if (this.#mayBegin()) this.#doubted = true;
  }

  /** New credentials may have rights that these lack: new ones are fetched, and these are used meanwhile. */
  renew(): void {
    if (this.#mayBegin()) this.#fetched().catch(() => undefined);
  }

  #fetched(): Promise<AwsCredentialIdentity> {
    const isGivenUp = this.#sinceBegunMs >= GIVEN_UP_MS && this.#unansweredCount < FETCHES_MAX;
    if (this.#pending === undefined || isGivenUp) this.#pending = this.#begin();
    return this.#pending;
  }

  #begin(): Promise<AwsCredentialIdentity> {
    this.#begunMs = this.#clock.monotonicMs();
    this.#unansweredCount += 1;
    const number = (this.#begunCount += 1);
    const fetch = this.#fetch()
      .then((fetched) => {
        // A fetch that was given up may answer after its successor.
        if (number < this.#number) return fetched;
        this.#number = number;
        this.#current = fetched;
        this.#doubted = false;
        return fetched;
      })
      .finally(() => {
        this.#unansweredCount -= 1;
        if (this.#pending === fetch) this.#pending = undefined;
      });
    return fetch;
  }

  async #patiently(fetched: Promise<AwsCredentialIdentity>): Promise<AwsCredentialIdentity> {
    const tooLong = Promise.withResolvers<never>();
    const timer = this.#clock.setTimer(PATIENCE_MS, () => tooLong.reject(this.#unanswered()));
    try {
      return await Promise.race([fetched, tooLong.promise]);
    } finally {
      timer.cancel();
    }
  }

  #unanswered(): AccessError {
    return new AccessError({
      code: 'CredentialsTimeout',
      // `blocked` is told at once: the caller has waited long enough.
      kind: 'blocked',
      message: `the source of the AWS credentials has not answered for ${Math.round(this.#sinceBegunMs / 1000)} s`,
      hint: 'kinship check says which source it is: see whether it, and STS, can be reached. A credential_process that hangs can be ended (ps shows it below kinship); it is then run again.',
    });
  }

  get #sinceBegunMs(): number {
    return this.#clock.monotonicMs() - this.#begunMs;
  }

  #mayBegin(): boolean {
    return this.#sinceBegunMs >= FETCH_INTERVAL_MS;
  }

  #leftMs(identity: AwsCredentialIdentity): number {
    return (identity.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - this.#clock.wallMs();
  }
}

/** The credentials that a flow's settings ask for. Its role, if any, is assumed with the credentials of the other settings. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const base = new Credentials({ fetch: () => fetchBase(options), clock: options.clock });
  const role = options.settings?.assumeRole;
  if (role === undefined) return base;
  return new Credentials({ fetch: () => assumeRole(role, base, options), clock: options.clock });
}

async function fetchBase(options: CredentialsOptions): Promise<AwsCredentialIdentity> {
  const { settings, client, environment } = options;
  if (settings?.accessKeyId !== undefined && settings.secretAccessKey !== undefined) {
    const { accessKeyId, secretAccessKey, sessionToken } = settings;
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  const providers = await import('@aws-sdk/credential-providers');
  const chainOptions = { clientConfig: { ...client }, ignoreCache: true, ec2MetadataV1Disabled: true };
  try {
    const profile = settings?.profile;
    const provider =
      profile === undefined ? providers.fromNodeProviderChain(chainOptions) : providers.fromIni({ ...chainOptions, profile });
    return await provider({ callerClientConfig: { region: () => Promise.resolve(client.region) } });
  } catch (error) {
    throw unavailable(error, settings?.profile, environment, client.region);
  }
}

async function assumeRole(
  role: AssumeRoleSettings,
  base: Credentials,
  options: CredentialsOptions,
): Promise<AwsCredentialIdentity> {
  const master = await base.get();
  const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const endpoint = role.stsEndpoint;
  try {
    return await fromTemporaryCredentials({
      masterCredentials: master,
      params: {
        RoleArn: role.roleArn,
        RoleSessionName: role.sessionName,
        DurationSeconds: role.durationSeconds,
        ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
      },
      clientConfig: { ...options.client, maxAttempts: 2, ...(endpoint === undefined ? {} : { endpoint }) },
    })();
  } catch (error) {
    base.doubt();
    throw roleNotAssumed(error, role, options);
  }
}

function roleNotAssumed(error: unknown, role: AssumeRoleSettings, { client, proxy, environment }: CredentialsOptions): AccessError {
  const { region } = client;
  const asked = { region, configured: role.stsEndpoint, useFipsEndpoint: false, useDualstackEndpoint: false, environment };
  const { url } = explainEndpoint({ service: 'STS', ...asked });
  const by = proxyFor(new URL(url), { proxy }, environment);
  const endpoint = by === undefined ? url : `${url} (through ${by})`;
  const fault = serviceFault(error, { service: 'STS', operation: 'AssumeRole', target: role.roleArn, region, endpoint });
  const denied = fault.code.startsWith('AccessDenied');
  return new AccessError({
    code: 'RoleNotAssumed',
    // STS judges its own request, not the records: the sender must not slow down, divide or repeat the records for it.
    kind: fault.kind === 'invalid' || fault.kind === 'blocked' || fault.kind === 'too-large' ? 'blocked' : 'transient',
    message: `role ${role.roleArn} cannot be assumed: ${fault.code}: ${fault.message}`,
    hint: denied
      ? `Allow sts:AssumeRole on ${role.roleArn} to the identity that kinship runs as, name that identity in the role's trust policy, and check externalId (${role.externalId === undefined ? 'none is set' : 'one is set'}).`
      : fault.kind === 'invalid'
        ? `Check assumeRole: roleArn, sessionName, and that durationSeconds (${role.durationSeconds}) is not over the role's maximum session duration.`
        : fault.hint,
    cause: error,
  });
}

function unavailable(error: unknown, profile: string | undefined, environment: Environment, region: string): AccessError {
  const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  const fault = serviceFault(error, { service: 'STS', operation: 'AssumeRole', target: '', region, endpoint: 'STS' });
  const answered = fault.code !== 'CredentialsProviderError' && fault.kind === 'transient';
  return new AccessError({
    code: 'CredentialsUnavailable',
    kind: answered ? 'transient' : 'blocked',
    message: `no AWS credentials: ${reason}`,
    hint: profile === undefined ? chainHint(environment) : profileHint(profile, environment),
    cause: error,
  });
}

function profileHint(profile: string, environment: Environment): string {
  const home = environment['HOME'] ?? '~';
  const credentialsFile = environment['AWS_SHARED_CREDENTIALS_FILE'] ?? `${home}/.aws/credentials`;
  const configFile = environment['AWS_CONFIG_FILE'] ?? `${home}/.aws/config`;
  return `Profile ${profile} was looked for in ${credentialsFile} and ${configFile}: both must be readable by the user kinship runs as, and one must say where the profile's keys come from.`;
}

/**
 * The sources of the SDK's default chain with what each found, in the order in which they are tried. The chain ends at a source
 * that is set up and fails.
 */
function chainHint(environment: Environment): string {
  const set = (name: string) => (environment[name] ? 'set' : 'not set');
  const webIdentity = environment['AWS_WEB_IDENTITY_TOKEN_FILE'];
  const container = environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] ?? environment['AWS_CONTAINER_CREDENTIALS_FULL_URI'];
  const metadata = /^true$/i.test(environment['AWS_EC2_METADATA_DISABLED'] ?? '') ? 'switched off' : 'not reachable or without a role; from a container it answers only with a hop limit of 2: aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2';
  const tried = `Tried: AWS_ACCESS_KEY_ID (${set('AWS_ACCESS_KEY_ID')}), profile ${environment['AWS_PROFILE'] ?? 'default'} of ${environment['AWS_CONFIG_FILE'] ?? '~/.aws'}, AWS_WEB_IDENTITY_TOKEN_FILE`;
  if (webIdentity) {
    const role = environment['AWS_ROLE_ARN'] || 'the role (AWS_ROLE_ARN is not set)';
    return `${tried} (${webIdentity}). That file must be readable, and the trust policy of ${role} must let whoever the token is for assume it.`;
  }
  const rest = `container credentials (${container ?? 'not set'}), EC2 instance metadata (${container === undefined ? metadata : 'not tried'})`;
  return `${tried} (not set), ${rest}. Set credentials in the config, put a profile where the service's user can read it, or give the instance or pod a role.`;
}
