/**
 * The agent as it is run: `node src/main.ts run -c FILE` in a process of its own that can be killed at any moment. Its
 * standard output is read as events, one JSON line each.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const sources = [process.execPath, '--disable-warning=ExperimentalWarning', main];

export interface AgentEvent {
  readonly event: string;
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface AgentProcessOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** User and group to run as; only root can choose. */
  readonly userId?: number;
  /** The program and its arguments, without `run`. Default: the sources, run by Node. */
  readonly program?: readonly string[];
  /** Prefix of the command, for example `prlimit --nofile=64`. */
  readonly under?: readonly string[];
}

const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY' };

export class AgentProcess {
  readonly events: AgentEvent[] = [];
  /** Output that is no event: errors at start-up, stacks. */
  text = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;
  #rest = '';

  constructor(configPath: string, { environment, userId, program = sources, under = [] }: AgentProcessOptions = {}) {
    const command = [...under, ...program, 'run', '-c', configPath];
    const [first = '', ...parameters] = command;
    this.#child = spawn(first, parameters, {
      env: { PATH: process.env['PATH'], AWS_EC2_METADATA_DISABLED: 'true', ...keys, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(userId === undefined ? {} : { uid: userId, gid: userId }),
    });
    const read = (chunk: Buffer) => this.#read(chunk.toString());
    this.#child.stdout?.on('data', read);
    this.#child.stderr?.on('data', read);
    this.#exited = new Promise((resolve) => {
      this.#child.once('close', (code) => resolve(code));
    });
  }

  /** Events of that name, oldest first. */
  named(name: string): readonly AgentEvent[] {
    return this.events.filter((event) => event.event === name);
  }

  /** The first event of that name that fits, as soon as it is there. */
  async event(name: string, fits: (event: AgentEvent) => boolean = () => true): Promise<AgentEvent> {
    let found: AgentEvent | undefined;
    const state = () => `${this.events.map((event) => event.event).join(' ')} ${this.text}`;
    const isOver = () => {
      const ended = !this.running;
      found = this.named(name).find(fits);
      return found !== undefined || ended;
    };
    await until(`the agent says ${name}`, isOver, { state });
    if (found === undefined) throw new Error(`the agent ended without saying ${name}: ${state()}`);
    return found;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether it still runs. */
  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves with its exit code when it has ended by itself; null: by a signal. */
  exit(): Promise<number | null> {
    return this.#exited;
  }

  /** SIGKILL: nothing of it is asked to finish. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.#exited;
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = line.startsWith('{') ? (JSON.parse(line) as AgentEvent) : undefined;
      if (event === undefined) this.text += `${line}\n`;
      else this.events.push(event);
    }
  }
}
