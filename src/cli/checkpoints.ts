/** `kinship checkpoints list|reset`: shows and moves positions, only while no agent runs. */
import { askAgent } from '../agent/control-socket.ts';
import { flowJoiner } from '../agent/flow-preprocessor.ts';
import type { AgentConfig, FlowConfig } from '../config/model.ts';
import { didYouMean } from '../config/issues/nearest.ts';
import type { CheckpointRow } from '../core/checkpoint-row.ts';
import { CommandError } from '../core/errors.ts';
import { oneLine } from '../core/one-line.ts';
import { NodeClock } from '../platform/node-clock.ts';
import { NodeConfigReader } from '../platform/node-config-reader.ts';
import { NodeDecompression } from '../platform/node-decompression.ts';
import { NodeFileSystem } from '../platform/node-file-system.ts';
import { requireConfig } from './config-file.ts';
import { exitCodes } from './usage/exit-codes.ts';
import type { Invocation } from './usage/invocation.ts';
import { type Moved, movedRow, type Target } from './positions/move-position.ts';
import { usage } from './usage/parse-arguments.ts';
import { bytesText } from './usage/quantity-text.ts';
import { serviceName } from './host/service-unit.ts';
import { guarded, openStore, silentAgent } from './positions/stored-rows.ts';
import { readStored, storedFiles, storedText } from './positions/stored-status.ts';

const PROBE_TIMEOUT_MS = 2000;

export async function checkpointsCommand(invocation: Invocation): Promise<number> {
  const reset = invocation.positionals[0] === 'reset';
  const target = reset ? targetOf(invocation) : undefined;
  const { config } = await requireConfig(invocation, { files: new NodeConfigReader() });
  await refuseWhileRunning(config);
  return target === undefined ? list(invocation, config) : resetPositions(invocation, config, target);
}

function targetOf(invocation: Invocation): Target {
  const { flow, file, to, json } = invocation.options;
  if (flow === undefined)
    throw usage('kinship checkpoints reset needs --flow ID', 'kinship checkpoints list shows the flows');
  if (to === undefined) throw usage('kinship checkpoints reset needs --to start|end|OFFSET');
  if (json === true) throw usage('--json goes with kinship checkpoints list');
  if (to === 'start' || to === 'end') return { kind: to };
  if (file === undefined) throw usage('an offset is for one file: add --file PATH');
  return { kind: 'offset', offset: Number(to) };
}

/** A running agent would not look at a position that was moved, and would overwrite it within a second. */
async function refuseWhileRunning(config: AgentConfig): Promise<void> {
  const asked = await askAgent(config.agent.controlSocket, { command: 'status' }, PROBE_TIMEOUT_MS);
  if (asked.kind === 'absent') return;
  throw new CommandError({
    message: `an agent runs (it listens at ${config.agent.controlSocket})`,
    exitCode: exitCodes.failed,
    hint: `stop it first: systemctl stop ${serviceName(config.path)}. Its positions while it runs: kinship status`,
  });
}

async function list(invocation: Invocation, config: AgentConfig): Promise<number> {
  const clock = new NodeClock();
  const files = new NodeFileSystem();
  const path = config.checkpoint.checkpointFile;
  const store = await openStore({ path, files, wallMs: clock.wallMs(), readonly: true });
  const known = guarded(() => readStored(store));
  store?.close();
  const stored = await storedFiles(known, { files, wallMs: clock.wallMs() });
  const silent = silentAgent(config);
  if (silent !== undefined) invocation.stderr.write(`${silent}\n`);
  invocation.stdout.write(
    invocation.options.json === true
      ? `${JSON.stringify({ checkpointFile: path, files: stored }, null, 2)}\n`
      : storedText(stored, 'all'),
  );
  return exitCodes.done;
}

async function resetPositions(invocation: Invocation, config: AgentConfig, target: Target): Promise<number> {
  const clock = new NodeClock();
  const files = new NodeFileSystem();
  const decompression = new NodeDecompression();
  const path = config.checkpoint.checkpointFile;
  const store = await openStore({ path, files, wallMs: clock.wallMs(), readonly: false });
  if (store === undefined)
    throw new CommandError({ message: `no positions are stored yet (${path})`, exitCode: exitCodes.failed });
  try {
    const chosen = chooseRows(
      guarded(() => store.load()),
      invocation,
    );
    const upserts: CheckpointRow[] = [];
    for (const row of chosen) {
      const flow = config.flows.find(({ id }) => id === row.flow);
      const { encoding = 'utf-8', skipHeaderLines = 0 } = flow?.tail ?? {};
      const moved = await movedRow(row, target, { content: { files, decompression }, encoding, skipHeaderLines, wallMs: clock.wallMs() });
      if (moved.kind === 'moved') upserts.push(moved.row);
      invocation.stdout.write(`${oneLine(row.path)} (generation ${row.generation}): ${changeText(row, moved, flow)}\n`);
    }
    if (upserts.length > 0) guarded(() => store.commit({ upserts, removals: [], directoriesSeen: [], looks: [] }));
    return upserts.length > 0 ? exitCodes.done : exitCodes.failed;
  } finally {
    store.close();
  }
}

function changeText(row: CheckpointRow, moved: Moved, flow: FlowConfig | undefined): string {
  if (moved.kind === 'left') return `left as it is: ${moved.why}`;
  const { offset } = moved.row;
  const notes = moved.why === undefined ? [] : [moved.why];
  if (offset > 0 && flow === undefined) notes.push('the config has no such flow: its lines were taken for UTF-8');
  const joins = flow !== undefined && flowJoiner(flow, { emit: () => undefined }) !== undefined;
  if (offset > 0 && joins) notes.push('where a record of several lines has begun before, the rest of it is sent as one of its own');
  const change = `${bytesText(row.offset)} → ${bytesText(offset)}`;
  return notes.length === 0 ? change : `${change} (${notes.join('; ')})`;
}

function chooseRows(rows: readonly CheckpointRow[], invocation: Invocation): readonly CheckpointRow[] {
  const { flow = '', file } = invocation.options;
  const flows = new Set(rows.map((row) => row.flow));
  if (!flows.has(flow)) {
    throw new CommandError({
      message: `no positions of a flow "${flow}" are stored${didYouMean(flow, flows)}`,
      exitCode: exitCodes.failed,
      hint: 'kinship checkpoints list shows the flows',
    });
  }
  // Node.js puts U+FFFD for what is not UTF-8 in an argument.
  const isNamed = (path: string) => file === undefined || path.toWellFormed() === file;
  const own = rows.filter((row) => row.flow === flow && (isNamed(row.path) || isNamed(row.originalPath)));
  if (own.length > 0) return own;
  throw new CommandError({
    message: `the flow "${flow}" has no position of ${file}`,
    exitCode: exitCodes.failed,
    hint: 'kinship checkpoints list shows its files',
  });
}
