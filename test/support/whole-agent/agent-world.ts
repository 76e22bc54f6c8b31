/**
 * A whole agent on real files: a directory for its logs, one for its state, the project's own Kinesis server, and the
 * agent as a process that is started, killed and started again on the same state.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KinesisServer } from '../kinesis-server/server.ts';
import type { Stream } from '../kinesis-server/stream-model.ts';
import { AgentProcess, type AgentProcessOptions } from './agent-process.ts';
import { Delivered } from './delivered.ts';
import { until } from './until.ts';

export interface AgentWorldOptions {
  /** Keys of the one flow `app`; `filePattern` is relative to the log directory. */
  readonly flow?: Readonly<Record<string, unknown>> & { readonly filePattern?: string | readonly string[] };
  /** Keys at the top of the config. */
  readonly root?: Readonly<Record<string, unknown>>;
  readonly shards?: number;
}

export class AgentWorld implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'kinship-world-'));
  readonly logs = join(this.root, 'logs');
  readonly state = join(this.root, 'state');
  readonly checkpoints = join(this.state, 'checkpoints.db');
  readonly configPath = join(this.root, 'kinship.yaml');
  readonly kinesis: KinesisServer;
  readonly stream: Stream;
  readonly delivered: Delivered;
  #settings: Readonly<Record<string, unknown>> = {};
  #agent: AgentProcess | undefined;

  static async begin(options: AgentWorldOptions = {}): Promise<AgentWorld> {
    const kinesis = await KinesisServer.start({ region: 'eu-west-1' });
    return new AgentWorld(kinesis, options);
  }

  private constructor(kinesis: KinesisServer, { flow = {}, root = {}, shards = 2 }: AgentWorldOptions) {
    mkdirSync(this.logs);
    mkdirSync(this.state);
    this.kinesis = kinesis;
    this.stream = kinesis.model.createStream('logs', { shards });
    this.delivered = new Delivered(this.stream);
    this.configure({ ...root, flows: [this.flow(flow)] });
  }

  /** Settings of a flow, by default `app` to the stream `logs`. Patterns become absolute. */
  flow(settings: NonNullable<AgentWorldOptions['flow']>): Record<string, unknown> {
    const { filePattern = 'app.log', ...others } = settings;
    const patterns = typeof filePattern === 'string' ? [filePattern] : filePattern;
    return {
      id: 'app',
      filePattern: patterns.map((pattern) => join(this.logs, pattern)),
      kinesisStream: 'logs',
      initialPosition: 'START_OF_FILE',
      recordMaxBufferedTimeMillis: 50,
      ...others,
    };
  }

  /** Writes the config. An agent takes it over at its next start or SIGHUP. */
  configure(settings: Readonly<Record<string, unknown>>): void {
    this.#settings = {
      region: 'eu-west-1',
      checkpointFile: this.checkpoints,
      controlSocket: join(this.state, 'control.sock'),
      kinesis: { endpoint: this.kinesis.endpoint },
      cloudwatch: { emitMetrics: false },
      reconcileSeconds: 1,
      log: { level: 'debug', format: 'json' },
      ...settings,
    };
    writeFileSync(this.configPath, JSON.stringify(this.#settings));
  }

  get agent(): AgentProcess {
    if (this.#agent === undefined) throw new Error('no agent was started');
    return this.#agent;
  }

  /** What arrived in another stream. */
  deliveredTo(stream: string): Delivered {
    return new Delivered(this.kinesis.model.stream(stream));
  }

  /** A file in the log directory. */
  path(name: string): string {
    return join(this.logs, name);
  }

  /** Starts the agent; resolves when it says so. */
  async start(options: AgentProcessOptions = {}): Promise<AgentProcess> {
    this.#agent = new AgentProcess(this.configPath, options);
    await this.#agent.event('agentStarted');
    return this.#agent;
  }

  /** Starts the agent without waiting for anything: it may refuse to run. */
  launch(options: AgentProcessOptions = {}): AgentProcess {
    this.#agent = new AgentProcess(this.configPath, options);
    return this.#agent;
  }

  /** Resolves when each of `records` came at least once. */
  async arrived(records: Iterable<string>, { timeoutMs = 30_000 } = {}): Promise<void> {
    const expected = [...records];
    const state = () => {
      const missing = this.delivered.missing(expected);
      const trouble = this.#agent?.events.filter((event) => event.level !== 'debug').map((event) => event.message) ?? [];
      return `${missing.length} of ${expected.length} missing, first ${JSON.stringify(missing[0])}; agent: ${trouble.slice(-5).join(' | ')} ${this.#agent?.text ?? ''}`;
    };
    await until('everything arrived', () => this.delivered.missing(expected).length === 0, { state, timeoutMs });
  }

  async end(): Promise<void> {
    if (this.#agent?.running === true) await this.#agent.kill();
    await this.kinesis.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}
