/**
 * An agent of the scale cases: a child process pinned to one core, with many small files, a sink on the other core, and
 * what the kernel counted for it. Linux only.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askAgent } from '../../src/agent/control-socket.ts';
import type { AgentStatus } from '../../src/core/status.ts';
import { testTls } from '../support/fake-http/test-tls.ts';
import { startAgent, type Usage, usageOf } from './processes.ts';

export interface AgentPlan {
  /** The port of the sink. */
  readonly port: number;
  /** The program and its arguments, without `run`. */
  readonly program: readonly string[];
  /** Keys of the flow, YAML flow style. */
  readonly flow: Readonly<Record<string, unknown>>;
}

const ASK_EVERY_MS = 20;
const ASK_FOR_MS = 300_000;

export class ScaleAgent {
  readonly directory = mkdtempSync(join(tmpdir(), 'kinship-scale-'));
  readonly logs = join(this.directory, 'logs');
  readonly #plan: AgentPlan;
  #child: ChildProcess | undefined;

  constructor(plan: AgentPlan) {
    this.#plan = plan;
    mkdirSync(this.logs);
    writeFileSync(join(this.directory, 'kinship.yaml'), this.#config(), { mode: 0o600 });
  }

  start(): void {
    this.#child = startAgent(this.#plan.program, join(this.directory, 'kinship.yaml'));
  }

  /** Stops the agent. Its checkpoints stay. */
  async stop(): Promise<void> {
    const ended = this.#child && once(this.#child, 'exit');
    this.#child?.kill('SIGTERM');
    await ended;
    this.#child = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  usage(): Usage {
    return usageOf(this.#child?.pid ?? 0);
  }

  /** Asks for the status until `holds`. Not while CPU time is measured: a status of 10,000 files costs the agent some. */
  async statusWhen(holds: (status: AgentStatus) => boolean): Promise<AgentStatus> {
    for (let waitedMs = 0; waitedMs < ASK_FOR_MS; waitedMs += ASK_EVERY_MS) {
      const asked = await askAgent(join(this.directory, 'control.sock'), { command: 'status' }, 5000);
      if (asked.kind === 'answered' && asked.reply.kind === 'status' && holds(asked.reply.status)) return asked.reply.status;
      await sleep(ASK_EVERY_MS);
    }
    throw new Error(`the agent did not get there in ${ASK_FOR_MS / 1000} s`);
  }

  #config(): string {
    const flow = { id: 'bench', filePattern: `${this.logs}/*/*.log`, kinesisStream: 'bench', ...this.#plan.flow };
    return `region: us-east-1
checkpointFile: ${this.directory}/checkpoints.db
controlSocket: ${this.directory}/control.sock
caBundle: ${testTls.caPath}
cloudwatch: { emitMetrics: false }
kinesis: { endpoint: "https://127.0.0.1:${this.#plan.port}", protocol: cbor }
flows:
  - ${JSON.stringify(flow)}
`;
  }
}

export interface ManyFiles {
  readonly directories: number;
  readonly filesEach: number;
}

/** Files with one line each, last written an hour ago. */
export function makeFiles(logs: string, { directories, filesEach }: ManyFiles): void {
  const anHourAgo = Date.now() / 1000 - 3600;
  for (let directory = 0; directory < directories; directory += 1) {
    mkdirSync(join(logs, `d${directory}`), { recursive: true });
    for (let file = 0; file < filesEach; file += 1) {
      const path = join(logs, `d${directory}`, `${file}.log`);
      writeFileSync(path, `only line of ${directory} ${file}\n`);
      utimesSync(path, anHourAgo, anHourAgo);
    }
  }
}

/** Renames every file and makes it anew with one line. Returns how many bytes these lines have. */
export function rotateFiles(logs: string, { directories, filesEach }: ManyFiles): number {
  let bytes = 0;
  for (let directory = 0; directory < directories; directory += 1) {
    for (let file = 0; file < filesEach; file += 1) {
      const path = join(logs, `d${directory}`, `${file}.log`);
      const line = `first line after the rotation of ${directory} ${file}\n`;
      renameSync(path, `${path}.1`);
      writeFileSync(path, line);
      bytes += line.length;
    }
  }
  return bytes;
}
