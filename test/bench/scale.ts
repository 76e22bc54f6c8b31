/**
 * What many files cost: idle ones, idle ones next to a busy one, files that are all written to, files known from an earlier run,
 * and files that are all rotated at once.
 *
 * `npm run bench -- --case idle,many-files,host,fleet,start,rotation [--seconds 60] [--runs 3] [--json]`
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sink, SINK_CORE } from './processes.ts';
import { makeFiles, type ManyFiles, rotateFiles, ScaleAgent } from './scale-agent.ts';
import { generate } from './workloads.ts';

/** One figure that a case found. */
export interface ScaleFigure {
  readonly what: string;
  readonly value: number;
  /** Empty: a count. */
  readonly unit: string;
}

/** What one run of a case found. Of several runs, the one with the median of the first figure counts. */
export type ScaleFigures = readonly [ScaleFigure, ...ScaleFigure[]];

export interface ScaleCase {
  readonly name: string;
  run(program: readonly string[], seconds: number): Promise<ScaleFigures>;
}

const MANY = { directories: 200, filesEach: 50 };
/** After its start, the agent lists and looks at everything a few times, and the garbage of that is collected. */
const SETTLE_MS = 10_000;
const IDLE_SETTLE_MS = 60_000;

export const scaleCases: readonly ScaleCase[] = [
  { name: 'idle', run: runIdle },
  { name: 'many-files', run: runManyFiles },
  { name: 'host', run: (program, seconds) => runWritten(program, seconds, HOST) },
  { name: 'fleet', run: (program, seconds) => runWritten(program, seconds, FLEET) },
  { name: 'start', run: runStart },
  { name: 'rotation', run: runRotation },
];

/** Runs the case of that name `runs` times; undefined: there is no such case. `seconds`: how long each run measures. */
export async function runScaleCase(
  name: string,
  program: readonly string[],
  { seconds, runs }: { readonly seconds: number; readonly runs: number },
): Promise<ScaleFigures | undefined> {
  const found = scaleCases.find((one) => one.name === name);
  if (found === undefined) return undefined;
  const all: ScaleFigures[] = [];
  for (let run = 0; run < runs; run += 1) all.push(await found.run(program, seconds));
  return all.toSorted((a, b) => a[0].value - b[0].value)[Math.floor(runs / 2)];
}

export function printScale(name: string, figures: ScaleFigures): void {
  process.stdout.write(`${name}\n`);
  for (const { what, value, unit } of figures) process.stdout.write(`  ${what.padEnd(50)}${value} ${unit}\n`);
}

async function runIdle(program: readonly string[], seconds: number): Promise<ScaleFigures> {
  using sink = await Sink.start();
  await using agent = new ScaleAgent({ port: sink.port, program, flow: {} });
  await startIdle(agent);
  await sleep(IDLE_SETTLE_MS);
  const before = agent.usage();
  await sleep(seconds * 1000);
  const after = agent.usage();
  const share = (after.cpuSeconds - before.cpuSeconds) / seconds;
  return [
    figure('CPU', share * 100, '% of a core', 2),
    figure('files', MANY.directories * MANY.filesEach),
    figure('peak RSS', after.peakRssBytes / 1e6, 'MB'),
    figure('anonymous memory at the end', after.anonymousBytes / 1e6, 'MB'),
  ];
}

/** Resolves when the agent follows ten thousand files, to which nobody writes. */
async function startIdle(agent: ScaleAgent): Promise<void> {
  makeFiles(agent.logs, MANY);
  agent.start();
  await agent.statusWhen((status) => status.flows[0]?.filesTracked === MANY.directories * MANY.filesEach);
}

/** One file with `HOT_MB_PER_SECOND` for each of `seconds`, alone and next to 10,000 idle files: the same work should cost the same. */
async function runManyFiles(program: readonly string[], seconds: number): Promise<ScaleFigures> {
  const hotMegabytes = seconds * HOT_MB_PER_SECOND;
  const alone = await shipOne(program, hotMegabytes, { directories: 1, filesEach: 1 });
  const among = await shipOne(program, hotMegabytes, MANY);
  return [
    figure('ratio', (100 * among) / alone, '%'),
    figure('alone', alone, 'MB of log per CPU-second'),
    figure('next to 10,000 idle files', among, 'MB of log per CPU-second'),
  ];
}

/** MB of log per CPU-second. */
async function shipOne(program: readonly string[], hotMegabytes: number, files: ManyFiles): Promise<number> {
  using sink = await Sink.start();
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
}

/** Files that are written to all the time, one write a line. */
async function runWritten(program: readonly string[], seconds: number, written: Written): Promise<ScaleFigures> {
  const { files, linesPerSecond, deadlineMs } = written;
  using sink = await Sink.start();
  await using agent = new ScaleAgent({ port: sink.port, program, flow: { recordMaxBufferedTimeMillis: deadlineMs } });
  const writer = fork(new URL('scale-writer.ts', import.meta.url), [agent.logs, String(files), String(linesPerSecond)]);
  execFileSync('taskset', ['-acp', String(SINK_CORE), String(writer.pid)], { stdio: 'ignore' });
  await once(writer, 'message');
  agent.start();
  await agent.statusWhen((status) => status.flows[0]?.filesTracked === files);
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
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return [
    figure('CPU', (100 * cpuSeconds) / seconds, '% of a core'),
    figure('lines a second', files * linesPerSecond),
    figure('lines that were timed', sorted.length),
    figure(`p50 from written to sent, deadline ${deadlineMs} ms`, at(0.5), 'ms'),
    figure('p99', at(0.99), 'ms'),
    figure('longest', at(1), 'ms'),
  ];
}

/** From the start of the process to the first record, where 10,000 files are known from before. */
async function runStart(program: readonly string[]): Promise<ScaleFigures> {
  using sink = await Sink.start();
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
  const wallMs = performance.now() - startMs;
  return [
    figure('start to first record, 10,000 checkpoints', wallMs, 'ms'),
    figure('CPU until then', agent.usage().cpuSeconds * 1000, 'ms'),
  ];
}

/** Every log of a host is renamed and made anew at once, with a line in each, as logrotate does at midnight. */
async function runRotation(program: readonly string[]): Promise<ScaleFigures> {
  using sink = await Sink.start();
  await using agent = new ScaleAgent({ port: sink.port, program, flow: {} });
  await startIdle(agent);
  await sleep(SETTLE_MS);
  const { bodyBytes } = await sink.counts();
  const before = agent.usage();
  const startMs = performance.now();
  const bytes = rotateFiles(agent.logs, MANY);
  while ((await sink.counts()).bodyBytes - bodyBytes < bytes) await sleep(20);
  const wallSeconds = (performance.now() - startMs) / 1000;
  const cpuSeconds = agent.usage().cpuSeconds - before.cpuSeconds;
  await sleep(ROTATION_SETTLE_MS);
  return [
    figure('CPU until all new files were sent', cpuSeconds, 's', 2),
    figure('wall', wallSeconds, 's', 2),
    figure(`CPU of the ${ROTATION_SETTLE_MS / 1000} s after that`, agent.usage().cpuSeconds - before.cpuSeconds - cpuSeconds, 's', 2),
  ];
}

/** After this time the agent has given up looking for what it did not find after a rotation. */
const ROTATION_SETTLE_MS = 20_000;
const HOT_MB_PER_SECOND = 10;
interface Written {
  readonly files: number;
  /** To each of the files. */
  readonly linesPerSecond: number;
  /** The flow's recordMaxBufferedTimeMillis. */
  readonly deadlineMs: number;
}

/** The logs of an ordinary host. */
const HOST: Written = { files: 20, linesPerSecond: 50, deadlineMs: 100 };
/** The logs of a host that gathers those of other hosts. */
const FLEET: Written = { files: 1000, linesPerSecond: 100, deadlineMs: 100 };

function figure(what: string, value: number, unit = '', decimals = 0): ScaleFigure {
  return { what, value: Number(value.toFixed(decimals)), unit };
}
