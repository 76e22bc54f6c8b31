/**
 * `npm run simulate -- --seeds N --from S [--only fault,…] [--modes rotation,…] [--plant NAME]`: runs seeds on two processes. A failing seed
 * prints its options, its last 50 events and the command that repeats it. Exit code 1 when any seed failed.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { faultKinds } from './fault-plan.ts';
import { rotationModes, type RotationMode } from './scenario.ts';
import type { SeedReport } from './run-seed.ts';

const KEEP_EVENTS = 50;
const FAILURES_SHOWN = 5;
const BATCH_SEEDS = 25;

interface Choice {
  readonly seeds: number;
  readonly from: number;
  readonly only: readonly string[] | undefined;
  readonly modes: readonly RotationMode[] | undefined;
  readonly plant: string | undefined;
  readonly verbose: boolean;
}

/** What a worker is asked to run. */
interface Order {
  readonly from: number;
  readonly count: number;
  readonly choice: Choice;
}

function readChoice(): Choice {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1' },
      from: { type: 'string', default: '0' },
      only: { type: 'string' },
      modes: { type: 'string' },
      plant: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',').filter((name) => name !== '');
  const unknown = only?.find((name) => !faultKinds.some((kind) => kind === name));
  if (unknown !== undefined) throw new Error(`there is no fault ${unknown}; there are: ${faultKinds.join(', ')}`);
  const modes = values.modes?.split(',').map((name) => {
    const mode = rotationModes.find((candidate) => candidate === name);
    if (mode === undefined) throw new Error(`there is no rotation ${name}; there are: ${rotationModes.join(', ')}`);
    return mode;
  });
  const { plant, verbose } = values;
  return { seeds: Number(values.seeds), from: Number(values.from), only, modes, plant, verbose };
}

/** The command that runs one seed again. */
function commandFor(seed: number, choice: Choice): string {
  const only = choice.only === undefined ? '' : ` --only ${choice.only.join(',')}`;
  const modes = choice.modes === undefined ? '' : ` --modes ${choice.modes.join(',')}`;
  const plant = choice.plant === undefined ? '' : ` --plant ${choice.plant}`;
  return `npm run simulate -- --seeds 1 --from ${seed}${only}${modes}${plant}`;
}

function printFailure(report: SeedReport, choice: Choice): void {
  process.stdout.write(`\nseed ${report.seed} failed: ${report.failure}\n`);
  process.stdout.write(`faults: ${report.faults.join(' ') || 'none'}\nscenario: ${report.scenario}\n`);
  process.stdout.write(`last ${report.lastEvents.length} events:\n${report.lastEvents.join('\n')}\n`);
  process.stdout.write(`again: ${commandFor(report.seed, choice)}\n`);
}

async function work(order: Order): Promise<void> {
  const { runSeed } = await import('./run-seed.ts');
  const { choice } = order;
  const only = choice.only === undefined ? undefined : new Set(choice.only);
  for (let seed = order.from; seed < order.from + order.count; seed += 1) {
    const keepEvents = choice.verbose ? 100_000 : KEEP_EVENTS;
    const report = await runSeed({ seed, only, modes: choice.modes, keepEvents });
    const brief = report.failure === undefined ? { ...report, lastEvents: [], scenario: '' } : report;
    process.send?.({ report: brief });
  }
  process.send?.({ done: true });
}

async function lead(choice: Choice): Promise<boolean> {
  const startedMs = performance.now();
  const total = { runs: 0, failures: 0, events: 0, lines: 0, puts: 0, rotations: 0, lives: 0 };
  let next = choice.from;
  const end = choice.from + choice.seeds;
  const give = (worker: ChildProcess) => {
    const count = Math.min(BATCH_SEEDS, end - next);
    if (count <= 0) {
      worker.disconnect();
      return;
    }
    worker.send({ from: next, count, choice } satisfies Order);
    next += count;
  };
  const hear = (worker: ChildProcess, message: { report?: SeedReport; done?: true }) => {
    if (message.done === true) give(worker);
    const { report } = message;
    if (report === undefined) return;
    total.runs += 1;
    total.events += report.counts.events;
    total.lines += report.counts.lines;
    total.puts += report.counts.puts;
    total.rotations += report.counts.rotations;
    total.lives += report.counts.lives;
    if (report.failure !== undefined) {
      total.failures += 1;
      if (total.failures <= FAILURES_SHOWN) printFailure(report, choice);
      else process.stdout.write(`\nseed ${report.seed} failed: ${report.failure.split('\n')[0]}\n`);
    }
    if (process.stdout.isTTY) process.stdout.write(`\r${total.runs}/${choice.seeds} seeds, ${total.failures} failed `);
  };
  const workers = Array.from({ length: Math.min(2, availableParallelism(), Math.ceil(choice.seeds / BATCH_SEEDS)) }, () => {
    const plant = choice.plant === undefined ? [] : ['--import', new URL('plant.ts', import.meta.url).href];
    const env = { ...process.env, KINSHIP_PLANT: choice.plant ?? '' };
    const worker = fork(new URL(import.meta.url), ['--worker'], { execArgv: [...process.execArgv, ...plant], env });
    worker.on('message', (message: { report?: SeedReport; done?: true }) => hear(worker, message));
    give(worker);
    return new Promise<number | null>((resolve) => worker.on('exit', resolve));
  });
  const codes = await Promise.all(workers);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `${process.stdout.isTTY ? '\n' : ''}${total.runs} seeds in ${seconds} s, ${total.failures} failed: ${total.lines} lines, ` +
      `${total.puts} PutRecords, ${total.rotations} rotations, ${total.lives} agent lives, ${total.events} events\n`,
  );
  return total.failures === 0 && total.runs === choice.seeds && codes.every((code) => code === 0);
}

if (process.argv[2] === '--worker') process.on('message', (order: Order) => void work(order));
else process.exitCode = (await lead(readChoice())) ? 0 : 1;
