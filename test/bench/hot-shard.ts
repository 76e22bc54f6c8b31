/**
 * `node test/bench/hot-shard.ts`: a provisioned stream of four shards, one of which gets five times its limit. Prints how
 * much each shard takes, of its limit and of the lines for it, and how many Kinesis records were refused. Then lines with
 * random keys, beside another writer who fills shards of the stream. The real producer runs on a simulated clock and a model
 * of Kinesis with the published limits, so the figures are the same on every machine.
 */
import { partitionHashKey } from '../support/kinesis-server/hash-key.ts';
import { OtherWriter } from '../unit/producer/other-writer.ts';
import { pour } from '../unit/producer/pour.ts';
import { keyBeforeBar, ProducerWorld } from '../unit/producer/producer-world.ts';

const SECONDS = 120;
const SETTLE_SECONDS = 30;
/** The length of lines with random keys. */
const LINE_BYTES = 1000;
const TICK_MS = 50;
const SHARD_BYTES = 1024 * 1024;
const HOT_SHARD = 1;
/** What the byte budget would grant a tailer: it reads no more. */
const PENDING_BYTES_MAX = 8 * SHARD_BYTES;

async function ship(lineBytes: number, format: 'kpl' | 'none', keyCount: number): Promise<string[]> {
  const world = new ProducerWorld({ stream: { shards: 4, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  const shards = world.stream.openShards.map((shard, index) => {
    const keys: string[] = [];
    for (let number = 0; keys.length < keyCount; number += 1) if (shard.holds(partitionHashKey(`key${number}`))) keys.push(`key${number}`);
    const lines = keys.map((key) => `${key}|${'x'.repeat(lineBytes - key.length - 2)}\n`);
    const feed = world.flow({ flow: `flow ${index}`, plan: keyBeforeBar, format });
    return { shard, lines, feed, comesPerSecond: (index === HOT_SHARD ? 5 : 0.6) * SHARD_BYTES };
  });
  for (let ms = 0; ms < SECONDS * 1000; ms += TICK_MS) {
    for (const { lines, feed, comesPerSecond } of shards) {
      const count = Math.round((comesPerSecond * TICK_MS) / 1000 / lineBytes);
      if (feed.pendingBytes + count * lineBytes > PENDING_BYTES_MAX) continue;
      const first = feed.lines.length;
      feed.feed(Array.from({ length: count }, (_, index) => lines[(first + index) % lines.length] ?? ''));
    }
    await world.run(TICK_MS);
  }
  return shards.map(({ shard, feed, comesPerSecond }, index) => {
    const took = shard.acceptedBytes / SECONDS;
    const delivered = feed.deliveredRecords / feed.lines.length;
    const refused = shard.throttledCount / (shard.acceptedCount + shard.throttledCount);
    const cells = [
      index === 0 ? `${lineBytes} B, ${format}, keys a shard: ${keyCount}` : '',
      `${index}${index === HOT_SHARD ? ' (hot)' : ''}`,
      (comesPerSecond / SHARD_BYTES).toFixed(1),
      percent(took / SHARD_BYTES),
      index === HOT_SHARD ? '' : percent(delivered),
      percent(refused),
    ];
    return `| ${cells.join(' | ')} |`;
  });
}

interface Shared {
  readonly shards: number;
  readonly mode?: 'ON_DEMAND';
  /** What the other writer sends to each of the first shards, and what comes for the flow (`comes`), in limits of one shard. */
  readonly others: readonly number[];
  readonly comes: number;
}

/** Ships lines with random keys. The count begins when the flow has had `SETTLE_SECONDS` to find the filled shards. */
async function shipBeside({ shards, mode, others, comes }: Shared): Promise<string> {
  const stream = { shards, rateLimited: true, keepRecords: false, ...(mode === undefined ? {} : { mode }) };
  const world = new ProducerWorld({ stream, latencyMs: 15 });
  const feed = world.flow();
  const writers = others.map((share, shard) => new OtherWriter(world, { shard, share, tickMs: TICK_MS }));
  const runFor = async (seconds: number) => {
    for (let ms = 0; ms < seconds * 1000; ms += TICK_MS) {
      for (const writer of writers) writer.tick();
      pour(feed, ['k'], { bytesPerSecond: comes * SHARD_BYTES, everyMs: TICK_MS, lineBytes: LINE_BYTES, pendingMax: 2 * PENDING_BYTES_MAX });
      await world.run(TICK_MS);
    }
  };
  const ownBytes = () => world.stream.openShards.map((shard, index) => shard.acceptedBytes - (writers[index]?.acceptedBytes ?? 0));
  const count = (name: string) => world.counts.get(name) ?? 0;
  await runFor(SETTLE_SECONDS);
  const before = { bytes: ownBytes(), delivered: feed.deliveredRecords, accepted: count('KinesisRecordsPut'), refused: count('ThrottledRecords') };
  await runFor(SECONDS);
  const took = ownBytes().map((bytes, index) => (bytes - (before.bytes[index] ?? 0)) / SECONDS / SHARD_BYTES);
  const free = took.slice(others.length);
  const refused = count('ThrottledRecords') - before.refused;
  const cells = [
    `${shards}${mode === undefined ? '' : ', on-demand'}`,
    others.length === 0 ? 'none' : `${others.length}, ${others[0]} × the limit each`,
    comes.toFixed(1),
    others.length === 0 ? '' : average(took.slice(0, others.length)).toFixed(2),
    average(free).toFixed(2),
    (((feed.deliveredRecords - before.delivered) * LINE_BYTES) / SECONDS / SHARD_BYTES).toFixed(1),
    percent(refused / (refused + count('KinesisRecordsPut') - before.accepted)),
  ];
  return `| ${cells.join(' | ')} |`;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const rows = ['| lines | shard | comes, MiB/s | taken, of the limit | delivered, of what came | refused |', '|---|---|---:|---:|---:|---:|'];
rows.push(...(await ship(200, 'kpl', 1)), ...(await ship(200, 'kpl', 50)), ...(await ship(5000, 'none', 200)));
process.stdout.write(`${rows.join('\n')}\n`);

const beside = ['| shards | filled by another writer | comes, MiB/s | a filled one takes | a free one takes | delivered, MiB/s | refused |', '|---|---|---:|---:|---:|---:|---:|'];
const cases: readonly Shared[] = [
  { shards: 4, others: [5], comes: 2.4 },
  { shards: 4, mode: 'ON_DEMAND', others: [5], comes: 2.4 },
  { shards: 16, others: [5], comes: 9.6 },
  { shards: 4, others: [5, 5, 5], comes: 0.8 },
  { shards: 4, others: [5], comes: 8 },
  { shards: 4, others: [0.5], comes: 8 },
  { shards: 4, others: [], comes: 8 },
  { shards: 16, others: [], comes: 24 },
];
for (const shared of cases) beside.push(await shipBeside(shared));
process.stdout.write(`\n${beside.join('\n')}\n`);
