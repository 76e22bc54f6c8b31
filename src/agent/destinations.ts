/**
 * Makes the sinks of flows: the router chooses among sinks of the producer, and these share their clients.
 */
import type { FlowConfig } from '../config/model.ts';
import { Producer, type ProducerSink } from '../producer/producer.ts';
import { partitionKeyPlan } from '../route/partition-key.ts';
import { routedSink, type RoutedSink, type RouteTarget } from '../route/router.ts';
import type { AgentPorts } from './agent-ports.ts';

export class Destinations {
  readonly #ports: AgentPorts;
  readonly #producer: Producer;

  /** `onRoom` is called when a sink may no longer be crowded. */
  constructor(ports: AgentPorts, bufferBytesMax: number, onRoom: () => void) {
    this.#ports = ports;
    const { clock, random, events, metrics } = ports;
    this.#producer = new Producer({ clock, random, events, metrics, bufferBytesMax, onRoom });
  }

  /** The sink of one flow. */
  open(flow: FlowConfig): RoutedSink {
    return routedSink({
      patternTimeoutMs: flow.preprocess.patternTimeoutMillis,
      flow: flow.id,
      settings: flow.route,
      target: flow.destination,
      open: (target) => this.#sink(flow, target),
      events: this.#ports.events,
    });
  }

  /** The byte budget is `bufferBytesMax` from now on. */
  resize(bufferBytesMax: number): void {
    this.#producer.resize(bufferBytesMax);
  }

  /** Ends the streams to which no flow writes any more. */
  async closeUnused(): Promise<void> {
    await this.#producer.closeUnused();
  }

  /** Ends every request under way. */
  async close(): Promise<void> {
    await this.#producer.close();
  }

  #sink(flow: FlowConfig, { kind, stream, partitionKey }: RouteTarget): ProducerSink {
    const limits = kind === 'firehose' ? flow.aws.firehose : flow.aws.kinesis;
    return this.#producer.open({
      flow: flow.id,
      target:
        kind === 'firehose'
          ? { kind, port: this.#ports.firehose(flow, stream), stream }
          : { kind, port: this.#ports.kinesis(flow, stream), stream },
      maxConnections: limits.maxConnections,
      requestBytesMax: limits.requestBytesMax,
      requestRecordsMax: limits.requestRecordsMax,
      settings: flow.producer,
      oversizeRecords: flow.tail.oversizeRecords,
      plan: partitionKeyPlan(partitionKey, flow.preprocess.patternTimeoutMillis),
    });
  }
}
