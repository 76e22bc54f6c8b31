/** `kinship reload`: asks the running agent to read its config again, and says what came of it. */
import { askAgent } from '../agent/control-socket.ts';
import { CommandError } from '../core/errors.ts';
import { NodeConfigReader } from '../platform/node-config-reader.ts';
import { requireConfig } from './config-file.ts';
import { exitCodes } from './exit-codes.ts';
import type { Invocation } from './invocation.ts';

/** Changed flows drain first: as long as a stop may take, and some. */
const RELOAD_TIMEOUT_MS = 120_000;

export async function reloadCommand(invocation: Invocation): Promise<number> {
  const { config } = await requireConfig(invocation, { files: new NodeConfigReader() });
  const path = config.agent.controlSocket;
  const asked = await askAgent(path, { command: 'reload' }, RELOAD_TIMEOUT_MS);
  if (asked.kind === 'absent') {
    throw new CommandError({
      message: `no agent runs (nothing listens at ${path})`,
      exitCode: exitCodes.serviceUnavailable,
      hint: 'start it: kinship run, or systemctl start kinship',
    });
  }
  if (asked.kind === 'denied') {
    throw new CommandError({
      message: `this user may not talk to the agent (${path})`,
      exitCode: exitCodes.noPermission,
      hint: 'run as the agent’s user, or as root',
    });
  }
  if (asked.kind === 'silent')
    throw new CommandError({ message: `the agent did not answer: ${asked.message}`, exitCode: exitCodes.failed });
  const { reply } = asked;
  if (reply.kind !== 'reload') {
    throw new CommandError({
      message: reply.kind === 'error' ? reply.message : 'the agent gave another answer',
      exitCode: exitCodes.failed,
    });
  }
  const { outcome } = reply;
  if (outcome.kind === 'refused') {
    throw new CommandError({
      message: ['the agent goes on with its old config:', ...outcome.reasons].join('\n'),
      exitCode: exitCodes.configError,
    });
  }
  const { added, changed, removed, kept, waiting, warnings } = outcome;
  invocation.stdout.write(
    `reloaded: flows ${added} added, ${changed} changed, ${removed} removed, ${kept} untouched\n`,
  );
  for (const warning of warnings) invocation.stderr.write(`warning: ${warning}\n`);
  if (waiting.length > 0) {
    invocation.stderr.write(`warning: changed, but not before the next start (systemctl restart kinship): ${waiting.join(', ')}\n`);
  }
  return exitCodes.done;
}
