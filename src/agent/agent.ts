/**
 * The agent: flows over one byte budget and one checkpoint store.
 *
 * Start-up is recovery: rows are loaded, identities matched, reading goes on; there is no other recovery path.
 * Stop: reading ends, what was read is sent until the deadline, positions are stored. What is not accepted by then is
 * read again at the next start, because no position ever passes it.
 */
import { isDeepStrictEqual } from 'node:util';
import { Committer } from '../checkpoint/committer.ts';
import type { AgentConfig, FlowConfig } from '../config/model.ts';
import { ByteBudget } from '../core/byte-budget.ts';
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import { addTotals } from '../core/flow-totals.ts';
import { limits } from '../core/limits.ts';
import type { AgentStatus, FlowTotals } from '../core/status.ts';
import { ReadBuffers } from '../tail/reading/read-buffers.ts';
import { disinherit } from '../tail/recognition/handover.ts';
import type { Remembered } from '../tail/recognition/remembered.ts';
import type { AgentPorts } from './agent-ports.ts';
import { Destinations } from './destinations.ts';
import { flowFooters, flowJoiner, flowPreprocessor } from './flow-preprocessor.ts';
import { Flow, readBytesMax } from './flow.ts';

const DAY_MS = 86_400_000;

/** How many flows a reload touched. */
export interface ReloadCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly kept: number;
}

/** A loop that did not go round for this long is stuck: a file system that does not answer, or a bug. */
const LOOP_SILENCE_MS = 120_000;
/** The start waits at most this long for the first look at the files. */
const FIRST_LOOKS_MS = 5000;

export class Agent {
  #config: AgentConfig;
  /** Shared by all flows that begin with this config, since each `ReadBuffers` keeps a few buffers. */
  #buffers: ReadBuffers;
  readonly #ports: AgentPorts;
  readonly #budget: ByteBudget;
  readonly #committer: Committer;
  readonly #destinations: Destinations;
  readonly #flows: Flow[] = [];
  /** Totals of flows that a reload ended: one entry for each flow that was ever configured. */
  readonly #ended = new Map<string, FlowTotals>();
  /** One reload at a time; a stop waits for it. */
  #reloading: Promise<unknown> = Promise.resolve();
  #stopping = false;
  readonly #endDrain = new AbortController();
  readonly #startedWallMs: number;
  readonly #version: string;

  constructor(config: AgentConfig, ports: AgentPorts, version = '') {
    this.#config = config;
    this.#buffers = buffersFor(config);
    this.#ports = ports;
    this.#version = version;
    this.#startedWallMs = ports.clock.wallMs();
    this.#budget = new ByteBudget(config.tail.bufferBytesMax);
    this.#committer = new Committer({ ...ports, beat: ports.loops.open('positions', LOOP_SILENCE_MS) });
    this.#destinations = new Destinations(ports, config.tail.bufferBytesMax, () => this.#budget.reconsider());
  }

  /** Takes up every flow where its checkpoints say. Rejects with a `StoreFault` if they cannot be read. */
  async start(): Promise<void> {
    this.#open(this.#config.flows, this.#stored());
    this.#committer.start();
    for (const flow of this.#flows) flow.start();
    await this.#firstLooks();
  }

/** Waits until every flow knows the files that are there: what is written from now on is new. Slow file systems are not waited for. */
  async #firstLooks(): Promise<void> {
    const enough = new AbortController();
    const tooSlow = this.#ports.clock.sleep(FIRST_LOOKS_MS, enough.signal);
    await Promise.race([tooSlow, Promise.all(this.#flows.map((flow) => flow.looked))]);
    enough.abort();
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
    this.#stopping = true;
    await this.#reloading;
    await Promise.all(this.#flows.map((flow) => flow.stopReading()));
    await Promise.all(this.#flows.map((flow) => flow.drain(this.#endDrain.signal)));
    timer.cancel();
    this.#committer.stop();
    await this.#destinations.close();
    this.#tellUnsafe(this.#committer.commit());
    events.emit('agentStopped', {
      pendingBytes: this.#budget.usedBytes,
      uptimeSeconds: Math.round((clock.wallMs() - this.#startedWallMs) / 1000),
    });
  }

  /** Tells what the next start cannot make good, while there is somebody to tell. */
  #tellUnsafe(areStored: boolean): void {
    const { events } = this.#ports;
    for (const flow of this.#flows) {
      const { files, bytes } = flow.deletedUnsent;
      if (files > 0) events.emit('deletedFilesUnsent', { flow: flow.config.id, files, bytes });
    }
    const { fault, ageSeconds } = this.#committer;
    if (!areStored && fault !== undefined) events.emit('positionsUnstored', { seconds: Math.round(ageSeconds), reason: fault.message, hint: fault.hint });
  }

  /**
   * Takes over a checked config. Flows that did not change go on untouched; changed and removed ones stop reading, send
   * what they read (for at most `shutdownTimeoutMillis`) and store their positions, where their successors go on.
   * Rejects with a `StoreFault`, and nothing has changed, where the store cannot be read.
   */
  reload(config: AgentConfig): Promise<ReloadCounts> {
    const reloaded = this.#reloading.then(() => this.#reload(config));
    // The caller hears of a failure. The next reload, or a stop, only waits for the end.
    this.#reloading = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #reload(config: AgentConfig): Promise<ReloadCounts> {
    const wanted = new Map(config.flows.map((flow) => [flow.id, flow]));
    const leaving = this.#flows.filter((flow) => !isDeepStrictEqual(wanted.get(flow.config.id), flow.config));
    const before = new Set(this.#flows.map((flow) => flow.config.id));
    // Before anything changes: without the store nothing new can begin.
    const stored = this.#stored();
    this.#config = config;
    this.#budget.resize(config.tail.bufferBytesMax);
    this.#destinations.resize(config.tail.bufferBytesMax);
    this.#buffers = buffersFor(config);
    const coming = this.#stopping ? [] : config.flows.filter((flow) => !before.has(flow.id));
    for (const flow of this.#open(coming, stored)) flow.start();
    // Each successor starts as soon as it can: a stream that refuses one flow's records must not keep the others from their files.
    const changed = await Promise.all(leaving.map((flow) => this.#succeed(flow, wanted.get(flow.config.id))));
    await this.#destinations.closeUnused();
    const changedCount = changed.filter(Boolean).length;
    return { added: coming.length, changed: changedCount, removed: leaving.length - changedCount, kept: before.size - leaving.length };
  }

  /** Ends `flow`. True: a successor with `config` goes on. It gets what is resolved directly, as the store may be failing just then. */
  async #succeed(flow: Flow, config: FlowConfig | undefined): Promise<boolean> {
    const remembered = await this.#leave(flow, this.#config.agent.shutdownTimeoutMillis);
    if (config !== undefined && !this.#stopping) {
      for (const successor of this.#open([config], () => remembered)) successor.start();
      return true;
    }
    if (remembered.inherited !== undefined) await disinherit(remembered.inherited);
    return false;
  }

  async #leave(flow: Flow, timeoutMs: number): Promise<Remembered> {
    await flow.pauseReading();
    const hurry = new AbortController();
    const timer = this.#ports.clock.setTimer(timeoutMs, () => hurry.abort());
    await flow.drain(AbortSignal.any([hurry.signal, this.#endDrain.signal]));
    timer.cancel();
    // Waits for the answers to requests under way: a successor that read their records again would send them a second time at once.
    await flow.stopSending(this.#endDrain.signal);
    this.#committer.commit();
    const remembered = await flow.handOver();
    flow.close();
    const { id } = flow.config;
    this.#ended.set(id, addTotals(this.#ended.get(id), flow.status()));
    this.#flows.splice(this.#flows.indexOf(flow), 1);
    return remembered;
  }

  /** Ends the sending of a stop under way. */
  hurry(): void {
    this.#endDrain.abort();
  }

  /** Whether everything in the files is read and resolved. */
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
      checkpointFault: this.#committer.fault?.message,
      flows: this.#flows.map((flow) => flow.status()),
      ended: [...this.#ended.values()],
    };
  }

  /** What the store holds of each flow. Throws a `StoreFault`. */
  #stored(): (flow: string) => Remembered {
    const { store } = this.#ports;
    const rows = Map.groupBy(store.load(), (row) => row.flow);
    const directories = Map.groupBy(store.directories(), (seen) => seen.flow);
    const looks = new Map(store.looks().map((look) => [look.flow, look.wallMs]));
    return (flow) => ({
      rows: rows.get(flow) ?? [],
      directories: directories.get(flow) ?? [],
      lookedWallMs: looks.get(flow) ?? lastStoredWallMs(rows.get(flow) ?? []),
    });
  }

  #open(configs: readonly FlowConfig[], remembered: (flow: string) => Remembered): readonly Flow[] {
    const opened = configs.map((config) => this.#flow(config, { buffers: this.#buffers, remembered: remembered(config.id) }));
    this.#flows.push(...opened);
    return opened;
  }

  #flow(
    config: FlowConfig,
    shared: { buffers: ReadBuffers; remembered: Remembered },
  ): Flow {
    const { clock, files, decompression, events, metrics, loops, openFilesMax = Infinity } = this.#ports;
    const { tail } = this.#config;
    return new Flow(config, {
      clock,
      files,
      decompression,
      events,
      metrics,
      beat: loops.open(`flow ${config.id}`, LOOP_SILENCE_MS),
      budget: this.#budget,
      committer: this.#committer,
      sink: this.#destinations.open(config),
      preprocessor: flowPreprocessor(config, this.#ports),
      joiner: flowJoiner(config, events),
      footers: flowFooters(config, events),
      reconcileMs: tail.reconcileSeconds * 1000,
      idleCloseMs: tail.idleCloseSeconds * 1000,
      rememberMs: this.#config.checkpoint.checkpointTimeToLiveDays * DAY_MS,
      openFilesMax: Math.max(1, Math.floor(Math.min(tail.openFilesMax, openFilesMax) / this.#config.flows.length)),
      ...shared,
    });
  }
}

/** Room for one read of any flow, and for what is read again before its position. */
function buffersFor({ flows }: AgentConfig): ReadBuffers {
  return new ReadBuffers(Math.max(0, ...flows.map((flow) => readBytesMax(flow))) + limits.nearBytesMax + 1);
}

/** The last time the agent surely ran, by the last stored row. For stores of an older layout, which do not tell of looks. */
function lastStoredWallMs(rows: readonly CheckpointRow[]): number | undefined {
  // Not as arguments of one `Math.max`: there can be more rows than a call takes.
  return rows.reduce<number | undefined>((latest, row) => Math.max(latest ?? 0, row.updatedWallMs), undefined);
}
