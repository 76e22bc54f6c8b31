/**
 * `npm run bench`: the agent as it runs in production – the single binary, a child process, HTTPS, its own checkpoints –
 * pinned to one core, a sink on the other. Prints MB of log per CPU-second and the ratio to the limit measured in the same
 * run on the same core; absolute figures drift from machine to machine, the ratios are what to keep.
 *
 *   npm run bench -- [--mb 400] [--runs 1] [--case raw,apache-json|all] [--binary FILE | --checkout] [--json] [--table]
 *
 * Builds dist/kinship where it is missing or old. With --checkout it runs the sources, whose types Node strips at a cost
 * of memory. Of several runs, the one with the median ratio is printed.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { askAgent } from '../../src/agent/control-socket.ts';
import type { AgentStatus } from '../../src/core/status.ts';
import { testTls } from '../support/fake-http/test-tls.ts';
import { checkpointShare } from './checkpoint-cost.ts';
import { onAgentCore, Sink, startAgent, usageOf } from './processes.ts';
import { printScale, runScaleCase, scaleCases, type ScaleFigures } from './scale.ts';
import { installProduct } from './product.ts';
import { type BenchCase, benchCases, generate } from './workloads.ts';

const { values: options } = parseArgs({
  options: {
    mb: { type: 'string', default: '400' },
    runs: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    case: { type: 'string', default: 'raw' },
    binary: { type: 'string' },
    checkout: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  const names = [...benchCases, ...scaleCases].map(({ name }) => name).join(', ');
  process.stdout.write(`npm run bench -- [--mb 400] [--runs 1] [--seconds 60] [--case NAME,…|all] [--binary FILE | --checkout]
                [--json | --table] [--profile DIR]
cases: ${names}
test/bench/README.md says what is measured, and what came of it.
`);
  process.exit(0);
}

interface Figures {
  readonly name: string;
  readonly mbPerCpuSecond: number;
  readonly limitMbPerCpuSecond: number;
  readonly ratio: number;
  readonly wallSeconds: number;
  readonly peakRssMb: number;
  /** Memory at the end that no file backs. The other pages, of the program itself, are shared and can be dropped. */
  readonly anonymousMb: number;
  /** RSS at the end, divided by the RSS when a tenth was shipped. 1: memory does not grow. */
  readonly rssGrowth: number;
  /** CPU time of one checkpoint a second, as a share of one core. */
  readonly checkpointShare: number;
  readonly putRecordsCalls: number;
  readonly userRecordsPerCall: number;
  readonly sinkCpuShare: number;
}

/** The flags of the single binary and of `npm run kinship` (packaging/build.ts). */
const NODE_FLAGS = ['--max-semi-space-size=4'];

const directory = mkdtempSync(join(tmpdir(), 'kinship-bench-'));
const binary = options.checkout ? undefined : installProduct(directory, options.binary);
try {
  const names = options.case === 'all' ? benchCases.map((one) => one.name) : options.case.split(',');
  const figures: (Figures | { readonly name: string; readonly figures: ScaleFigures })[] = [];
  for (const name of names) {
    const scale = await runScaleCase(name, agentProgram(), { seconds: Number(options.seconds), runs: Number(options.runs) });
    if (scale !== undefined) {
      figures.push({ name, figures: scale });
      if (!options.json) printScale(name, scale);
      continue;
    }
    const found = benchCases.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no case ${name}: there are ${benchCases.map((one) => one.name).join(', ')}`);
    const runs: Figures[] = [];
    for (let run = 0; run < Number(options.runs); run += 1) runs.push(await measure(found));
    const median = runs.toSorted((a, b) => a.ratio - b.ratio)[Math.floor(runs.length / 2)];
    if (median === undefined) continue;
    figures.push(median);
    if (options.table) printRow(median);
    else if (!options.json) print(median);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measure(bench: BenchCase): Promise<Figures> {
  const state = mkdtempSync(join(directory, 'run-'));
  const prepared = join(state, 'prepared.log');
  const logs = join(state, 'logs');
  mkdirSync(logs);
  const bytes = generate(prepared, bench.lines, Number(options.mb));
  using sink = await Sink.start();
  try {
    const limitCpuSeconds = await runLimit(prepared, sink.port, bench.limit);
    const before = await sink.counts();
    writeFileSync(join(state, 'kinship.yaml'), configText(bench, { state, logs, port: sink.port }), { mode: 0o600 });
    const agent = startAgent(agentProgram(), join(state, 'kinship.yaml'));
    const pid = agent.pid ?? 0;
    await statusWhen(state, () => true);
    const idle = usageOf(pid);
    const startMs = performance.now();
    renameSync(prepared, join(logs, 'access.log'));
    await statusWhen(state, (now) => settledBytes(now) >= bytes / 10);
    const early = usageOf(pid);
    const status = await statusWhen(state, (now) => settledBytes(now) >= bytes);
    const wallSeconds = (performance.now() - startMs) / 1000;
    const usage = usageOf(pid);
    const after = await sink.counts();
    agent.kill('SIGTERM');
    await new Promise((resolve) => agent.once('exit', resolve));
    const cpuSeconds = usage.cpuSeconds - idle.cpuSeconds;
    const megabytes = bytes / 1e6;
    const calls = after.requests - before.requests;
    const delivered = status.flows[0]?.outcomes.delivered.records ?? 0;
    return {
      name: bench.name,
      mbPerCpuSecond: megabytes / cpuSeconds,
      limitMbPerCpuSecond: megabytes / limitCpuSeconds,
      ratio: limitCpuSeconds / cpuSeconds,
      wallSeconds,
      peakRssMb: usage.peakRssBytes / 1e6,
      anonymousMb: usage.anonymousBytes / 1e6,
      rssGrowth: usage.rssBytes / early.rssBytes,
      // The bench has one file, which is never delivered to its end: one row changes a second.
      checkpointShare: checkpointShare(state, { rows: 1, waits: 8 }),
      putRecordsCalls: calls,
      userRecordsPerCall: delivered / Math.max(1, calls),
      sinkCpuShare: (after.cpuSeconds - before.cpuSeconds) / cpuSeconds,
    };
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

async function runLimit(file: string, port: number, kind: BenchCase['limit']): Promise<number> {
  const script = new URL('limit.ts', import.meta.url).pathname;
  const child = onAgentCore([process.execPath, ...NODE_FLAGS, script, file, String(port), kind], process.env);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  const { cpuSeconds }: { cpuSeconds: number } = JSON.parse(output);
  return cpuSeconds;
}

function agentProgram(): readonly string[] {
  const main = new URL('../../src/main.ts', import.meta.url).pathname;
  const profile = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
  return binary === undefined ? [process.execPath, ...profile, ...NODE_FLAGS, '--disable-warning=ExperimentalWarning', main] : [binary];
}

/** Asks the agent for its status until `holds`: often enough to measure the wall time, seldom enough to cost nothing. */
async function statusWhen(state: string, holds: (status: AgentStatus) => boolean): Promise<AgentStatus> {
  for (let waited = 0; waited < 6000; waited += 1) {
    const asked = await askAgent(join(state, 'control.sock'), { command: 'status' }, 5000);
    if (asked.kind === 'answered' && asked.reply.kind === 'status' && holds(asked.reply.status)) return asked.reply.status;
    await sleep(50);
  }
  throw new Error('the agent did not get there in five minutes');
}

function settledBytes(status: AgentStatus): number {
  const outcomes = Object.values(status.flows[0]?.outcomes ?? {});
  return outcomes.reduce((sum, outcome) => sum + outcome.bytes, 0);
}

function configText(bench: BenchCase, run: { state: string; logs: string; port: number }): string {
  return `region: us-east-1
checkpointFile: ${run.state}/checkpoints.db
controlSocket: ${run.state}/control.sock
caBundle: ${testTls.caPath}
cloudwatch: { emitMetrics: false }
kinesis: { endpoint: "https://127.0.0.1:${run.port}", protocol: ${bench.protocol} }
flows:
  - ${JSON.stringify({ id: 'bench', filePattern: `${run.logs}/*.log`, initialPosition: 'START_OF_FILE', kinesisStream: 'bench', ...bench.flow })}
`;
}

function print(figures: Figures): void {
  const rows: readonly (readonly [string, string])[] = [
    ['MB of log per CPU-second', figures.mbPerCpuSecond.toFixed(0)],
    ['limit of the primitives', figures.limitMbPerCpuSecond.toFixed(0)],
    ['ratio', `${(figures.ratio * 100).toFixed(0)} %`],
    ['wall', `${figures.wallSeconds.toFixed(2)} s`],
    ['peak RSS', `${figures.peakRssMb.toFixed(0)} MB`],
    ['anonymous memory at the end', `${figures.anonymousMb.toFixed(0)} MB`],
    ['RSS at the end to that at a tenth', figures.rssGrowth.toFixed(2)],
    ['CPU of checkpoints', `${(figures.checkpointShare * 100).toFixed(2)} %`],
    ['PutRecords calls', String(figures.putRecordsCalls)],
    ['user records a call', figures.userRecordsPerCall.toFixed(0)],
    ['CPU of the sink to that of the agent', `${(figures.sinkCpuShare * 100).toFixed(0)} %`],
  ];
  process.stdout.write(`${figures.name}\n`);
  for (const [name, value] of rows) process.stdout.write(`  ${name.padEnd(38)}${value}\n`);
}

/** A row of the table in README.md. */
function printRow({ name, mbPerCpuSecond, limitMbPerCpuSecond, ratio, peakRssMb, anonymousMb, rssGrowth }: Figures): void {
  const cells = [name, mbPerCpuSecond.toFixed(0), limitMbPerCpuSecond.toFixed(0), `${(ratio * 100).toFixed(0)} %`];
  process.stdout.write(`| ${[...cells, peakRssMb.toFixed(0), anonymousMb.toFixed(0), rssGrowth.toFixed(2)].join(' | ')} |\n`);
}
