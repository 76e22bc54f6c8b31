/**
 * `kinship demo`: the main job before your eyes, without an AWS account. Two services log into two directories and
 * rotate; the agent ships, is killed with SIGKILL half-way and started again; an independent reader counts what arrived.
 *
 * Exit 0 only if every line arrived and order held where it was promised. Leaves nothing behind, Ctrl-C included.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askAgent } from '../agent/control-socket.ts';
import type { AgentStatus } from '../core/status.ts';
import { NodeClock } from '../platform/node-clock.ts';
import { DemoAgent } from './demo/demo-agent.ts';
import { DEMO_REGION, DemoKinesis } from './demo/demo-kinesis.ts';
import { DemoLog } from './demo/demo-logs.ts';
import { type DemoResult, DemoTally } from './demo/demo-tally.ts';
import { exitCodes } from './usage/exit-codes.ts';
import type { Invocation, Output } from './usage/invocation.ts';

const STREAM = 'demo';
const SHARDS = 2;
const WRITING_MS = 10_000;
const TICK_MS = 100;
const LINES_PER_TICK = 250;
const TICKS_PER_ROTATION = 13;
const CATCH_UP_MS = 60_000;

export async function demoCommand(invocation: Invocation): Promise<number> {
  const kinesis = await DemoKinesis.start();
  const directory = mkdtempSync(join(tmpdir(), 'kinship-demo-'));
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const progress = new Progress(invocation.stdout);
  const agent = new DemoAgent(join(directory, 'kinship.yaml'), (line) => progress.agentSays(line));
  try {
    await kinesis.createStream(STREAM, SHARDS);
    return await new Demo({ directory, kinesis, agent, progress, signal: interrupt.signal }).run();
  } finally {
    await agent.kill();
    await kinesis.close();
    rmSync(directory, { recursive: true, force: true });
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

interface DemoParts {
  readonly directory: string;
  readonly kinesis: DemoKinesis;
  readonly agent: DemoAgent;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

class Demo {
  readonly #parts: DemoParts;
  readonly #clock = new NodeClock();
  readonly #logs: readonly DemoLog[];

  constructor(parts: DemoParts) {
    this.#parts = parts;
    const { directory } = parts;
    this.#logs = [
      new DemoLog(join(directory, 'shop'), { name: 'shop', habit: 'rename-and-create' }),
      new DemoLog(join(directory, 'api'), { name: 'api', habit: 'copytruncate' }),
    ];
    writeFileSync(join(directory, 'kinship.yaml'), configText(directory, parts.kinesis.endpoint), { mode: 0o600 });
  }

  async run(): Promise<number> {
    const { agent, progress, signal, kinesis } = this.#parts;
    progress.say(`an independent Kinesis (kinesalite) listens at ${kinesis.endpoint}: stream "${STREAM}", ${SHARDS} shards`);
    progress.say('two services log and rotate for ten seconds: "shop" by rename, "api" by copytruncate');
    agent.start();
    await this.#write();
    if (!signal.aborted) await this.#catchUp();
    if (signal.aborted) {
      progress.say('interrupted: cleaning up');
      return exitCodes.failed;
    }
    const exitCode = await agent.stop();
    progress.say(`the agent stopped with exit code ${exitCode ?? 'none'}; reading the stream back (aws-kinesis-agg)`);
    const tally = new DemoTally(['api']);
    for await (const record of kinesis.read(STREAM)) tally.add(record.userRecords);
    const result = tally.result(this.#linesWritten());
    this.#report(result);
    const good = result.linesLost === 0 && result.linesOutOfOrder === 0 && result.linesForeign === 0 && exitCode === 0;
    return good ? exitCodes.done : exitCodes.failed;
  }

  async #write(): Promise<void> {
    const { agent, progress, signal, kinesis } = this.#parts;
    const ticks = WRITING_MS / TICK_MS;
    for (let tick = 1; tick <= ticks && !signal.aborted; tick += 1) {
      for (const log of this.#logs) {
        if (tick % TICKS_PER_ROTATION === 0) log.rotate();
        log.write(LINES_PER_TICK, new Date(this.#clock.wallMs()));
      }
      if (tick === ticks / 2) {
        await agent.kill();
        progress.say('the agent was killed with SIGKILL; starting it again');
        agent.start();
      }
      progress.show(`${this.#linesWritten()} lines written, ${this.#rotations()} rotations, ${kinesis.putRecordsCalls} PutRecords calls`);
      await this.#clock.sleep(TICK_MS, signal);
    }
  }

  /** Waits until the agent says that nothing is left to read or to send. */
  async #catchUp(): Promise<void> {
    const { directory, progress, signal } = this.#parts;
    const untilMs = this.#clock.monotonicMs() + CATCH_UP_MS;
    while (!signal.aborted && this.#clock.monotonicMs() < untilMs) {
      const asked = await askAgent(join(directory, 'control.sock'), { command: 'status' }, 1000);
      if (asked.kind === 'answered' && asked.reply.kind === 'status' && isCaughtUp(asked.reply.status, this.#logs)) return;
      progress.show('catching up');
      await this.#clock.sleep(TICK_MS, signal);
    }
  }

  #report(result: DemoResult): void {
    const { progress, kinesis } = this.#parts;
    const perRecord = (result.linesDelivered + result.linesRepeated) / Math.max(1, result.kinesisRecords);
    const rows: readonly (readonly [string, string | number])[] = [
      ['lines written', this.#linesWritten()],
      ['delivered', result.linesDelivered],
      ['lost', result.linesLost],
      ['repeated (after the kill)', result.linesRepeated],
      ['out of order, where order is promised', result.linesOutOfOrder],
      ['rotations', this.#rotations()],
      ['PutRecords calls', kinesis.putRecordsCalls],
      ['user records per Kinesis record', perRecord.toFixed(1)],
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, value] of rows) progress.say(`  ${name.padEnd(width)}  ${value}`);
    if (result.linesForeign > 0) progress.say(`  ${result.linesForeign} records arrived that nobody wrote`);
    progress.say(result.linesLost === 0 ? 'nothing was lost.' : 'LINES WERE LOST: please report this.');
  }

  #linesWritten(): number {
    return this.#logs.reduce((sum, log) => sum + log.linesWritten, 0);
  }

  #rotations(): number {
    return this.#logs.reduce((sum, log) => sum + log.rotations, 0);
  }
}

/** Every live log is known and nothing of any file is unread or on its way. */
function isCaughtUp(status: AgentStatus, logs: readonly DemoLog[]): boolean {
  const files = status.flows.flatMap((flow) => flow.files);
  const known = new Set(files.map((file) => file.path));
  return logs.every((log) => known.has(log.path)) && files.every((file) => file.lagBytes === 0 && file.state !== 'waiting');
}

/** "api" keeps the order of each file (partitionKey: file), "shop" spreads its load (random). */
function configText(directory: string, endpoint: string): string {
  return `region: ${DEMO_REGION}
checkpointFile: ${directory}/checkpoints.db
controlSocket: ${directory}/control.sock
cloudwatch: { emitMetrics: false }
kinesis: { endpoint: "${endpoint}", protocol: json }
flows:
  - id: shop
    filePattern: ${directory}/shop/access.log*
    initialPosition: START_OF_FILE
    kinesisStream: ${STREAM}
  - id: api
    filePattern: ${directory}/api/access.log*
    initialPosition: START_OF_FILE
    kinesisStream: ${STREAM}
    partitionKey: file
`;
}

/** Lines that stay, and on a terminal one line that changes. */
class Progress {
  readonly #output: Output;
  #shown = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  say(line: string): void {
    this.#clear();
    this.#output.write(`${line}\n`);
  }

  show(line: string): void {
    if (!this.#output.isTerminal) return;
    this.#clear();
    this.#output.write(line);
    this.#shown = line.length;
  }

  /** Shows a line of the agent's own log where it says that something is wrong. */
  agentSays(line: string): void {
    if (/"level":"(warn|error)"/.test(line) || !line.startsWith('{')) this.say(`  agent: ${line}`);
  }

  #clear(): void {
    if (this.#shown > 0) this.#output.write(`\r${' '.repeat(this.#shown)}\r`);
    this.#shown = 0;
  }
}
