/**
 * One seed's world: everything simulated, put together around the real agent. The twin of `cli/run.ts`.
 */
import type { AgentPorts } from '../../src/agent/agent-ports.ts';
import { Agent } from '../../src/agent/agent.ts';
import type { AgentConfig, FlowConfig } from '../../src/config/model.ts';
import { StoreFault } from '../../src/core/errors.ts';
import type { FirehosePort, KinesisPort, OutgoingRecord } from '../../src/core/ports.ts';
import type { EventFields, EventSink } from '../../src/telemetry/events.ts';
import { LoopWatch } from '../../src/telemetry/loop-watch.ts';
import type { MetricSink } from '../../src/telemetry/metric-sink.ts';
import { FaultPlan } from './fault-plan.ts';
import { Ledger } from './ledger.ts';
import { LogWriter } from './log-writer.ts';
import { type Denial, Oracle } from './oracle.ts';
import { Rotator } from './rotator.ts';
import { makeScenario, type KeyKind, type RotationMode, type Scenario } from './scenario.ts';
import { configOf, MOVED } from './sim-config.ts';
import { ProcessClock, SimClock, type Life } from './sim-clock.ts';
import { simDecompression } from './sim-decompression.ts';
import { SimDisk } from './sim-disk.ts';
import { SimFileSystem } from './sim-file-system.ts';
import { SimKinesis } from './sim-kinesis.ts';
import { SimRandom } from './sim-random.ts';
import { SimStore } from './sim-store.ts';
import { Supervisor, type AgentProcess } from './supervisor.ts';
import { Trace } from './trace.ts';

export interface WorldOptions {
  readonly seed: number;
  /** The run has all of these faults and no others. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly modes?: readonly RotationMode[] | undefined;
  readonly keys?: readonly KeyKind[] | undefined;
  /** Only these features (features.ts), as far as they are possible. */
  readonly features?: ReadonlySet<string> | undefined;
  /** Also reload the config every few seconds, with one flow changed. */
  readonly reloads?: boolean | undefined;
  /** How many events to keep for a report. */
  readonly keepEvents: number;
}

/** How long the active part of a run lasts, and how long the world gets to become quiet afterwards. */
const ACTIVE_MS = 45_000;
const QUIET_MS = 40_000;
const QUIET_MAX_MS = 300_000;
const INSPECT_MS = 1993;
/** One seed in so many compares all accounts after every event, whatever it was. Such a run takes half as long again. */
const LOOKS_ALWAYS = 20;
/** More events than this in one run: something spins. */
const EVENTS_MAX = 400_000;

export class World {
  readonly clock = new SimClock();
  readonly trace: Trace;
  readonly faults: FaultPlan;
  readonly scenario: Scenario;
  readonly oracle: Oracle;
  readonly ledger: Ledger;
  readonly kinesis: SimKinesis;
  readonly supervisor: Supervisor;
  readonly rotators: Rotator[] = [];
  readonly #random: SimRandom;
  readonly #disk: SimDisk;
  readonly #store: SimStore;
  #config: AgentConfig;
  #agent: Agent | undefined;
  #lives = 0;
  readonly #reloads: boolean;
  readonly #looksAlways: boolean;
  /** Times at which a reload had replaced a flow by its successor. */
  readonly reloads: number[] = [];
  readonly #denials: Denial[] = [];

  constructor(options: WorldOptions) {
    const { clock } = this;
    const now = () => clock.nowMs;
    this.#random = new SimRandom(options.seed);
    this.trace = new Trace({ now, keep: options.keepEvents });
    this.faults = new FaultPlan({ random: this.#random.fork('faults'), healMs: ACTIVE_MS, only: options.only });
    const { modes, keys, features } = options;
    this.scenario = makeScenario({ random: this.#random.fork('scenario'), faults: this.faults, modes, keys, features });
    this.#config = configOf(this.scenario);
    this.#reloads = options.reloads ?? false;
    this.#looksAlways = options.seed % LOOKS_ALWAYS === 0;
    if (this.#reloads) {
      // Little time to drain: records that are still under way then must neither be lost nor be sent a second time meanwhile.
      const shutdownTimeoutMillis = this.#random.fork('drain').pick([0, 100, 10_000]);
      this.#config = { ...this.#config, agent: { ...this.#config.agent, shutdownTimeoutMillis } };
    }
    this.#disk = new SimDisk({ now, wall: () => clock.nowMs + clock.wallOffsetMs, reusesNumbers: this.scenario.reusesInodes, orderOf: (path) => this.#orderOf(path) });
    this.ledger = new Ledger({ now, flows: this.scenario.flows, disk: this.#disk });
    const supervised = { clock, faults: this.faults, trace: this.trace, violated: (what: string) => this.oracle.violated(what) };
    this.supervisor = new Supervisor({
      ...supervised,
      random: this.#random.fork('supervisor'),
      spawn: (life) => this.#spawn(life),
      onCrash: () => this.#store.crash(),
    });
    const { crashes, lives } = this.supervisor;
    const judged = { scenario: this.scenario, faults: this.faults, now, wallOffsetMs: () => clock.wallOffsetMs, crashes, reloads: this.reloads, lives, denials: this.#denials };
    this.oracle = new Oracle({ ...judged, ledger: this.ledger });
    this.#store = new SimStore({
      clock,
      random: this.#random.fork('store'),
      faults: this.faults,
      trace: this.trace,
      onCommit: (change) => this.oracle.committed(change),
    });
    const service = { clock, faults: this.faults, trace: this.trace, ears: this.oracle };
    this.kinesis = new SimKinesis({ ...service, random: this.#random.fork('kinesis') });
    this.#populate();
  }

  /** Runs the seed from beginning to end, or to the first violation, which then stands in `oracle.violation`. */
  async run(): Promise<void> {
    const { clock, oracle, supervisor } = this;
    const broken = () => oracle.violation !== undefined || clock.eventCount > EVENTS_MAX;
    supervisor.begin();
    this.#inspectAgain();
    if (this.#reloads) this.#reloadAgain(this.#random.fork('reloads'));
    clock.afterEvent = () => this.#look();
    await clock.runUntil(ACTIVE_MS + QUIET_MS, broken);
    while (!broken() && !this.#idle() && clock.nowMs < QUIET_MAX_MS) await clock.runUntil(clock.nowMs + 10_000, broken);
    if (!broken() && this.#agent !== undefined) oracle.healed(this.#agent.status());
    if (!broken()) await supervisor.stop(10_000);
    if (clock.eventCount > EVENTS_MAX) oracle.violated(`${EVENTS_MAX} events: something spins`);
    if (!broken()) oracle.finish();
  }

  #idle(): boolean {
    return this.#agent !== undefined && this.#agent.idle && this.kinesis.inFlightCount === 0;
  }

  #populate(): void {
    const { scenario, clock, faults, trace } = this;
    for (const flow of scenario.flows) {
      const { shards, listLagMs } = scenario;
      // Outside of aggregates only records with equal keys share a lane.
      const order = flow.key === 'random' ? 'none' : flow.format === 'kpl' ? 'by shard' : 'by key';
      const randomKeys = flow.key === 'random' && !flow.features.names.includes('firehose');
      this.kinesis.createStream(flow.stream, { shards, order, randomKeys, listLagMs, recordBytesMax: 1024 * 1024 });
      for (const window of faults.windows('reshard')) clock.schedule(window.fromMs, () => this.kinesis.reshard(flow.stream));
      this.#disk.makeDirectory(flow.directory);
      if (flow.features.afterDelivery === 'move') this.#disk.makeDirectory(MOVED);
    }
    for (const window of faults.windows('denied')) this.#deny(window);
    for (const [index, log] of scenario.logs.entries()) {
      const shared = { clock, disk: this.#disk, log, untilMs: scenario.activeMs, trace };
      const { lineBytesMax } = scenario;
      const writer = new LogWriter({ ...shared, random: this.#random.fork(`writer ${index}`), lineBytesMax });
      const rotator = new Rotator({ ...shared, faults, random: this.#random.fork(`rotator ${index}`), writer });
      rotator.start();
      writer.start();
      this.rotators.push(rotator);
    }
  }

  /** Takes away the right to read something for a while. */
  #deny(window: { readonly fromMs: number; readonly toMs: number }): void {
    this.clock.schedule(window.fromMs, () => {
      const flow = this.#random.pick(this.scenario.flows);
      if (!this.#disk.exists(flow.directory)) return;
      const directory = this.#disk.inodeAt(flow.directory);
      const inode = this.#random.pick([directory, ...directory.children.values()]);
      inode.denied = true;
      this.#denials.push({ inode, fromMs: this.clock.nowMs, toMs: window.toMs });
      this.clock.schedule(window.toMs - window.fromMs, () => {
        inode.denied = false;
      });
    });
  }

  /** The agent moved a file for good. Before this event the agent may still put the file back. */
  #moved({ to }: EventFields<'deliveredFileMoved'>): void {
    this.oracle.disposed(this.#disk.inodeAt(to).content, 'moved');
  }

  /** How a log's files are encoded. */
  #orderOf(path: string): 'little' | 'big' | undefined {
    return this.scenario.logs.find((log) => path.startsWith(`${log.directory}/`))?.lines.encoding?.order;
  }

  #spawn(life: Life): AgentProcess {
    this.#lives += 1;
    this.oracle.begins(this.#store);
    const random = this.#random.fork(`life ${this.#lives}`);
    const kinesis = this.kinesis.port(life);
    const clock = new ProcessClock(this.clock, life);
    const ports: AgentPorts = {
      clock,
      random,
      files: new SimFileSystem({
        disk: this.#disk,
        clock: this.clock,
        life,
        random: random.fork('files'),
        faults: this.faults,
        trace: this.trace,
        tellsBirth: this.scenario.tellsBirth,
        stampTickMs: this.scenario.stampTickMs,
        onDeleting: (inode) => this.oracle.disposed(inode.content, 'deleted'),
        onHanded: (content, start, end) => this.oracle.account.handed(content, start, end),
      }),
      decompression: simDecompression,
      store: this.#store.open(),
      events: this.#events(),
      metrics: noMetrics,
      loops: new LoopWatch(clock),
      environment: { hostName: 'simulated', instanceMetadata: nowhere, utcOffsetMinutes: () => 0 },
      kinesis: () => kinesis,
      firehose: () => deliveryStreams(kinesis),
    };
    const agent = new Agent(this.#config, ports);
    this.#agent = agent;
    return {
      start: () => agent.start(),
      stop: (timeoutMs) => agent.stop({ reason: 'simulated SIGTERM', timeoutMs }),
      pendingBytes: () => agent.status().budgetUsedBytes,
    };
  }

  #events(): EventSink {
    const { account } = this.oracle;
    return {
      emit: (name, fields) => {
        account.noted();
        if (name === 'fileFinished') account.finished(fields as EventFields<'fileFinished'>);
        if (name === 'deliveredFileMoved') this.#moved(fields as EventFields<'deliveredFileMoved'>);
        this.trace.note('event', name, JSON.stringify(fields));
      },
    };
  }

  /** SIGHUP with a config in which one flow waits a millisecond longer. */
  #reloadAgain(random: SimRandom): void {
    const { clock, supervisor } = this;
    clock.schedule(random.between(1000, 8000), () => {
      if (clock.nowMs > ACTIVE_MS) return;
      const agent = this.#agent;
      if (supervisor.agent !== undefined && agent !== undefined) {
        const changed = random.pick(this.#config.flows);
        const flows = this.#config.flows.map((flow) => (flow === changed ? withLongerWait(flow) : flow));
        this.#config = { ...this.#config, flows };
        this.trace.note('process', 'reload', changed.id);
        agent.reload(this.#config).then(
          () => {
            this.reloads.push(clock.nowMs);
            this.oracle.account.noted();
          },
          (failure: unknown) => {
            if (!(failure instanceof StoreFault)) this.oracle.violated(`reloading failed: ${String(failure)}`);
          },
        );
        clock.wake();
      }
      this.#reloadAgain(random);
    });
  }

  /** Checks 8 and 9, after every event. In some seeds the accounts are compared even if the event cannot have changed them. */
  #look(): void {
    if (this.#looksAlways) this.oracle.account.noted();
    const agent = this.#agent;
    if (this.supervisor.agent !== undefined && agent !== undefined) this.oracle.account.look(agent.status());
  }

  #inspectAgain(): void {
    this.clock.schedule(INSPECT_MS, () => {
      this.oracle.account.noted();
      if (this.supervisor.agent !== undefined && this.#agent !== undefined) this.oracle.inspect(this.#agent.status());
      this.#inspectAgain();
    });
  }
}

function withLongerWait(flow: FlowConfig): FlowConfig {
  const { producer } = flow;
  return { ...flow, producer: { ...producer, recordMaxBufferedTimeMillis: producer.recordMaxBufferedTimeMillis + 1 } };
}

/** Firehose, as far as it differs for the agent: its records have no keys. The model of the stream needs one for each record. */
function deliveryStreams(kinesis: KinesisPort): FirehosePort {
  let count = 0;
  const withKey = (record: OutgoingRecord): OutgoingRecord => {
    count += 1;
    return { ...record, partitionKey: String(count) };
  };
  return { putRecordBatch: (stream, records, signal) => kinesis.putRecords(stream, records.map(withKey), signal) };
}

/** The machine is no EC2 instance. */
const nowhere = { ec2: () => undefined, ecs: () => undefined };
const noMetrics: MetricSink = { count: () => {}, observe: () => {} };
