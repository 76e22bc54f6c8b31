/** Everything the agent needs of the outside world: made in `cli/run.ts`, and simulated in `test/simulation/world.ts`. */
import type { FlowConfig } from '../config/model.ts';
import type { CheckpointStore, Clock, Decompression, FileSystem, FirehosePort, KinesisPort, Random } from '../core/ports.ts';
import type { PreprocessEnvironment } from '../preprocess/stage/environment.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { LoopWatch } from '../telemetry/loop-watch.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';

export interface AgentPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: FileSystem;
  /** How many log files the process can hold open, whatever the config says. Left out: any number. */
  readonly openFilesMax?: number;
  readonly decompression: Decompression;
  readonly store: CheckpointStore;
  readonly events: EventSink;
  readonly metrics: MetricSink;
  /** Each loop reports here whenever it goes round, so that a stuck one is found. */
  readonly loops: LoopWatch;
  /** What preprocessing may know of the machine. */
  readonly environment: PreprocessEnvironment;
  /** Equal settings give the same port: one client, one set of connections. */
  kinesis(flow: FlowConfig, stream: string): KinesisPort;
  firehose(flow: FlowConfig, deliveryStream: string): FirehosePort;
}
