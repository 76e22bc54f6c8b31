/**
 * `node test/bench/hot-shard.ts`: a provisioned stream of four shards, one of which gets five times its limit. What each
 * takes, of its limit and of what came for it, and how many Kinesis records were refused. The real producer on a
 * simulated clock and a model of Kinesis with the published limits, so the figures are the same on every machine.
 */
import { partitionHashKey } from '../support/kinesis-server/hash-key.ts';
import { keyBeforeBar, ProducerWorld } from '../unit/producer/producer-world.ts';

const SECONDS = 120;
const TICK_MS = 50;
const SHARD_BYTES = 1024 * 1024;
const HOT_SHARD = 1;
/** What a tailer would be granted: more is not read. */
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

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const rows = ['| lines | shard | comes, MiB/s | taken, of the limit | delivered, of what came | refused |', '|---|---|---:|---:|---:|---:|'];
rows.push(...(await ship(200, 'kpl', 1)), ...(await ship(200, 'kpl', 50)), ...(await ship(5000, 'none', 200)));
process.stdout.write(`${rows.join('\n')}\n`);
