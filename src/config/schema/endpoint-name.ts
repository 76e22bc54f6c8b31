/**
 * What the host name of an endpoint of AWS says: `https://kinesis.eu-west-1.amazonaws.com`,
 * `https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com`, … Source: AWS General Reference, "Service endpoints".
 */

export interface EndpointName {
  readonly service: 'kinesis' | 'firehose' | 'cloudwatch';
  readonly region: string;
}

const services = { kinesis: 'kinesis', 'streams-dualstack': 'kinesis', firehose: 'firehose', monitoring: 'cloudwatch' } as const;
const pattern = /(?:^|[./])(kinesis|firehose|monitoring|streams-dualstack)(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d)\./;

/** Undefined: the host is not one that AWS names so. */
export function endpointName(endpoint: string): EndpointName | undefined {
  const [, service, region] = pattern.exec(endpoint) ?? [];
  return service === undefined || region === undefined ? undefined : { service: services[service as keyof typeof services], region };
}
