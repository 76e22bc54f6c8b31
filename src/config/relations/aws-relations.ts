/** Relations among credentials, endpoints and regions, at the top of the config and in flows alike. */
import type { Path } from '../issues/located.ts';
import { error, type Problem, warning } from '../issues/problem.ts';
import type { RawConfig } from '../schema/schema.ts';
import { type EndpointName, endpointName } from '../schema/endpoint-name.ts';

/** Source: IAM user guide, "Manage access keys"; STS API reference, AssumeRole. */
export function credentialsProblems(
  credentials: NonNullable<RawConfig['credentials']>,
  at: Path = [],
): readonly Problem[] {
  const path = [...at, 'credentials'];
  const { accessKeyId, secretAccessKey, sessionToken, profile, assumeRole } = credentials;
  const problems: Problem[] = [];
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing = accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey';
    problems.push(error(path, `credentials needs ${missing} too: a key has two parts`));
  }
  if (sessionToken !== undefined && accessKeyId === undefined) {
    problems.push(
      error([...path, 'sessionToken'], 'credentials.sessionToken goes with accessKeyId and secretAccessKey'),
    );
  }
  if (profile !== undefined && accessKeyId !== undefined) {
    problems.push(error([...path, 'profile'], 'credentials has a profile and an access key: keep one of them'));
  }
  if (assumeRole !== undefined && !/^arn:aws[\w-]*:iam::\d{12}:role\/\S+$/.test(assumeRole.roleArn)) {
    problems.push(
      error(
        [...path, 'assumeRole', 'roleArn'],
        'credentials.assumeRole.roleArn must be the ARN of a role: arn:aws:iam::ACCOUNT:role/NAME',
      ),
    );
  }
  problems.push(...endpointProblems([...path, 'assumeRole', 'stsEndpoint'], assumeRole?.stsEndpoint));
  return problems;
}

export function endpointProblems(path: Path, endpoint: string | undefined): readonly Problem[] {
  if (endpoint === undefined || isHttpUrl(endpoint)) return [];
  return [
    error(
      path,
      `${path.slice(-2).join('.')} must be a URL with scheme, such as https://kinesis.eu-west-1.amazonaws.com, not ${JSON.stringify(endpoint)}`,
    ),
  ];
}

/** The SDK makes no call with both. Source: endpoint rules of Kinesis and Firehose ("FIPS and custom endpoint are not supported"). */
export function endpointVariantProblems(
  path: Path,
  endpoint: string | undefined,
  { useFipsEndpoint, useDualstackEndpoint }: { readonly useFipsEndpoint: boolean; readonly useDualstackEndpoint: boolean },
): readonly Problem[] {
  const variant = useFipsEndpoint ? 'useFipsEndpoint' : useDualstackEndpoint ? 'useDualstackEndpoint' : undefined;
  if (endpoint === undefined || variant === undefined) return [];
  const name = path.slice(-2).join('.');
  return [error(path, `${name} and ${variant} exclude each other: keep only ${name} if it names an endpoint of that kind itself, else take it out`)];
}

/** An endpoint of AWS takes requests for its own service only, signed for its own region. `path`: of the endpoint, or of the region. */
export function misroutedProblems(
  path: Path,
  { service, endpoint, region }: { service: EndpointName['service']; endpoint: string | undefined; region: string | undefined },
): readonly Problem[] {
  const named = endpoint === undefined ? undefined : endpointName(endpoint);
  if (named === undefined) return [];
  if (named.service !== service) return [warning(path, `${endpoint} is an endpoint of ${named.service}: it takes no requests for ${service}`)];
  if (region === undefined || region === named.region) return [];
  const message = `requests are signed for the region ${region} and go to ${endpoint}, which takes those for ${named.region} only: set one region`;
  return [warning(path, message)];
}

export function regionProblems(path: Path, region: string | undefined): readonly Problem[] {
  if (region === undefined || /^[a-z]{2,}(?:-[a-z0-9]+)+-\d+$/.test(region)) return [];
  return [error(path, `${path.slice(-2).join('.')} must be a region such as eu-west-1, not "${region}"`)];
}

export function isHttpUrl(written: string): boolean {
  const url = URL.parse(written);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
}
