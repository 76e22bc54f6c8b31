/**
 * The checked config as the agent takes it: every default applied, every alias folded, every flow complete in itself.
 * Made by `load.ts` only.
 */
import type { AgentSettings } from './schema/agent-settings.ts';
import type { AwsRootSettings, AwsSettings } from '../aws/config.ts';
import type { CheckpointSettings } from '../checkpoint/config.ts';
import type { Compatibility, OnUnparsable, ProcessingOption } from '../preprocess/config.ts';
import type { ProducerSettings } from '../producer/config.ts';
import type { RouteSettings } from '../route/config.ts';
import type { TailRootSettings, TailSettings } from '../tail/config.ts';
import type { TelemetrySettings } from '../telemetry/config.ts';

/** Settings of the preprocessing chain. `onUnparsable` undefined: `compatibility` decides. */
export interface PreprocessSettings {
  readonly compatibility: Compatibility;
  readonly dataProcessingOptions: readonly ProcessingOption[];
  readonly onUnparsable: OnUnparsable | undefined;
  readonly patternTimeoutMillis: number;
  readonly trimNewline: boolean;
}

export interface FlowConfig {
  /** Unique. Given, or `kinesis:STREAM:PATTERN` / `fh:STREAM:PATTERN` as in the Java agent. */
  readonly id: string;
  readonly destination:
    { readonly kind: 'kinesis'; readonly stream: string } | { readonly kind: 'firehose'; readonly stream: string };
  readonly tail: TailSettings;
  readonly preprocess: PreprocessSettings;
  readonly route: RouteSettings;
  readonly producer: ProducerSettings;
  readonly aws: AwsSettings;
}

export interface AgentConfig {
  /** The main file. */
  readonly path: string;
  readonly compatibility: Compatibility;
  readonly agent: AgentSettings;
  readonly tail: TailRootSettings;
  readonly checkpoint: CheckpointSettings;
  readonly telemetry: TelemetrySettings;
  readonly aws: AwsRootSettings;
  readonly flows: readonly FlowConfig[];
}
