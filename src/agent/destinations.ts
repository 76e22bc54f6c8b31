/**
 * Flow → where its records go: the sinks of the producer, over shared clients.
 */
import type { FlowConfig } from '../config/model.ts';
import type { PartitionKeyPlan } from '../core/partition-key-plan.ts';
import { Producer, type ProducerSink } from '../producer/producer.ts';
import type { AgentPorts } from './agent.ts';
import type { FlowSink } from './flow-sink.ts';

export class Destinations {
  readonly #ports: AgentPorts;
  readonly #producer: Producer;

  constructor(ports: AgentPorts, bufferBytesMax: number) {
    this.#ports = ports;
    const { clock, random, events, metrics } = ports;
    this.#producer = new Producer({ clock, random, events, metrics, bufferBytesMax });
  }

  /** The sink of one flow. */
  open(flow: FlowConfig): FlowSink {
    const sink = this.#sink(flow, flow.destination.stream, { kind: 'random' });
    return {
      add: (batch, source) => sink.add(batch, source),
      drain: (signal) => sink.drain(signal),
      status: () => [sink.status()],
      close: () => sink.close(),
    };
  }

  /** Ends every request under way. */
  async close(): Promise<void> {
    await this.#producer.close();
  }

  #sink(flow: FlowConfig, stream: string, plan: PartitionKeyPlan): ProducerSink {
    const firehose = flow.destination.kind === 'firehose';
    const limits = firehose ? flow.aws.firehose : flow.aws.kinesis;
    return this.#producer.open({
      flow: flow.id,
      target: firehose
        ? { kind: 'firehose', port: this.#ports.firehose(flow, stream), stream }
        : { kind: 'kinesis', port: this.#ports.kinesis(flow, stream), stream },
      maxConnections: limits.maxConnections,
      requestBytesMax: limits.requestBytesMax,
      requestRecordsMax: limits.requestRecordsMax,
      settings: flow.producer,
      oversizeRecords: flow.tail.oversizeRecords,
      plan,
    });
  }
}
