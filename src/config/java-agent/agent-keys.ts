/**
 * Every key of the Java agent's agent.json (AWS docs, "Agent configuration settings", and the agent's source): where
 * it went, or what happens instead. One table for the top of the file, one for flows.
 */
import type { Path } from '../issues/located.ts';

export type AgentKey =
  /** Has the same meaning under this path (of the config, or of the flow). Several: all of them get the value. */
  | {
      readonly kind: 'moved';
      readonly to: readonly Path[];
      /** 0 means without limit. Source: java.net.Socket, setSoTimeout and connect. */
      readonly unlimited?: boolean;
    }
  /** Has no counterpart; the sentence says what happens instead. */
  | { readonly kind: 'answered'; readonly instead: string };

const moved = (...to: string[]): AgentKey & { kind: 'moved' } => ({ kind: 'moved', to: to.map((path) => path.split('.')) });
const timeout = (...to: string[]): AgentKey => ({ ...moved(...to), unlimited: true });
const answered = (instead: string): AgentKey => ({ kind: 'answered', instead });

const noThreads = 'there are no sending threads: kinesis.maxConnections bounds the requests in flight';
const byBytes = 'memory is bounded in bytes over all flows: bufferBytesMax';
const deadLog = 'the Java agent ignores it since 2018; use log: { level } or --log-level';
const kernelTells = 'the kernel tells when files change; reconcileSeconds is how often directories are listed besides';

export const agentRootKeys: ReadonlyMap<string, AgentKey> = new Map([
  ['checkpointTimeToLiveDays', moved('checkpointTimeToLiveDays')],
  ['checkpoints.queryTimeoutSeconds', answered('positions are stored locally within milliseconds')],
  ['checkpoints.connectionTimeoutSeconds', answered('the Java agent does not use it either')],
  ['maxSendingThreadsPerCore', answered(noThreads)],
  ['maxSendingThreads', answered(noThreads)],
  ['sendingThreadsKeepAliveMillis', answered(noThreads)],
  ['sendingThreadsMaxQueueSize', answered(noThreads)],
  ['maxConnections', moved('kinesis.maxConnections', 'firehose.maxConnections')],
  ['connectionTimeoutMillis', timeout('kinesis.connectTimeoutMillis', 'firehose.connectTimeoutMillis')],
  ['socketTimeoutMillis', timeout('kinesis.requestTimeoutMillis', 'firehose.requestTimeoutMillis')],
  ['connectionTTLMillis', answered('connections are kept while they are used')],
  ['useTcpKeepAlive', answered('connections are kept alive anyway')],
  ['useHttpGzip', answered('it only asked for compressed answers, which are tiny')],
  ['shutdownTimeoutMillis', moved('shutdownTimeoutMillis')],
  ['awsAccessKeyId', moved('credentials.accessKeyId')],
  ['awsSecretAccessKey', moved('credentials.secretAccessKey')],
  ['assumeRoleARN', moved('credentials.assumeRole.roleArn')],
  ['assumeRoleExternalId', moved('credentials.assumeRole.externalId')],
  ['sts.endpoint', moved('credentials.assumeRole.stsEndpoint')],
  [
    'userDefinedCredentialsProvider.classname',
    answered(
      'Java classes cannot be loaded: credentials come from the default chain (web identity and containers included); a program of yours can give them as credential_process of a profile',
    ),
  ],
  ['userDefinedCredentialsProvider.location', answered('Java classes cannot be loaded')],
  ['kinesis.endpoint', moved('kinesis.endpoint')],
  ['kinesis.region', moved('kinesis.region')],
  ['firehose.endpoint', moved('firehose.endpoint')],
  ['cloudwatch.endpoint', moved('cloudwatch.endpoint')],
  ['cloudwatch.emitMetrics', moved('cloudwatch.emitMetrics')],
  ['cloudwatch.tagInstance', moved('cloudwatch.tagInstance')],
  ['cloudwatch.namespace', moved('cloudwatch.namespace')],
  ['cloudwatch.metricsBufferTimeMillis', answered('set cloudwatch.metricsUploadSeconds')],
  ['cloudwatch.metricsQueueSize', answered('metrics are summed up until they are sent: at most 10,000 different ones an interval')],
  ['log.emitMetrics', answered('metrics are at prometheus.listen, in CloudWatch and in kinship status')],
  ['log.emitInternalMetrics', answered('metrics are at prometheus.listen, in CloudWatch and in kinship status')],
  ['log.statusReportingPeriodSeconds', moved('log.progressSeconds')],
  ['log.level', answered(deadLog)],
  [
    'log.file',
    answered('the Java agent ignores it since 2018; kinship logs to standard output, under systemd to the journal'),
  ],
  ['log.maxBackupIndex', answered('the Java agent ignores it since 2018')],
  ['log.maxFileSize', answered('the Java agent ignores it since 2018')],
  ['userAgent', moved('userAgent')],
  ['userAgentOverride', moved('userAgentOverride')],
]);

export const agentFlowKeys: ReadonlyMap<string, AgentKey> = new Map([
  [
    'maxBufferSizeRecords',
    answered('requests are filled over all flows: kinesis.requestRecordsMax, firehose.requestRecordsMax'),
  ],
  [
    'maxBufferSizeBytes',
    answered('requests are filled over all flows: kinesis.requestBytesMax, firehose.requestBytesMax'),
  ],
  ['publishQueueCapacity', answered(byBytes)],
  ['waitOnFullPublishQueueMillis', answered('it has no effect in the Java agent either')],
  ['waitOnEmptyPublishQueueMillis', answered('records leave at their deadline: maxBufferAgeMillis')],
  ['waitOnFullRetryQueueMillis', answered('the Java agent ignores it')],
  ['minTimeBetweenFilePollsMillis', answered(kernelTells)],
  ['maxTimeBetweenFileTrackerRefreshMillis', answered(kernelTells)],
  ['pollPeriodMillis', answered('the Java agent ignores it')],
  ['log.emitInternalMetrics', answered('per flow in kinship status')],
]);
