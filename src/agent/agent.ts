/**
 * The agent: flows over one byte budget and one checkpoint store.
 *
 * Start-up is recovery: rows are loaded, identities matched, reading goes on; there is no other recovery path.
 * Stop: reading ends, what was read is sent until the deadline, positions are stored. What is not accepted by then is
 * read again at the next start, because no position ever passes it.
 */
import { Committer } from '../checkpoint/committer.ts';
import type { AgentConfig, FlowConfig } from '../config/model.ts';
import { ByteBudget } from '../core/byte-budget.ts';
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import { limits } from '../core/limits.ts';
import type { CheckpointStore, Clock, Decompression, FileSystem, FirehosePort, KinesisPort, Random } from '../core/ports.ts';
import type { AgentStatus } from '../core/status.ts';
import { ReadBuffers } from '../tail/read-buffers.ts';
import { multiLineJoiner } from '../tail/multiline.ts';
import type { EventSink } from '../telemetry/events.ts';
import type { MetricSink } from '../telemetry/metric-sink.ts';
import { Destinations } from './destinations.ts';
import { Flow, readBytesMax } from './flow.ts';
import { flowPreprocessor } from './flow-preprocessor.ts';

export interface AgentPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: FileSystem;
  readonly decompression: Decompression;
  readonly store: CheckpointStore;
  readonly events: EventSink;
  readonly metrics: MetricSink;
  kinesis(flow: FlowConfig): KinesisPort;
  firehose(flow: FlowConfig): FirehosePort;
}

export class Agent {
  readonly #config: AgentConfig;
  readonly #ports: AgentPorts;
  readonly #budget: ByteBudget;
  readonly #committer: Committer;
  readonly #destinations: Destinations;
  readonly #flows: Flow[] = [];
  readonly #endDrain = new AbortController();
  readonly #startedWallMs: number;
  readonly #version: string;

  constructor(config: AgentConfig, ports: AgentPorts, version = '') {
    this.#config = config;
    this.#ports = ports;
    this.#version = version;
    this.#startedWallMs = ports.clock.wallMs();
    this.#budget = new ByteBudget(config.tail.bufferBytesMax);
    this.#committer = new Committer(ports);
    this.#destinations = new Destinations(config, ports);
  }

  /** Takes up every flow where its checkpoints say. Rejects with a `StoreFault` if they cannot be read. */
  async start(): Promise<void> {
    const { store } = this.#ports;
    const rows = Map.groupBy(store.load(), (row) => row.flow);
    const directories = Map.groupBy(store.directories(), (seen) => seen.flow);
    const buffers = new ReadBuffers(
      Math.max(...this.#config.flows.map((flow) => readBytesMax(flow))) + limits.tailMarkerBytes + 1,
    );
    for (const config of this.#config.flows) {
      const remembered = {
        rows: rows.get(config.id) ?? [],
        directories: (directories.get(config.id) ?? []).map((seen) => seen.directory),
      };
      this.#flows.push(this.#flow(config, { buffers, remembered }));
    }
    this.#committer.start();
    for (const flow of this.#flows) flow.start();
  }

  /**
   * Ends reading, sends what was read for at most `timeoutMs`, stores positions. Calling it again ends the sending at
   * once. Resolves when nothing runs any more; nothing is lost either way.
   */
  async stop(options: { reason: string; timeoutMs: number }): Promise<void> {
    const { clock, events } = this.#ports;
    if (this.#endDrain.signal.aborted) return;
    events.emit('agentStopping', options);
    const timer = clock.setTimer(options.timeoutMs, () => this.#endDrain.abort());
    await Promise.all(this.#flows.map((flow) => flow.stopReading()));
    await Promise.all(this.#flows.map((flow) => flow.drain(this.#endDrain.signal)));
    timer.cancel();
    this.#committer.stop();
    await this.#destinations.close();
    this.#committer.commit();
    events.emit('agentStopped', {
      pendingBytes: this.#budget.usedBytes,
      uptimeSeconds: Math.round((clock.wallMs() - this.#startedWallMs) / 1000),
    });
  }

  /** Ends the sending of a stop under way. */
  hurry(): void {
    this.#endDrain.abort();
  }

  /** Everything that was there is read and resolved. */
  get idle(): boolean {
    return this.#flows.every((flow) => flow.idle);
  }

  status(): AgentStatus {
    return {
      version: this.#version,
      startedWallMs: this.#startedWallMs,
      wallMs: this.#ports.clock.wallMs(),
      budgetBytes: this.#budget.capacityBytes,
      budgetUsedBytes: this.#budget.usedBytes,
      checkpointAgeSeconds: this.#committer.ageSeconds,
      flows: this.#flows.map((flow) => flow.status()),
    };
  }

  #flow(
    config: FlowConfig,
    shared: { buffers: ReadBuffers; remembered: { rows: readonly CheckpointRow[]; directories: readonly string[] } },
  ): Flow {
    const { clock, files, decompression, events } = this.#ports;
    const { tail } = this.#config;
    return new Flow(config, {
      clock,
      files,
      decompression,
      events,
      budget: this.#budget,
      committer: this.#committer,
      sink: this.#destinations.open(config),
      preprocessor: flowPreprocessor(config, this.#ports),
      joiner: multiLineJoiner(config.tail),
      reconcileMs: tail.reconcileSeconds * 1000,
      idleCloseMs: tail.idleCloseSeconds * 1000,
      openFilesMax: Math.max(1, Math.floor(tail.openFilesMax / this.#config.flows.length)),
      ...shared,
    });
  }
}
