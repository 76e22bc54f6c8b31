/** Which call to which service a fault is about. Hints name these facts. */
export type AwsService = 'Kinesis' | 'Firehose' | 'CloudWatch' | 'STS';

export interface CallContext {
  readonly service: AwsService;
  /** The API's name of the operation, `PutRecords`. */
  readonly operation: string;
  /** Name or ARN of the stream; empty where the call is about none. */
  readonly target: string;
  readonly region: string;
  /** URL of the endpoint. Before an endpoint is resolved: a name that stands for it. */
  readonly endpoint: string;
}

const IAM_PREFIX: Readonly<Record<AwsService, string>> = {
  Kinesis: 'kinesis',
  Firehose: 'firehose',
  CloudWatch: 'cloudwatch',
  STS: 'sts',
};

/** The IAM action that permits the call. Source: Service Authorization Reference. */
export function iamAction(call: CallContext): string {
  return `${IAM_PREFIX[call.service]}:${call.operation}`;
}

/** The ARN of the target, with `ACCOUNT` where only the name is known. */
export function targetArn(call: CallContext): string {
  if (call.target.startsWith('arn:') || call.target === '') return call.target || '*';
  const partition = partitionOf(call.region);
  const kind = call.service === 'Firehose' ? 'deliverystream' : 'stream';
  return `arn:${partition}:${IAM_PREFIX[call.service]}:${call.region}:ACCOUNT:${kind}/${call.target}`;
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
