/** The processes of the bench, each pinned to a core, and what the kernel says of them. Linux only (proc(5), taskset(1)). */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';

export const AGENT_CORE = 0;
export const SINK_CORE = 1;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** A command pinned to one core. */
export function pinned(core: number, command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn('taskset', ['-c', String(core), ...command], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

export interface Usage {
  /** User and system, all threads. Resolution 10 ms. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly peakRssBytes: number;
  /** Memory that no file backs, now: what is left of RSS when the pages of the program are taken away. */
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
  /** Of lines that carried the time they were written at, since the counts were asked for last. */
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
