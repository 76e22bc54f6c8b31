/** Where a service's calls go, and why: for `check` and for messages. The SDK resolves the same by itself. */
import type { Environment } from './connection.ts';

export interface Endpoint {
  readonly url: string;
  readonly source: 'config' | 'environment' | 'region';
}

export interface EndpointQuestion {
  readonly service: 'Kinesis' | 'Firehose' | 'CloudWatch' | 'STS';
  readonly region: string;
  readonly configured: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  readonly environment: Environment;
}

const HOST_NAMES = { Kinesis: 'kinesis', Firehose: 'firehose', CloudWatch: 'monitoring', STS: 'sts' } as const;

/**
 * The endpoint: of the config, of `AWS_ENDPOINT_URL_<SERVICE>` or `AWS_ENDPOINT_URL`, else the regional one. Sources:
 * service-specific endpoints in the AWS SDKs and tools reference guide; endpoints and quotas pages of each service.
 */
export function explainEndpoint(question: EndpointQuestion): Endpoint {
  if (question.configured !== undefined) return { url: question.configured, source: 'config' };
  const { environment, region, service } = question;
  const ignored = /^true$/i.test(environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] ?? '');
  const fromEnvironment = environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || environment['AWS_ENDPOINT_URL'];
  if (fromEnvironment && !ignored) return { url: fromEnvironment, source: 'environment' };
  const name = `${HOST_NAMES[service]}${question.useFipsEndpoint ? '-fips' : ''}`;
  const china = region.startsWith('cn-');
  const suffix = question.useDualstackEndpoint ? (china ? 'api.amazonwebservices.com.cn' : 'api.aws') : china ? 'amazonaws.com.cn' : 'amazonaws.com';
  return { url: `https://${name}.${region}.${suffix}`, source: 'region' };
}
