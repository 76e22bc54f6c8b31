/**
 * What many files cost: idle, next to one that is written to, all of them written to, and known from before.
 *
 * `npm run bench -- --case idle,many-files,fleet,start [--seconds 60]`
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sink, SINK_CORE } from './processes.ts';
import { makeFiles, type ManyFiles, ScaleAgent } from './scale-agent.ts';
import { generate } from './workloads.ts';

/** What a case found, by what it is called; numbers with their unit. */
export type ScaleFigures = readonly (readonly [name: string, value: string])[];

export interface ScaleCase {
  readonly name: string;
  run(program: readonly string[], seconds: number): Promise<ScaleFigures>;
}

const MANY = { directories: 200, filesEach: 50 };
/** After its start the agent lists and looks at everything a few times; later the garbage of that is collected. */
const SETTLE_MS = 10_000;
const IDLE_SETTLE_MS = 60_000;

export const scaleCases: readonly ScaleCase[] = [
  { name: 'idle', run: runIdle },
  { name: 'many-files', run: runManyFiles },
  { name: 'fleet', run: runFleet },
  { name: 'start', run: runStart },
];

/** Runs the case of that name and prints what it found; false: there is none. `seconds`: how long is measured. */
export async function runScaleCase(name: string, program: readonly string[], seconds: number): Promise<boolean> {
  const found = scaleCases.find((one) => one.name === name);
  if (found === undefined) return false;
  const figures = await found.run(program, seconds);
  process.stdout.write(`${name}\n`);
  for (const [what, value] of figures) process.stdout.write(`  ${what.padEnd(50)}${value}\n`);
  return true;
}

async function runIdle(program: readonly string[], seconds: number): Promise<ScaleFigures> {
  const sink = await Sink.start();
  try {
    await using agent = new ScaleAgent({ port: sink.port, program, flow: {} });
    makeFiles(agent.logs, MANY);
    agent.start();
    await agent.statusWhen((status) => status.flows[0]?.filesTracked === MANY.directories * MANY.filesEach);
    await sleep(IDLE_SETTLE_MS);
    const before = agent.usage();
    await sleep(seconds * 1000);
    const after = agent.usage();
    const share = (after.cpuSeconds - before.cpuSeconds) / seconds;
    return [
      ['files', String(MANY.directories * MANY.filesEach)],
      ['CPU', `${(share * 100).toFixed(2)} % of a core`],
      ['peak RSS', megabytes(after.peakRssBytes)],
      ['anonymous memory at the end', megabytes(after.anonymousBytes)],
    ];
  } finally {
    sink.stop();
  }
}

/** One file with as many megabytes as `seconds` says, alone and next to 10,000 idle ones: the same work should cost the same. */
async function runManyFiles(program: readonly string[], seconds: number): Promise<ScaleFigures> {
  const hotMegabytes = seconds * HOT_MB_PER_SECOND;
  const alone = await shipOne(program, hotMegabytes, { directories: 1, filesEach: 1 });
  const among = await shipOne(program, hotMegabytes, MANY);
  return [
    ['alone', `${alone.toFixed(0)} MB of log per CPU-second`],
    ['next to 10,000 idle files', `${among.toFixed(0)} MB of log per CPU-second`],
    ['ratio', `${((100 * among) / alone).toFixed(0)} %`],
  ];
}

/** MB of log per CPU-second. */
async function shipOne(program: readonly string[], hotMegabytes: number, files: ManyFiles): Promise<number> {
  const sink = await Sink.start();
  try {
    await using agent = new ScaleAgent({ port: sink.port, program, flow: { initialPosition: 'START_OF_FILE' } });
    makeFiles(agent.logs, files);
    const prepared = join(agent.directory, 'prepared');
    const bytes = generate(prepared, 'apache', hotMegabytes);
    agent.start();
    await agent.statusWhen((status) => status.flows[0]?.outcomes.delivered.records === files.directories * files.filesEach);
    await sleep(SETTLE_MS);
    const { bodyBytes } = await sink.counts();
    const before = agent.usage();
    renameSync(prepared, join(agent.logs, 'd0', 'hot.log'));
    // Asking the agent would cost it a status of 10,000 files each time.
    while ((await sink.counts()).bodyBytes - bodyBytes < bytes) await sleep(20);
    return bytes / 1e6 / (agent.usage().cpuSeconds - before.cpuSeconds);
  } finally {
    sink.stop();
  }
}

/** A thousand files, each written to a hundred times a second. */
async function runFleet(program: readonly string[], seconds: number): Promise<ScaleFigures> {
  const sink = await Sink.start();
  try {
    await using agent = new ScaleAgent({ port: sink.port, program, flow: { recordMaxBufferedTimeMillis: FLEET.deadlineMs } });
    const writer = fork(new URL('scale-writer.ts', import.meta.url), [agent.logs, String(FLEET.files), String(FLEET.linesPerSecond)]);
    execFileSync('taskset', ['-acp', String(SINK_CORE), String(writer.pid)], { stdio: 'ignore' });
    await once(writer, 'message');
    agent.start();
    await agent.statusWhen((status) => status.flows[0]?.filesTracked === FLEET.files);
    writer.send('write');
    // The first seconds are start-up: code that is not compiled yet.
    await sleep(5000);
    await sink.counts();
    const before = agent.usage();
    await sleep(seconds * 1000);
    const cpuSeconds = agent.usage().cpuSeconds - before.cpuSeconds;
    const { waitsMs } = await sink.counts();
    writer.disconnect();
    const sorted = waitsMs.toSorted((a, b) => a - b);
    const at = (share: number) => `${sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(0)} ms`;
    return [
      ['lines a second', String(FLEET.files * FLEET.linesPerSecond)],
      ['lines that were timed', String(sorted.length)],
      ['CPU', `${((100 * cpuSeconds) / seconds).toFixed(0)} % of a core`],
      [`p50 from written to sent, deadline ${FLEET.deadlineMs} ms`, at(0.5)],
      ['p99', at(0.99)],
      ['longest', at(1)],
    ];
  } finally {
    sink.stop();
  }
}

/** From the start of the process to the first record, where 10,000 files are known from before. */
async function runStart(program: readonly string[]): Promise<ScaleFigures> {
  const sink = await Sink.start();
  try {
    await using agent = new ScaleAgent({ port: sink.port, program, flow: { initialPosition: 'START_OF_FILE' } });
    makeFiles(agent.logs, MANY);
    agent.start();
    await agent.statusWhen((status) => status.flows[0]?.outcomes.delivered.records === MANY.directories * MANY.filesEach);
    await agent.stop();
    appendFileSync(join(agent.logs, 'd7', '7.log'), 'the first line of the next run\n');
    const { requests } = await sink.counts();
    const startMs = performance.now();
    agent.start();
    while ((await sink.counts()).requests === requests) await sleep(1);
    return [['start to first record, 10,000 checkpoints', `${(performance.now() - startMs).toFixed(0)} ms`]];
  } finally {
    sink.stop();
  }
}

const HOT_MB_PER_SECOND = 10;
/** The deadline: recordMaxBufferedTimeMillis. */
const FLEET = { files: 1000, linesPerSecond: 100, deadlineMs: 100 };

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
