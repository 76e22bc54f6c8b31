/** `kinship try`: runs files, or standard input, through a flow and prints the records it would send. Sends nothing. */
import type { AgentConfig, FlowConfig } from '../config/model.ts';
import { didYouMean } from '../config/issues/nearest.ts';
import { CommandError, FileFault } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { NodeClock } from '../platform/node-clock.ts';
import { NodeConfigReader } from '../platform/node-config-reader.ts';
import { NodeDecompression } from '../platform/node-decompression.ts';
import { NodeFileSystem } from '../platform/node-file-system.ts';
import { NodeRandom } from '../platform/node-random.ts';
import { openContent } from '../tail/content/content.ts';
import { requireConfig } from './config-file.ts';
import { exitCodes } from './usage/exit-codes.ts';
import type { Invocation } from './usage/invocation.ts';
import { machineEnvironment } from './host/machine-environment.ts';
import { bytesText } from './usage/quantity-text.ts';
import { FlowTrial } from './try/flow-trial.ts';
import { StepClock } from './try/step-clock.ts';
import { trialText } from './try/trial-text.ts';

const NEWLINE = 0x0a;
const PROGRESS_BYTES = 16 * limits.readBytesMax;

export async function tryCommand(invocation: Invocation): Promise<number> {
  const { config } = await requireConfig(invocation, { files: new NodeConfigReader() });
  const flow = chooseFlow(config, invocation.options.flow);
  const clock = new NodeClock();
  const { stdout, stderr } = invocation;
  const trial = new FlowTrial({
    flow,
    clock: new StepClock(() => clock.wallMs()),
    random: new NodeRandom(),
    environment: machineEnvironment(invocation.env, clock),
    print: (record) => stdout.write(record.at(-1) === NEWLINE ? record : Buffer.concat([record, Buffer.of(NEWLINE)])),
  });
  let shownBytes = 0;
  const afterEach = async () => {
    await stdout.flushed();
    if (!stderr.isTerminal || stdout.isTerminal || trial.counts.bytes < shownBytes + PROGRESS_BYTES) return;
    shownBytes = trial.counts.bytes;
    stderr.write(`\r${bytesText(shownBytes)} read …\u001b[K`);
  };
  const { positionals } = invocation;
  if (positionals.length === 0) await trial.run('standard input', invocation.stdin, afterEach);
  for (const path of positionals) await runFile(trial, path, afterEach);
  if (shownBytes > 0) stderr.write('\r\u001b[K');
  stderr.write(trialText(flow, trial.counts, trial.unparsable));
  return exitCodes.done;
}

function chooseFlow(config: AgentConfig, id: string | undefined): FlowConfig {
  const ids = config.flows.map((flow) => flow.id);
  const [first] = config.flows;
  if (id === undefined && config.flows.length === 1 && first !== undefined) return first;
  const hint = `flows: ${ids.join(', ')}`;
  if (id === undefined)
    throw new CommandError({
      message: 'the config has several flows: name one with --flow ID',
      exitCode: exitCodes.wrongUsage,
      hint,
    });
  const chosen = config.flows.find((flow) => flow.id === id);
  if (chosen !== undefined) return chosen;
  throw new CommandError({
    message: `the config has no flow "${id}"${didYouMean(id, ids)}`,
    exitCode: exitCodes.wrongUsage,
    hint,
  });
}

async function runFile(trial: FlowTrial, path: string, afterEach: () => Promise<void>): Promise<void> {
  try {
    await trial.run(path, chunksOf(path), afterEach);
  } catch (fault) {
    if (!(fault instanceof FileFault)) throw fault;
    const denied = fault.code === 'denied';
    throw new CommandError({
      message: `${path} cannot be read (${fault.systemCode})`,
      exitCode: denied ? exitCodes.noPermission : exitCodes.failed,
      cause: fault,
    });
  }
}

/** The content of a file, decompressed where it is compressed, as the tail reads it. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const { handle } = await openContent({ files: new NodeFileSystem(), decompression: new NodeDecompression() }, path);
  try {
    const buffer = Buffer.alloc(limits.readBytesMax);
    for (let position = 0; ;) {
      const length = await handle.read(buffer, { bufferOffset: 0, length: buffer.length, position });
      if (length === 0) return;
      position += length;
      yield buffer.subarray(0, length);
    }
  } finally {
    await handle.close();
  }
}
