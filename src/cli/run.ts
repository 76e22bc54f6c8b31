/**
 * `kinship run`: the composition root. Everything real is made here and handed down; the twin of this file is the
 * simulation's world.
 *
 * Order of start: config → store → agent → control socket → READY. Order of stop: reading, sending, positions, socket.
 */
import { setMaxListeners } from 'node:events';
import { Agent } from '../agent/agent.ts';
import { type ControlSocket, openControlSocket, type ReloadOutcome } from '../agent/control-socket.ts';
import { AwsClients } from '../aws/clients.ts';
import { openSqliteStore, type OpenedStore } from '../checkpoint/open-store.ts';
import { issueText } from '../config/issues/config-issue.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import type { AgentConfig } from '../config/model.ts';
import { settingsForRestart } from '../config/restart-settings.ts';
import { CommandError, StoreFault } from '../core/errors.ts';
import { keepHeapSmall } from '../platform/heap-growth.ts';
import { openLogOutput } from '../platform/log-output.ts';
import { NodeClock } from '../platform/node-clock.ts';
import { NodeConfigReader } from '../platform/node-config-reader.ts';
import { NodeDecompression } from '../platform/node-decompression.ts';
import { NodeFileSystem } from '../platform/node-file-system.ts';
import { NodeRandom } from '../platform/node-random.ts';
import { logFilesMax, openFilesLimit } from '../platform/open-files-limit.ts';
import { openServiceManager } from '../platform/service-manager.ts';
import { loadSqliteBinding } from '../platform/sqlite-addon.ts';
import { Logger } from '../telemetry/logger.ts';
import { requireConfig } from './config-file.ts';
import { exitCodes } from './usage/exit-codes.ts';
import { checkFlow } from './flows/flow-checks.ts';
import type { Invocation } from './usage/invocation.ts';
import { machineEnvironment } from './host/machine-environment.ts';
import { RunSignals } from './usage/run-signals.ts';
import { RunTelemetry } from './run-telemetry.ts';
import { serviceName } from './host/service-unit.ts';
import { guarded } from './positions/stored-rows.ts';

/** How often the service manager hears how things are. */
const STATUS_INTERVAL_MS = 10_000;

export async function runCommand(invocation: Invocation): Promise<number> {
  const { signals = new RunSignals(process) } = invocation;
  const { config } = await requireConfig(invocation, { files: new NodeConfigReader() });
  // Every flow and request listens to the same abort signals.
  setMaxListeners(0);
  const clock = new NodeClock();
  const level = invocation.options['log-level'] ?? config.telemetry.log.level;
  using logger = new Logger({ settings: { ...config.telemetry.log, level }, output: openLogOutput(invocation.env), clock });
  const opened = openCheckpoints(config, clock);
  if (opened.setAside !== undefined) logger.emit('checkpointSetAside', opened.setAside);
  if (opened.wasEmpty === true) logger.emit('checkpointEmpty', { path: config.checkpoint.checkpointFile });
  const clients = new AwsClients({ clock, events: logger, environment: invocation.env });
  const telemetry = new RunTelemetry({ config, clock, events: logger, clients, environment: invocation.env });
  const openFilesMax = await boundOpenFiles(config, logger);
  const agent = new Agent(
    config,
    {
      clock,
      random: new NodeRandom(),
      files: new NodeFileSystem(openFilesMax),
      openFilesMax,
      decompression: new NodeDecompression(),
      store: opened.store,
      events: logger,
      metrics: telemetry.metrics,
      loops: telemetry.loops,
      environment: machineEnvironment(invocation.env, clock),
      kinesis: (flow, stream) => clients.kinesis(flow.aws, stream),
      firehose: (flow, stream) => clients.firehose(flow.aws, stream),
    },
    invocation.version,
  );
  const manager = await openServiceManager(invocation.env, (fault) =>
    logger.emit('serviceManagerUnreachable', { reason: fault.message }),
  );
  await agent.start();
  const heapTimer = keepHeapSmall(clock);
  let running = config;
  const reload = async () => {
    const loaded = await loadConfig(config.path, { files: new NodeConfigReader(), env: invocation.env, checkFlow });
    const outcome = await reloadTo(loaded, config, agent);
    if (loaded.kind === 'ok' && outcome.kind === 'reloaded') {
      running = loaded.config;
      logger.level = invocation.options['log-level'] ?? running.telemetry.log.level;
    }
    reportReload(logger, outcome, serviceName(config.path));
    return outcome;
  };
  const control = await openControl(config, { agent, reload, logger });
  await telemetry.start(() => agent.status());
  logger.emit('agentStarted', { version: invocation.version, flows: config.flows.length, config: config.path });
  manager.ready(`shipping ${config.flows.length} flow(s)`);

  const ending = new AbortController();
  const secure = async () => {
    if ((await control?.secure()) === true) logger.emit('controlSocketRestored', { path: config.agent.controlSocket });
  };
  const feeding = feedServiceManager({ clock, manager, telemetry, agent, secure, signal: ending.signal });
  const reason = await signals.follow({
    onReload: () => {
      manager.reloading();
      void reload().then(() => manager.ready('config read again'));
    },
    onLevel: () => logger.emit('logLevelSwitched', { to: logger.switchLevel() }),
    onSecondStop: () => agent.hurry(),
  });
  manager.stopping(`stopping (${reason})`);
  await agent.stop({ reason, timeoutMs: running.agent.shutdownTimeoutMillis });
  ending.abort();
  heapTimer.cancel();
  await feeding;
  await telemetry.stop();
  await control?.close();
  clients.close();
  opened.store.close();
  return exitCodes.done;
}

function openCheckpoints(config: AgentConfig, clock: NodeClock): OpenedStore {
  const path = config.checkpoint.checkpointFile;
  return guarded(() => openSqliteStore({ path, wallMs: () => clock.wallMs(), nativeBinding: loadSqliteBinding() }));
}

/** How many log files may be open so that handles are left for everything else. Logs it where that is fewer than configured. */
async function boundOpenFiles({ tail, aws }: AgentConfig, logger: Logger): Promise<number> {
  const limit = await openFilesLimit();
  const openFilesMax = logFilesMax(limit, aws.kinesis.maxConnections);
  if (limit !== undefined && tail.openFilesMax > openFilesMax) {
    logger.emit('openFilesBounded', { configured: tail.openFilesMax, limit, openFilesMax });
  }
  return openFilesMax;
}

async function openControl(
  config: AgentConfig,
  parts: { agent: Agent; reload: () => Promise<ReloadOutcome>; logger: Logger },
): Promise<ControlSocket | undefined> {
  const path = config.agent.controlSocket;
  const opened = await openControlSocket(path, { status: () => parts.agent.status(), reload: parts.reload });
  if (opened.kind === 'open') return opened.socket;
  if (opened.kind === 'taken') {
    throw new CommandError({
      message: `another kinship runs already (it answers at ${path})`,
      exitCode: exitCodes.failed,
      hint: 'stop it first, or give this one its own checkpointFile and controlSocket',
    });
  }
  parts.logger.emit('controlSocketUnavailable', { path, reason: opened.message });
  return undefined;
}

/** Takes over a config that was loaded; flows that did not change go on untouched. The old config stays where the new one is wrong. */
async function reloadTo(loaded: LoadedConfig, started: AgentConfig, agent: Agent): Promise<ReloadOutcome> {
  if (loaded.kind === 'invalid') return { kind: 'refused', reasons: loaded.issues.map(issueText) };
  try {
    const counts = await agent.reload(loaded.config);
    return { kind: 'reloaded', ...counts, waiting: settingsForRestart(started, loaded.config), warnings: loaded.warnings.map(issueText) };
  } catch (fault) {
    if (fault instanceof StoreFault) return { kind: 'refused', reasons: [`${fault.message}: ${fault.hint}`] };
    throw fault;
  }
}

function reportReload(logger: Logger, outcome: ReloadOutcome, service: string): void {
  if (outcome.kind === 'refused') {
    logger.emit('reloadRefused', { reasons: outcome.reasons.join('; ') });
    return;
  }
  const { kind: _kind, waiting, warnings, ...counts } = outcome;
  logger.emit('reloaded', counts);
  if (waiting.length > 0) logger.emit('restartNeeded', { settings: waiting.join(', '), service });
  for (const warning of warnings) logger.emit('configWarning', { warning });
}

/** The watchdog is fed only while every loop turns. */
async function feedServiceManager(parts: {
  clock: NodeClock;
  manager: Awaited<ReturnType<typeof openServiceManager>>;
  telemetry: RunTelemetry;
  agent: Agent;
  /** Restores what others may have deleted. */
  secure: () => Promise<void>;
  signal: AbortSignal;
}): Promise<void> {
  const { clock, manager, telemetry, agent, secure, signal } = parts;
  const intervalMs = Math.min(manager.watchdogIntervalMs ?? STATUS_INTERVAL_MS, STATUS_INTERVAL_MS);
  while (!signal.aborted) {
    if (telemetry.loops.stuck().length === 0) manager.watchdog();
    manager.status(statusLine(agent));
    await secure();
    await clock.sleep(intervalMs, signal);
  }
}

function statusLine(agent: Agent): string {
  const { flows } = agent.status();
  const lagBytes = flows.reduce((sum, flow) => sum + flow.lagBytes, 0);
  const lagSeconds = Math.round(Math.max(0, ...flows.map((flow) => flow.lagSeconds)));
  const blocked = flows.flatMap((flow) => flow.destinations).filter((destination) => destination.state === 'blocked');
  const trouble = blocked.length === 0 ? '' : `; blocked: ${blocked.map((destination) => destination.name).join(', ')}`;
  return `${flows.length} flow(s), ${lagBytes} bytes (${lagSeconds} s) behind${trouble}`;
}
