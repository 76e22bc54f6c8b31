/** What can be set about reaching AWS: region, credentials, endpoints, proxy, connections. */
import * as z from 'zod';
import { limits } from '../core/limits.ts';
import { choice, flag, group, size, text, whole } from '../core/settings-field.ts';

const regionField = () =>
  text({ description: 'AWS region. Without it: the region of the stream’s ARN, else where the SDK looks for one.', example: 'eu-west-1' }).optional();

const assumeRole = group(
  {
    roleArn: text({ description: 'ARN of the role.', example: 'arn:aws:iam::123456789012:role/kinship' }),
    sessionName: text({ description: 'Name of the session, seen in CloudTrail.' }).default('kinship'),
    durationSeconds: whole('seconds', {
      description: 'How long a session lasts; it is renewed before it ends.',
      min: 900,
      max: 43_200,
    }).default(3600),
    externalId: text({ description: 'External id that the role’s trust policy asks for.' }).optional(),
    stsEndpoint: text({
      description: 'Endpoint of STS; else the regional one.',
      example: 'https://sts.eu-west-1.amazonaws.com',
    }).optional(),
  },
  { description: 'A role to assume with the credentials found so far.' },
);

const credentials = group(
  {
    profile: text({ description: 'Profile of the shared AWS config and credentials files.', example: 'logs' }).optional(),
    accessKeyId: text({ description: 'Access key id, with secretAccessKey. Better: a profile or a role.', secret: true }).optional(),
    secretAccessKey: text({
      description: 'Secret access key. The config file must then be readable by its owner only.',
      secret: true,
    }).optional(),
    sessionToken: text({ description: 'Session token of temporary keys.', secret: true }).optional(),
    assumeRole: assumeRole.optional(),
  },
  {
    description:
      'Where credentials come from. Without it: the SDK’s default chain (environment, SSO, profile, process, web identity, container, EC2 instance).',
    secret: true,
  },
);

const endpointField = (service: string) =>
  text({
    description: `Endpoint of ${service}, with scheme; for VPC endpoints and tests. Requests are signed for the configured region.`,
    example: 'https://vpce-0123.kinesis.eu-west-1.vpce.amazonaws.com',
  }).optional();

const connectionFields = {
  useFipsEndpoint: flag({ description: 'Use the FIPS endpoint.' }).default(false),
  useDualstackEndpoint: flag({ description: 'Use the endpoint that has IPv4 and IPv6 addresses.' }).default(false),
  maxConnections: whole('requests', {
    description: 'Most requests in flight, and connections open, to one endpoint.',
    min: 1,
    max: 1024,
  }).default(24),
  connectTimeoutMillis: whole('milliseconds', {
    description: 'A connection not made within this time is given up and tried again.',
    min: 100,
    max: 300_000,
  }).default(6000),
  requestTimeoutMillis: whole('milliseconds', {
    description: 'A request not answered within this time is given up and tried again.',
    min: 100,
    max: 600_000,
  }).default(6000),
};

const kinesis = group(
  {
    region: regionField(),
    endpoint: endpointField('Kinesis'),
    protocol: choice(['auto', 'cbor', 'json'], {
      description:
        'How requests are written: cbor is smaller and faster; auto tries it and goes to json where an endpoint does not speak it.',
    }).default('auto'),
    accountIdEndpointMode: choice(['preferred', 'disabled', 'required'], {
      description: 'Whether endpoints that carry the account id are used.',
    }).default('preferred'),
    ...connectionFields,
    requestBytesMax: size({
      description: 'A PutRecords request is filled up to this size, data and partition keys.',
      min: 64 * 1024,
      max: limits.putRecordsBytesMax,
      example: '5MiB',
    }).default(limits.putRecordsBytesDefault),
    requestRecordsMax: whole('records', {
      description: 'A PutRecords request is filled up to this many records.',
      min: 1,
      max: limits.putRecordsCountMax,
    }).default(limits.putRecordsCountMax),
  },
  { description: 'How Kinesis Data Streams is reached.' },
);

const firehose = group(
  {
    region: regionField(),
    endpoint: endpointField('Firehose'),
    ...connectionFields,
    requestBytesMax: size({
      description: 'A PutRecordBatch request is filled up to this size.',
      min: 64 * 1024,
      max: limits.putRecordBatchBytesMax,
      example: '4MiB',
    }).default(limits.putRecordBatchBytesMax),
    requestRecordsMax: whole('records', {
      description: 'A PutRecordBatch request is filled up to this many records.',
      min: 1,
      max: limits.putRecordBatchCountMax,
    }).default(limits.putRecordBatchCountMax),
  },
  { description: 'How Amazon Data Firehose is reached.' },
);

/** Keys at the top of the config. */
export const awsRootFields = {
  region: regionField(),
  credentials: credentials.optional(),
  kinesis: kinesis.prefault({}),
  firehose: firehose.prefault({}),
  proxy: text({
    description: 'HTTP proxy for every request to AWS (https:// where it speaks TLS), with user:password@ if it asks. Else HTTPS_PROXY and NO_PROXY.',
    example: 'http://proxy.local:3128',
    secret: true,
  }).optional(),
  caBundle: text({
    description: 'PEM file with certificate authorities trusted beside the built-in ones, also for a proxy that speaks TLS.',
    example: '/etc/ssl/private-ca.pem',
  }).optional(),
  userAgent: text({ description: 'Put before the User-Agent of every request.' }).optional(),
  userAgentOverride: text({ description: 'The whole User-Agent of every request.' }).optional(),
};

/** Keys of one flow: what differs from the top of the config. */
export const awsFlowFields = {
  region: regionField(),
  credentials: credentials.optional(),
  endpoint: endpointField('the flow’s service'),
};

const rootSchema = z.object(awsRootFields);
export type AwsRootSettings = Readonly<z.output<typeof rootSchema>>;
export type CredentialsSettings = Readonly<z.output<typeof credentials>>;
export type AssumeRoleSettings = Readonly<z.output<typeof assumeRole>>;
export type KinesisSettings = Readonly<z.output<typeof kinesis>>;
export type FirehoseSettings = Readonly<z.output<typeof firehose>>;
/** What one flow's clients are made from: the flow's own settings over those of the top of the config. */
export interface AwsSettings {
  readonly region: string | undefined;
  /** The region stands in no file: it is the Java agent's default. */
  readonly regionIsJavaDefault?: boolean;
  readonly credentials: CredentialsSettings | undefined;
  readonly kinesis: KinesisSettings;
  readonly firehose: FirehoseSettings;
  readonly proxy: string | undefined;
  readonly caBundle: string | undefined;
  readonly userAgent: string | undefined;
  readonly userAgentOverride: string | undefined;
}
