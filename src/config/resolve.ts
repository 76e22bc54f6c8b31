/** The checked config as the agent takes it: defaults by destination, aliases folded, each flow complete in itself. */
import { agentRootFields } from './schema/agent-settings.ts';
import { awsRootFields } from '../aws/config.ts';
import type { AwsSettings } from '../aws/config.ts';
import { checkpointRootFields } from '../checkpoint/config.ts';
import { limits } from '../core/limits.ts';
import { producerFlowFields, type ProducerSettings } from '../producer/config.ts';
import { type PartitionKeySetting, routeFlowFields } from '../route/config.ts';
import { tailFlowFields, tailRootFields } from '../tail/config.ts';
import { telemetryRootFields } from '../telemetry/config.ts';
import type { AgentConfig, FlowConfig } from './model.ts';
import type { RawConfig, RawFlow } from './schema/schema.ts';
import { parseStreamName } from './relations/stream-name.ts';

type Root = Omit<RawConfig, 'flows'>;

/** `javaRegions`: services whose region is in no file. */
export function resolveConfig(
  path: string,
  root: Root,
  flows: readonly RawFlow[],
  javaRegions: ReadonlySet<string> = new Set(),
): AgentConfig {
  return {
    path,
    compatibility: root.compatibility ?? 'native',
    agent: slice(root, agentRootFields),
    tail: slice(root, tailRootFields),
    checkpoint: slice(root, checkpointRootFields),
    telemetry: slice(root, telemetryRootFields),
    aws: slice(root, awsRootFields),
    flows: flows.map((flow) => resolveFlow(root, flow, javaRegions)),
  };
}

/** The id a flow has, given or made of stream and pattern as the Java agent makes it. */
export function flowId(flow: RawFlow): string {
  if (flow.id !== undefined) return flow.id;
  const patterns = flow.filePattern.join(',');
  return flow.deliveryStream === undefined
    ? `kinesis:${flow.kinesisStream}:${patterns}`
    : `fh:${flow.deliveryStream}:${patterns}`;
}

function resolveFlow(root: Root, flow: RawFlow, javaRegions: ReadonlySet<string>): FlowConfig {
  const { partitionKey: _key, partitionKeyOption: _option, ...route } = slice(flow, routeFlowFields);
  const kind = flow.deliveryStream === undefined ? 'kinesis' : 'firehose';
  return {
    id: flowId(flow),
    destination: { kind, stream: flow.deliveryStream ?? flow.kinesisStream ?? '' },
    tail: slice(flow, tailFlowFields),
    preprocess: {
      compatibility: flow.compatibility ?? root.compatibility ?? 'native',
      dataProcessingOptions: flow.dataProcessingOptions ?? [],
      onUnparsable: flow.onUnparsable,
      patternTimeoutMillis: flow.patternTimeoutMillis ?? 1000,
      trimNewline: flow.trimNewline ?? false,
    },
    route: { ...route, partitionKey: partitionKeyOf(flow) },
    producer: producerSettings(flow, kind),
    aws: awsSettings(root, flow, { kind, isJavaRegion: javaRegions.has(kind) }),
  };
}

function partitionKeyOf(flow: RawFlow): PartitionKeySetting {
  return flow.partitionKey ?? { kind: flow.partitionKeyOption === 'DETERMINISTIC' ? 'md5' : 'random' };
}

function producerSettings(flow: RawFlow, kind: 'kinesis' | 'firehose'): ProducerSettings {
  const { recordMaxBufferedTimeMillis, maxBufferAgeMillis, aggregation, aggregatedRecordSizeBytes, ...rest } = slice(
    flow,
    producerFlowFields,
  );
  const packed = kind === 'firehose' && aggregatedRecordSizeBytes !== undefined && aggregatedRecordSizeBytes > 0;
  const formatDefault = kind === 'kinesis' ? 'kpl' : packed ? 'newline' : 'none';
  return {
    ...rest,
    recordMaxBufferedTimeMillis: recordMaxBufferedTimeMillis ?? maxBufferAgeMillis ?? 100,
    aggregation: {
      format: aggregation?.format ?? formatDefault,
      recordBytesMax:
        aggregation?.recordBytesMax ?? (packed ? aggregatedRecordSizeBytes : limits.aggregatedRecordBytesDefault),
    },
  };
}

/** Region: of the stream's ARN, of the flow, of the service's section, of the config; else the SDK looks for it. */
function awsSettings(
  root: Root,
  flow: RawFlow,
  { kind, isJavaRegion }: { kind: 'kinesis' | 'firehose'; isJavaRegion: boolean },
): AwsSettings {
  const name = parseStreamName(flow.deliveryStream ?? flow.kinesisStream ?? '', kind);
  const arnRegion = name.kind === 'arn' ? name.region : undefined;
  const { proxy, caBundle, userAgent, userAgentOverride, kinesis, firehose } = root;
  const own = arnRegion ?? flow.region;
  return {
    region: own ?? root[kind].region ?? root.region,
    regionIsJavaDefault: own === undefined && isJavaRegion,
    credentials: flow.credentials ?? root.credentials,
    kinesis: kind === 'kinesis' ? { ...kinesis, endpoint: flow.endpoint ?? kinesis.endpoint } : kinesis,
    firehose: kind === 'firehose' ? { ...firehose, endpoint: flow.endpoint ?? firehose.endpoint } : firehose,
    proxy,
    caBundle,
    userAgent,
    userAgentOverride,
  };
}

/** The values of `source` whose keys are in `fields`. */
function slice<Source extends object, Key extends keyof Source>(
  source: Source,
  fields: Readonly<Record<Key, unknown>>,
): Pick<Source, Key> {
  const picked: Partial<Pick<Source, Key>> = {};
  for (const key of Object.keys(fields) as Key[]) picked[key] = source[key];
  return picked as Pick<Source, Key>;
}
