/** The processes of the bench, each pinned to a core, and what the kernel says of them. Linux only (proc(5), taskset(1), chrt(1)). */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';

const AGENT_CORE = 0;
export const SINK_CORE = 1;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

const unit = readFileSync(new URL('../../systemd/kinship.service', import.meta.url), 'utf8');
const [, schedulingPolicy = 'other'] = /^CPUSchedulingPolicy=(.+)$/m.exec(unit) ?? [];
const unitEnvironment = Object.fromEntries([...unit.matchAll(/^Environment=(.+?)=(.*)$/gm)].map(([, name, value]) => [name, value]));

/** A command on the agent's core, scheduled as systemd schedules the agent. */
export function onAgentCore(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const scheduled = [`--${schedulingPolicy}`, '0', 'taskset', '-c', String(AGENT_CORE), ...command];
  return spawn('chrt', scheduled, { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The agent (`program` and its arguments, without `run`) with the environment that systemd gives it, and with credentials for the sink. */
export function startAgent(program: readonly string[], config: string): ChildProcess {
  const credentials = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', AWS_EC2_METADATA_DISABLED: 'true' };
  const child = onAgentCore([...program, 'run', '-c', config], { PATH: process.env['PATH'], ...unitEnvironment, ...credentials });
  child.stdout?.resume();
  return child;
}

export interface Usage {
  /** User and system, all threads. Resolution 10 ms. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** Memory that no file backs, now: RSS without the pages of the program. */
  readonly anonymousBytes: number;
}

/** What the kernel has counted for a process so far. */
export function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytesOf = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
  return {
    cpuSeconds: ticks / TICKS_PER_SECOND,
    rssBytes: bytesOf('VmRSS'),
    peakRssBytes: bytesOf('VmHWM'),
    anonymousBytes: bytesOf('RssAnon'),
  };
}

export interface SinkCounts {
  readonly cpuSeconds: number;
  readonly requests: number;
  readonly bodyBytes: number;
  readonly records: number;
  /** How long marked lines took (mark-sampler.ts), for those that came since the counts were last asked for. */
  readonly waitsMs: readonly number[];
}

export class Sink {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<Sink> {
    const child = fork(new URL('sink.ts', import.meta.url), { stdio: 'inherit' });
    execFileSync('taskset', ['-acp', String(SINK_CORE), String(child.pid)], { stdio: 'ignore' });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Sink(child, port);
  }

  async counts(): Promise<SinkCounts> {
    this.#child.send('counts');
    const [counts] = (await once(this.#child, 'message')) as [SinkCounts];
    return counts;
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}
