/**
 * argv → command → exit code. Only this file ends the process and turns faults into text: what a person must know into message
 * and hint, bugs into their stack.
 */
import { hostname } from 'node:os';
import manifest from '../package.json' with { type: 'json' };
import { type CommandSpec, defaultConfigPath } from './cli/usage/command-table.ts';
import { loadCommand } from './cli/command-programs.ts';
import { exitCodes } from './cli/usage/exit-codes.ts';
import type { Output } from './cli/usage/invocation.ts';
import { outputFault } from './cli/usage/output-fault.ts';
import { parseArguments } from './cli/usage/parse-arguments.ts';
import { RunSignals } from './cli/usage/run-signals.ts';
import { CommandError } from './core/errors.ts';
import { nameProcess } from './platform/process-name.ts';

class ProcessOutput implements Output {
  readonly #stream: NodeJS.WriteStream;
  /** The agent writes its log by another way. Where nothing was written here, `flushed` does not wait for an output that takes nothing. */
  #isUsed = false;

  /** `onFault` hears of everything but a reader that went away, which ends the process. */
  constructor(stream: NodeJS.WriteStream, onFault: (fault: CommandError) => void) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const fault = outputFault(error);
      if (fault === undefined) process.exit(exitCodes.done);
      onFault(fault);
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY;
  }

  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  write(chunk: string | Uint8Array): void {
    this.#isUsed = true;
    this.#stream.write(chunk);
  }

  flushed(): Promise<void> {
    if (!this.#isUsed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stream.write('', () => resolve());
    });
  }
}

async function main(): Promise<number> {
  nameProcess('kinship');
  // Nobody can be told of a fault of standard error, and the work does not depend on it. The exit code says how the work went.
  const stderr = new ProcessOutput(process.stderr, () => undefined);
  const stdout = new ProcessOutput(process.stdout, (fault) => process.exit(report(fault, stderr)));
  try {
    const { command, options, positionals } = parseArguments(process.argv.slice(2));
    // Signals are heard before the agent is loaded, which takes longer than all that comes before.
    const signals = command.name === 'run' ? new RunSignals(process) : undefined;
    const run = await loadCommand(command.name);
    const environmentDenied = await takeServiceEnvironment(command, options.config);
    const env = { HOSTNAME: hostname(), ...process.env };
    const { version } = manifest;
    return await run({
      command: command.name,
      options,
      positionals,
      env,
      environmentDenied,
      signals,
      version,
      stdout,
      stderr,
      stdin: process.stdin,
    });
  } catch (error) {
    return report(error, stderr);
  } finally {
    await Promise.all([stdout.flushed(), stderr.flushed()]);
  }
}

/**
 * Puts the service's variables into the environment, for all parts of the program, the SDK's own too. A variable that the caller
 * has set stands. Returns the file of variables that this user may not read, if there is one.
 */
async function takeServiceEnvironment(command: CommandSpec, config: string | undefined): Promise<string | undefined> {
  if (command.name === 'run' || !command.options.includes('config')) return undefined;
  const [{ serviceEnvironment }, { NodeConfigReader }] = await Promise.all([
    import('./cli/host/service-environment.ts'),
    import('./platform/node-config-reader.ts'),
  ]);
  const { env, denied } = await serviceEnvironment(config ?? defaultConfigPath, new NodeConfigReader());
  for (const [name, value] of Object.entries(env)) process.env[name] ??= value;
  return denied;
}

function report(error: unknown, stderr: Output): number {
  if (error instanceof CommandError) {
    stderr.write(`${error.message}\n`);
    if (error.hint !== undefined) stderr.write(`→ ${error.hint}\n`);
    return error.exitCode;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  stderr.write(`kinship has a bug, and nothing was lost by it. Please report this:\n${text}\n`);
  return 1;
}

// Not awaited at the top level: the single binary's module is CommonJS, which cannot, and loads Node's own modules late.
void main().then((code) => process.exit(code));
