/**
 * `npm run simulate -- --seeds N --from S [--only fault,…] [--modes rotation,…] [--keys kind,…] [--features name,…]
 * [--plant NAME] [--reloads] [--first-failure] [--verbose]`: runs seeds in two processes. With `--first-failure` it is one, so
 * that every run finds the same failure and no second process starts in vain. A failing seed prints its faults, its
 * scenario, its last 50 events (--verbose: 100,000) and the command that repeats it. Exit code 1 when any seed failed.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { enableCompileCache } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { faultKinds } from './fault-plan.ts';
import { featureNames } from './features.ts';
import { keyKinds, rotationModes } from './scenario.ts';
import type { SeedReport } from './run-seed.ts';
import { failureText, KEEP_EVENTS, type SeedChoice } from './seed-report.ts';

const FAILURES_SHOWN = 5;
const BATCH_SEEDS = 8;

interface Choice extends SeedChoice {
  readonly seeds: number;
  readonly from: number;
  readonly verbose: boolean;
  /** Stop at the first seed that fails. */
  readonly firstFailure: boolean;
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
      keys: { type: 'string' },
      features: { type: 'string' },
      plant: { type: 'string' },
      reloads: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      'first-failure': { type: 'boolean', default: false },
    },
  });
  const only = chosen('fault', values.only, faultKinds);
  const modes = chosen('rotation', values.modes, rotationModes);
  const keys = chosen('kind of partition key', values.keys, keyKinds);
  const features = chosen('feature', values.features, featureNames);
  const { plant, reloads, verbose } = values;
  const firstFailure = values['first-failure'];
  return { seeds: Number(values.seeds), from: Number(values.from), only, modes, keys, features, plant, reloads, verbose, firstFailure };
}

/** The names in `list`, each one of `known`. */
function chosen<Name extends string>(what: string, list: string | undefined, known: readonly Name[]): readonly Name[] | undefined {
  return list?.split(',').filter(Boolean).map((name) => {
    const found = known.find((candidate) => candidate === name);
    if (found === undefined) throw new Error(`there is no ${what} ${name}; there are: ${known.join(', ')}`);
    return found;
  });
}

async function work(order: Order): Promise<void> {
  const { runSeed } = await import('./run-seed.ts');
  const { choice } = order;
  const only = choice.only === undefined ? undefined : new Set(choice.only);
  const features = choice.features === undefined ? undefined : new Set<string>(choice.features);
  for (let seed = order.from; seed < order.from + order.count; seed += 1) {
    const keepEvents = choice.verbose ? 100_000 : KEEP_EVENTS;
    const { modes, keys, reloads } = choice;
    const report = await runSeed({ seed, only, modes, keys, features, reloads, keepEvents });
    const brief = report.failure === undefined ? { ...report, lastEvents: [], scenario: '' } : report;
    process.send?.({ report: brief });
    if (choice.firstFailure && report.failure !== undefined) break;
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
    if (count <= 0 || (choice.firstFailure && total.failures > 0)) {
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
      if (total.failures <= FAILURES_SHOWN) process.stdout.write(`\n${failureText(report, choice)}\n`);
      else process.stdout.write(`\nseed ${report.seed} failed: ${report.failure.split('\n')[0]}\n`);
    }
    if (process.stdout.isTTY) process.stdout.write(`\r${total.runs}/${choice.seeds} seeds, ${total.failures} failed `);
  };
  const workersMax = choice.firstFailure ? 1 : 2;
  const workers = Array.from({ length: Math.min(workersMax, availableParallelism(), Math.ceil(choice.seeds / BATCH_SEEDS)) }, () => {
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

// Modules that are loaded from here on are compiled once and kept: compiling is half of a process's start.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/simulate', import.meta.url)));
if (process.argv[2] === '--worker') process.on('message', (order: Order) => void work(order));
else process.exitCode = (await lead(readChoice())) ? 0 : 1;
