/** Load for the tests of the pace: a fixed number of bytes a second, as long as a byte budget lets them in. */
import { partitionHashKey } from '../../support/kinesis-server/hash-key.ts';
import type { FlowFeed, ProducerWorld } from './producer-world.ts';

/** `count` keys for each shard of the stream, in the order of the shards. */
export function keysOfEachShard(world: ProducerWorld, count: number): string[][] {
  return world.stream.openShards.map((shard) => {
    const keys: string[] = [];
    for (let number = 0; keys.length < count; number += 1) {
      const key = `key${number}`;
      if (shard.holds(partitionHashKey(key))) keys.push(key);
    }
    return keys;
  });
}

/** Feeds `bytesPerSecond` of records, with these keys in turn, while at most `pendingMax` bytes are unsettled, like a byte budget. */
export function pour(feed: FlowFeed, keys: readonly string[], load: { bytesPerSecond: number; everyMs: number; lineBytes: number; pendingMax: number }): void {
  const lines = keys.map((key) => `${key}|${'x'.repeat(load.lineBytes - key.length - 2)}\n`);
  const count = Math.round((load.bytesPerSecond * load.everyMs) / 1000 / load.lineBytes);
  if (feed.pendingBytes + count * load.lineBytes > load.pendingMax) return;
  const turn = feed.lines.length;
  feed.feed(Array.from({ length: count }, (_, index) => lines[(turn + index) % lines.length] ?? ''));
}
