/**
 * `node test/bench/latency.ts [--rate 1000] [--seconds 10] [--deadline 100]`: how long a line takes from being written
 * to arriving at the service, through the whole agent as a child process. Lines carry the time they were written at;
 * the server on this machine notes when the request with them came. Prints p50, p99 and the longest, milliseconds.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { deaggregate } from '../support/deaggregate.ts';
import { AgentWorld } from '../support/whole-agent/agent-world.ts';
import { until } from '../support/whole-agent/until.ts';

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    deadline: { type: 'string', default: '100' },
  },
});
const TICK_MS = 10;
const linesPerTick = Math.max(1, Math.round((Number(options.rate) * TICK_MS) / 1000));

await using world = await AgentWorld.begin({ flow: { recordMaxBufferedTimeMillis: Number(options.deadline) } });
const waits: number[] = [];
world.kinesis.model.fault = ({ operation, records }) => {
  if (operation !== 'PutRecords') return undefined;
  const nowMs = performance.timeOrigin + performance.now();
  for (const { data, start, end, partitionKey } of records) {
    for (const { data: line } of deaggregate({ data: data.subarray(start, end), partitionKey })) {
      waits.push(nowMs - Number(line.toString().split(' ')[0]));
    }
  }
  return undefined;
};
const log = join(world.logs, 'app.log');
writeFileSync(log, '');
const agent = await world.start();
const ticks = (Number(options.seconds) * 1000) / TICK_MS;
const startMs = performance.now();
let written = 0;
for (let tick = 0; tick < ticks; tick += 1) {
  await sleep(Math.max(0, startMs + tick * TICK_MS - performance.now()));
  const now = (performance.timeOrigin + performance.now()).toFixed(3);
  appendFileSync(log, `${now} GET /shop/item HTTP/1.1 200 1234 ${'x'.repeat(120)}\n`.repeat(linesPerTick));
  written += linesPerTick;
}
await until('everything arrived', () => waits.length >= written);
await agent.stop();
// The first second is start-up: code that is not compiled yet.
const steady = waits.slice(Number(options.rate)).toSorted((a, b) => a - b);
const at = (share: number) => (steady[Math.floor((steady.length - 1) * share)] ?? Number.NaN).toFixed(1);
process.stdout.write(
  `${options.rate} lines/s, deadline ${options.deadline} ms: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms, ${waits.length - written} repeated\n`,
);
