/** `kinship status`: from the running agent, or from the checkpoint file when none runs. */
import { askAgent } from '../agent/control-socket.ts';
import type { AgentConfig } from '../config/model.ts';
import { CommandError } from '../core/errors.ts';
import type { AgentStatus } from '../core/status.ts';
import { NodeClock } from '../platform/node-clock.ts';
import { NodeConfigReader } from '../platform/node-config-reader.ts';
import { NodeFileSystem } from '../platform/node-file-system.ts';
import { type CommandConfig, configOrSocket } from './config-or-socket.ts';
import { exitCodes } from './usage/exit-codes.ts';
import type { Invocation } from './usage/invocation.ts';
import { statusText } from './positions/status-text.ts';
import { guarded, openStore, silentAgent } from './positions/stored-rows.ts';
import { readStored, storedFiles, storedFlows, storedText } from './positions/stored-status.ts';

const STATUS_TIMEOUT_MS = 5000;
/** Between two looks at an agent that is behind. */
const LOOK_APART_MS = 1000;

export async function statusCommand(invocation: Invocation): Promise<number> {
  const found = await configOrSocket(invocation, { files: new NodeConfigReader() });
  const clock = new NodeClock();
  if (found.kind === 'broken') return despiteConfig(found, { invocation, clock });
  const { controlSocket } = found.config.agent;
  const first = await statusOf(controlSocket);
  if (first === undefined) return fromStore(found.config, { invocation, clock });
  return fromAgent(first, { invocation, controlSocket, clock });
}

/** Shows the status of an agent that read the config before it was broken. Without one, the broken config is all there is to tell. */
async function despiteConfig({ fault, controlSocket }: CommandConfig & { kind: 'broken' }, look: Look): Promise<number> {
  const first = await statusOf(controlSocket).catch((unasked: unknown) => {
    if (!(unasked instanceof CommandError)) throw unasked;
    const { message, exitCode } = fault;
    const hint = [unasked.message, unasked.hint].filter((text) => text !== undefined).join(': ');
    throw new CommandError({ message, exitCode, hint, cause: unasked });
  });
  if (first === undefined) throw fault;
  look.invocation.stderr.write(
    `${fault.message}\nthe config cannot be used (see above): the agent that answers at ${controlSocket} goes on with the one that it read, and this is its status\n`,
  );
  return fromAgent(first, { ...look, controlSocket });
}

interface Look {
  readonly invocation: Invocation;
  readonly clock: NodeClock;
}

async function fromAgent(first: AgentStatus, { invocation, controlSocket, clock }: Look & { controlSocket: string }): Promise<number> {
  if (invocation.options.json === true) {
    invocation.stdout.write(`${JSON.stringify({ source: 'agent', ...first }, null, 2)}\n`);
    return exitCodes.done;
  }
  const behind = first.flows.some((flow) => flow.lagBytes > 0);
  if (behind) await clock.sleep(LOOK_APART_MS);
  const second = behind ? await statusOf(controlSocket) : undefined;
  invocation.stdout.write(statusText(second === undefined ? { now: first } : { now: second, before: first }));
  return exitCodes.done;
}

/** Undefined where no agent runs. */
async function statusOf(controlSocket: string): Promise<AgentStatus | undefined> {
  const asked = await askAgent(controlSocket, { command: 'status' }, STATUS_TIMEOUT_MS);
  if (asked.kind === 'absent') return undefined;
  if (asked.kind === 'denied') {
    throw new CommandError({
      message: `this user may not talk to the agent (${controlSocket})`,
      exitCode: exitCodes.noPermission,
      hint: 'run as the agent’s user, or as root',
    });
  }
  if (asked.kind === 'silent') {
    throw new CommandError({
      message: `the agent runs, but does not answer: ${asked.message}`,
      exitCode: exitCodes.serviceUnavailable,
      hint: "look at its log: journalctl -u 'kinship*'",
    });
  }
  if (asked.reply.kind === 'status') return asked.reply.status;
  throw new CommandError({
    message: asked.reply.kind === 'error' ? asked.reply.message : 'the agent gave an unexpected answer: is it of another version than this command? (kinship version)',
    exitCode: exitCodes.failed,
  });
}

async function fromStore(config: AgentConfig, { invocation, clock }: Look): Promise<number> {
  const path = config.checkpoint.checkpointFile;
  const files = new NodeFileSystem();
  const store = await openStore({ path, files, wallMs: clock.wallMs(), readonly: true });
  const known = guarded(() => readStored(store));
  store?.close();
  const stored = await storedFiles(known, { files, wallMs: clock.wallMs() });
  const silent = silentAgent(config);
  if (invocation.options.json === true) {
    if (silent !== undefined) invocation.stderr.write(`${silent}\n`);
    const flows = storedFlows(stored, config.flows.map((flow) => flow.id));
    const shown = { source: 'checkpoints', checkpointFile: path, agentRuns: silent !== undefined, flows, files: stored };
    invocation.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  } else {
    invocation.stderr.write(silent === undefined ? `no agent runs; from ${path}:\n` : `${silent}; its positions as stored:\n`);
    invocation.stdout.write(storedText(stored, 'most-behind'));
  }
  return exitCodes.done;
}
