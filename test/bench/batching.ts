/**
 * `node test/bench/batching.ts`: how full Kinesis records get, and how many requests there are, by rate of lines and by
 * buffering time. The real producer runs on a simulated clock and a model of Kinesis, so the figures are the same on every
 * machine.
 */
import { ProducerWorld } from '../unit/producer/producer-world.ts';

const SECONDS = 60;
const LINE_BYTES = 200;
const TICK_MS = 10;

interface Figures {
  readonly userRecordsPerKinesisRecord: number;
  readonly requestsPerSecond: number;
}

async function ship(linesPerSecond: number, bufferedMs: number): Promise<Figures> {
  const world = new ProducerWorld({ latencyMs: 10, stream: { shards: 4 } });
  const feed = world.flow({ bufferedMs });
  await world.run(100);
  for (let ms = 0; ms < SECONDS * 1000; ms += TICK_MS) {
    const from = Math.floor((ms * linesPerSecond) / 1000);
    const to = Math.floor(((ms + TICK_MS) * linesPerSecond) / 1000);
    if (to > from) feed.feed(Array.from({ length: to - from }, (_, index) => `${String(from + index).padEnd(LINE_BYTES - 1)}\n`));
    await world.run(TICK_MS);
  }
  await world.run(10_000);
  return {
    userRecordsPerKinesisRecord: (world.counts.get('UserRecordsPut') ?? 0) / (world.counts.get('KinesisRecordsPut') ?? 1),
    requestsPerSecond: world.requests.length / SECONDS,
  };
}

const buffering = [100, 1000];
const columns = buffering.flatMap((ms) => [`lines a Kinesis record, ${ms} ms`, `PutRecords a second, ${ms} ms`]);
const rows = [`| lines | ${columns.join(' | ')} |`, `|---:|${'---:|'.repeat(columns.length)}`];
for (const linesPerSecond of [1, 10, 100, 1000, 10_000]) {
  const cells = [`${linesPerSecond}/s`];
  for (const bufferedMs of buffering) {
    const { userRecordsPerKinesisRecord, requestsPerSecond } = await ship(linesPerSecond, bufferedMs);
    cells.push(userRecordsPerKinesisRecord.toFixed(1), requestsPerSecond.toFixed(2));
  }
  rows.push(`| ${cells.join(' | ')} |`);
}
process.stdout.write(`${rows.join('\n')}\n`);
