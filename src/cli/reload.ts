/** `kinship reload`: asks the running agent to read its config again, and says what came of it. */
import { askAgent } from '../agent/control-socket.ts';
import { CommandError } from '../core/errors.ts';
import { NodeConfigReader } from '../platform/node-config-reader.ts';
import { type CommandConfig, configOrSocket } from './config-or-socket.ts';
import { exitCodes } from './usage/exit-codes.ts';
import type { Invocation } from './usage/invocation.ts';
import { serviceName } from './host/service-unit.ts';
import { silentAgent } from './positions/stored-rows.ts';

/** Changed flows drain first: a reload may take as long as a stop, and somewhat longer. */
const RELOAD_TIMEOUT_MS = 120_000;
const PROBE_TIMEOUT_MS = 2000;

export async function reloadCommand(invocation: Invocation): Promise<number> {
  const found = await configOrSocket(invocation, { files: new NodeConfigReader() });
  if (found.kind === 'broken') throw await withAgent(found);
  const path = found.config.agent.controlSocket;
  const service = serviceName(found.config.path);
  const asked = await askAgent(path, { command: 'reload' }, RELOAD_TIMEOUT_MS);
  if (asked.kind === 'absent') {
    const silent = silentAgent(found.config);
    if (silent !== undefined) {
      throw new CommandError({
        message: silent,
        exitCode: exitCodes.serviceUnavailable,
        hint: 'as it is, it reads its config again on SIGHUP (kill -HUP PID), and says in its log what came of it',
      });
    }
    throw new CommandError({
      message: `no agent runs (nothing listens at ${path})`,
      exitCode: exitCodes.serviceUnavailable,
      hint: `start it: kinship run, or systemctl start ${service}`,
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
      message: reply.kind === 'error' ? reply.message : 'the agent gave an unexpected answer: is it of another version than this command? (kinship version)',
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
    invocation.stderr.write(`warning: changed, but not before the next start (of a service: systemctl restart ${service}): ${waiting.join(', ')}\n`);
  }
  return exitCodes.done;
}

/** Says what is wrong with the config, and that it does no harm to the agent that runs. */
async function withAgent({ fault, controlSocket }: CommandConfig & { kind: 'broken' }): Promise<CommandError> {
  const asked = await askAgent(controlSocket, { command: 'status' }, PROBE_TIMEOUT_MS);
  if (asked.kind !== 'answered') return fault;
  return new CommandError({
    message: fault.message,
    exitCode: fault.exitCode,
    hint: `nothing was reloaded: the agent at ${controlSocket} goes on with the config that it read; correct this one, then: kinship reload`,
    cause: fault,
  });
}
