/**
 * What one run is about: flows, their logs, how each log rotates, how big everything is. All of it comes from the seed.
 *
 * Invariant: which paths match a flow's patterns is decided here by a rule of its own (`matches`), not by the product's globs.
 */
import type { FaultPlan } from './fault-plan.ts';
import { chooseFeatures, type FlowFeatures, linesWith } from './features.ts';
import type { SimRandom } from './sim-random.ts';

export const rotationModes = [
  'none',
  'create',
  'nocreate',
  'dated',
  'compress',
  'delaycompress',
  'copytruncate',
  'truncate',
  'link',
  'copy',
  'delete-create',
  'symlink-switch',
  'new-names',
  'olddir',
  'directory-remade',
] as const;
export type RotationMode = (typeof rotationModes)[number];

export const keyKinds = ['random', 'constant', 'file'] as const;
export type KeyKind = (typeof keyKinds)[number];

export interface LogPlan {
  readonly flow: string;
  readonly directory: string;
  /** File name while it is written to. */
  readonly name: string;
  readonly mode: RotationMode;
  /** Rotated files that are kept. */
  readonly keepCount: number;
  readonly rotateEveryMs: number;
  /** How much later than other writers the log's writer begins. */
  readonly lateMs: number;
  /** After its first rotation nobody writes it any more: a rotated file is all that is left. */
  readonly leaves: boolean;
  /** New names carry a date, not a number. */
  readonly datedNames: boolean;
  readonly compression: 'gzip' | 'zstd';
  readonly lines: LinePlan;
}

/** What a writer writes, and how. */
export interface LinePlan {
  readonly count: number;
  readonly gapMs: number;
  readonly burst: number;
  readonly paddingMax: number;
  readonly ending: '\n' | '\r\n';
  /** Bytes that are no valid UTF-8 in some lines. */
  readonly rawBytes: boolean;
  /** The same lines at the head of every generation. */
  readonly header: string;
  readonly splitShare: number;
  /** Whether a write may end between the bytes of a character. */
  readonly splitsCharacters: boolean;
  readonly overLongShare: number;
  /** How long the writer goes on with its old file after a rotation. */
  readonly reopenDelayMaxMs: number;
  /** Whether the writer opens with O_APPEND. A writer without it leaves a sparse head behind after a truncation. */
  readonly appends: boolean;
  /** Share of the lines that go on with the record of the line before. */
  readonly continuedShare: number;
  /** UTF-16; undefined: UTF-8. */
  readonly encoding: { readonly mark: boolean; readonly order: 'little' | 'big' } | undefined;
}

export interface FlowPlan {
  readonly id: string;
  readonly stream: string;
  readonly directory: string;
  readonly patterns: readonly string[];
  readonly matches: (path: string) => boolean;
  readonly key: KeyKind;
  readonly initialPosition: 'START_OF_FILE' | 'END_OF_FILE';
  readonly oversize: 'truncate' | 'split' | 'drop';
  readonly format: 'kpl' | 'newline' | 'none';
  readonly aggregateBytesMax: number;
  readonly bufferedMs: number;
  /** Whether a hint announces a new file. Not where the directory is new, too. */
  readonly hinted: boolean;
  readonly features: FlowFeatures;
}

export interface Scenario {
  readonly flows: readonly FlowPlan[];
  readonly logs: readonly LogPlan[];
  readonly activeMs: number;
  readonly budgetBytes: number;
  /** Undefined: the product's default. */
  readonly openFilesMax: number | undefined;
  readonly lineBytesMax: number;
  readonly reusesInodes: boolean;
  readonly tellsBirth: boolean;
  /** Resolution of the time at which a directory was changed. */
  readonly stampTickMs: number;
  readonly shards: number;
  readonly listLagMs: number;
}

/** Lines longer than this are over-long in every scenario. */
const LINE_BYTES_MAX = 700;

export interface ScenarioOptions {
  readonly random: SimRandom;
  readonly faults: FaultPlan;
  readonly modes?: readonly RotationMode[] | undefined;
  readonly keys?: readonly KeyKind[] | undefined;
  /** Every flow has these features, as far as its rotation allows them, and no others. */
  readonly features?: ReadonlySet<string> | undefined;
}

export function makeScenario({ random, faults, modes, keys, features: forced }: ScenarioOptions): Scenario {
  const flows: FlowPlan[] = [];
  const logs: LogPlan[] = [];
  const flowCount = random.chance(0.7) ? 1 : 2;
  for (let index = 0; index < flowCount; index += 1) {
    const id = `f${index}`;
    const directory = `/logs/${id}`;
    const mode = random.pick(modes ?? rotationModes);
    const logCount = random.pick([1, 1, 2]);
    const pattern = random.pick(patternsFor(mode));
    const features = chooseFeatures(random.fork(`features ${id}`), { mode, forced });
    flows.push(asFeatured({
      id,
      stream: `stream-${id}`,
      directory,
      patterns: pattern.globs.map((glob) => `${directory}/${glob}`),
      matches: (path) => path.startsWith(`${directory}/`) && pattern.matches(path.slice(directory.length + 1)),
      key: random.pick(keys ?? ['random', 'random', 'constant', 'file']),
      initialPosition: random.chance(0.85) ? 'START_OF_FILE' : 'END_OF_FILE',
      oversize: random.pick(['truncate', 'split', 'drop'] as const),
      format: random.pick(['kpl', 'kpl', 'kpl', 'newline', 'none'] as const),
      aggregateBytesMax: random.pick([600, 2000, 51_200]),
      bufferedMs: random.pick([0, 100, 1000]),
      hinted: mode !== 'directory-remade',
      features,
    }));
    for (let log = 0; log < logCount; log += 1) {
      const leavesMs = mode === 'nocreate' ? leavingLogMs(random.fork(`log that leaves ${id} ${log}`), faults) : undefined;
      const whileDownMs = lateWhileDownMs(random.fork(`log while down ${id} ${log}`), faults);
      logs.push({
        flow: id,
        directory,
        name: `${'ab'[log] ?? 'c'}.log`,
        mode,
        keepCount: 1 + random.below(3),
        rotateEveryMs: rotateEveryMs(random, { soon: leavesMs !== undefined }),
        lateMs: leavesMs ?? whileDownMs ?? lateMs(random.fork(`late log ${id} ${log}`), faults),
        leaves: leavesMs !== undefined,
        datedNames: features.afterDelivery !== undefined,
        compression: features.names.includes('zstd') ? 'zstd' : 'gzip',
        lines: linesWith(linesFor(random.fork(`${id} ${log}`), faults), features, mode),
      });
    }
  }
  return {
    flows,
    logs,
    activeMs: faults.healMs,
    budgetBytes: random.pick([8192, 65_536, 4_194_304]),
    openFilesMax: random.fork('open files').chance(0.15) ? 2 : undefined,
    lineBytesMax: LINE_BYTES_MAX,
    reusesInodes: random.chance(0.7),
    tellsBirth: random.chance(0.5),
    shards: 1 + random.below(3),
    listLagMs: random.pick([0, 0, 3000]),
    stampTickMs: random.fork('stamp tick').pick([0.001, 10, 1000, 2000]),
  };
}

/** When a late log comes; 0: it is not late. A log that comes while hints are lost, best for long, can be rotated before it is seen. */
function lateMs(random: SimRandom, faults: FaultPlan): number {
  const [lost] = faults.windows('hint-lost').toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
  if (!random.chance(lost === undefined ? 0.15 : 0.5)) return 0;
  return lost?.fromMs ?? random.between(3000, 25_000);
}

/** How long a log stands between two rotations, on average. */
function rotateEveryMs(random: SimRandom, { soon }: { soon: boolean }): number {
  const everyMs = random.pick([1500, 5000, 15_000]);
  return soon ? 1000 : everyMs;
}

/** When a log comes that is made right after a crash and rotated once; undefined: this log is no such one. */
function leavingLogMs(random: SimRandom, faults: FaultPlan): number | undefined {
  const ends = faults.windows('crash').map(({ fromMs }) => fromMs);
  return ends.length > 0 && random.chance(0.3) ? random.pick(ends) + random.between(0, 300) : undefined;
}

/** When a log comes around the end of a process, so that it can be rotated before the next one starts; undefined: this log does not. */
function lateWhileDownMs(random: SimRandom, faults: FaultPlan): number | undefined {
  const ends = [...faults.windows('crash'), ...faults.windows('terminate')].map(({ fromMs }) => fromMs);
  if (ends.length === 0 || !random.chance(0.25)) return undefined;
  return Math.max(0, random.pick(ends) - random.between(0, 2000));
}

/** Narrows the flow's other choices to those that the model can judge together with its features. */
function asFeatured(flow: FlowPlan): FlowPlan {
  const { names, framing } = flow.features;
  const joined = framing !== undefined;
  const firehose = names.includes('firehose');
  const packed = flow.format === 'kpl' && firehose ? 'none' : flow.format;
  return {
    ...flow,
    key: firehose ? 'random' : flow.key,
    initialPosition: joined ? 'START_OF_FILE' : flow.initialPosition,
    oversize: names.includes('json') ? 'drop' : joined && flow.oversize === 'split' ? 'truncate' : flow.oversize,
    // In the newline format nobody can tell where one joined record ends and the next begins.
    format: joined && packed === 'newline' ? 'none' : packed,
  };
}

interface Pattern {
  readonly globs: readonly string[];
  /** Whether the path below the flow's directory is the flow's. */
  readonly matches: (below: string) => boolean;
}

const exactly: Pattern = { globs: ['?.log'], matches: (below) => /^.\.log$/.test(below) };
const withRotated: Pattern = { globs: ['*.log*'], matches: (below) => /^[^/]+\.log[^/]*$/.test(below) };
const anyDepth: Pattern = { globs: ['**/*.log*'], matches: (below) => /\.log[^/]*$/.test(below) };
const twice: Pattern = { globs: ['?.log', 'a*'], matches: (below) => /^(.\.log|a[^/]*)$/.test(below) };
const anyLog: Pattern = { globs: ['*.log'], matches: (below) => /^[^/]+\.log$/.test(below) };

function patternsFor(mode: RotationMode): readonly Pattern[] {
  if (mode === 'new-names') return [anyLog, withRotated];
  if (mode === 'olddir') return [exactly, anyDepth];
  return [exactly, withRotated, twice];
}

function linesFor(random: SimRandom, faults: FaultPlan): LinePlan {
  const steady = !faults.has('bursts');
  const headLength = faults.has('big-heads') ? 1500 : 60;
  return {
    count: 100 + random.below(200),
    gapMs: random.pick([50, 200, 500]),
    burst: steady ? 1 : random.pick([5, 40]),
    paddingMax: random.pick([8, 60, 300]),
    ending: random.chance(0.8) ? '\n' : '\r\n',
    rawBytes: random.chance(0.3),
    header: faults.has('equal-heads') ? `#Fields: ${'date time '.repeat(headLength / 10)}\n` : '',
    splitShare: faults.has('split-writes') ? 0.3 : 0,
    splitsCharacters: true,
    overLongShare: faults.has('over-long-lines') ? 0.03 : 0,
    reopenDelayMaxMs: faults.has('late-writes') ? 3000 : 50,
    appends: random.chance(0.85),
    continuedShare: 0,
    encoding: undefined,
  };
}
