import { expect, test } from 'vitest';
import { Pace } from '../../../src/producer/shards/pace.ts';
import type { FlowFeed } from './producer-world.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';
import { keysOfEachShard, pour } from './pour.ts';

const SHARD_BYTES = 1024 * 1024;

function offeredBytes(feed: FlowFeed | undefined): number {
  return feed?.lines.reduce((sum, line) => sum + line.length, 0) ?? 0;
}

test.each([
  ['200-byte lines in aggregates, one key', 200, 'kpl' as const, 1],
  ['5 KB lines one by one, many keys', 5000, 'none' as const, 200],
])('one of four shards gets 5 times its limit: the others run on at full speed, under 5 in a hundred are refused (%s)', async (_title, lineBytes, format, keyCount) => {
  const world = new ProducerWorld({ stream: { shards: 4, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  const keys = keysOfEachShard(world, keyCount);
  const feeds = keys.map((_, index) => world.flow({ flow: `flow ${index}`, plan: keyBeforeBar, format }));
  const seconds = 60;
  for (let ms = 0; ms < seconds * 1000; ms += 50) {
    for (const [index, feed] of feeds.entries()) {
      const bytesPerSecond = index === 1 ? 5 * SHARD_BYTES : 0.6 * SHARD_BYTES;
      pour(feed, keys[index] ?? [], { bytesPerSecond, everyMs: 50, lineBytes, pendingMax: 8 * SHARD_BYTES });
    }
    await world.run(50);
  }
  const rates = world.stream.openShards.map((shard) => shard.acceptedBytes / seconds / SHARD_BYTES);
  for (const [index, rate] of rates.entries()) {
    if (index === 1) expect(rate).toBeGreaterThan(0.85);
    else expect(rate / (offeredBytes(feeds[index]) / seconds / SHARD_BYTES)).toBeGreaterThan(0.95);
  }
  const accepted = world.stream.openShards.reduce((sum, shard) => sum + shard.acceptedCount, 0);
  const refused = world.stream.openShards.reduce((sum, shard) => sum + shard.throttledCount, 0);
  expect(refused).toBeGreaterThan(0);
  expect(refused / (accepted + refused)).toBeLessThan(0.05);
  const [hottest] = feeds[1]?.sink.status().shards ?? [];
  expect(hottest?.shardId).toBe('shardId-000000000001');
  if (keyCount === 1) expect(hottest?.hottestKeyShare).toBeGreaterThan(0.9);
  else expect(hottest?.hottestKeyShare).toBeLessThan(0.2);
});

test.each([
  ['5 KB lines one by one, many keys', 5000, 'none' as const, 200],
  ['lines of one key packed one after another', 200, 'newline' as const, 1],
])('the shards cannot be listed: answers tell whose pace it is, and a shard that gets 5 times its limit refuses few (%s)', async (_title, lineBytes, format, keyCount) => {
  const world = new ProducerWorld({ stream: { shards: 4, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  world.model.fault = ({ operation }) => (operation === 'ListShards' ? { kind: 'refuse', code: 'AccessDeniedException' } : undefined);
  const keys = keysOfEachShard(world, keyCount);
  const feeds = keys.map((_, index) => world.flow({ flow: `flow ${index}`, plan: keyBeforeBar, format }));
  for (let ms = 0; ms < 40_000; ms += 50) {
    for (const [index, feed] of feeds.entries()) {
      const bytesPerSecond = index === 1 ? 5 * SHARD_BYTES : 0.6 * SHARD_BYTES;
      pour(feed, keys[index] ?? [], { bytesPerSecond, everyMs: 50, lineBytes, pendingMax: 8 * SHARD_BYTES });
    }
    await world.run(50);
  }
  for (const [index, shard] of world.stream.openShards.entries()) {
    expect(shard.throttledCount / (shard.acceptedCount + shard.throttledCount)).toBeLessThan(0.05);
    if (index === 1) expect(shard.acceptedBytes / 40 / SHARD_BYTES).toBeGreaterThan(0.85);
    else expect((feeds[index]?.deliveredRecords ?? 0) / (feeds[index]?.lines.length ?? 1)).toBeGreaterThan(0.95);
  }
});

test('random keys over a stream at its limit: nearly all of it is used, under 5 % is refused', async () => {
  const world = new ProducerWorld({ stream: { shards: 4, rateLimited: true, keepRecords: false }, latencyMs: 15 });
  const feed = world.flow();
  const seconds = 90;
  for (let ms = 0; ms < seconds * 1000; ms += 50) {
    pour(feed, ['k'], { bytesPerSecond: 12 * SHARD_BYTES, everyMs: 50, lineBytes: 200, pendingMax: 16 * SHARD_BYTES });
    await world.run(50);
  }
  const accepted = world.stream.openShards.reduce((sum, shard) => sum + shard.acceptedBytes, 0);
  const refused = world.stream.openShards.reduce((sum, shard) => sum + shard.throttledCount, 0);
  const count = world.stream.openShards.reduce((sum, shard) => sum + shard.acceptedCount, 0);
  expect(accepted / seconds / SHARD_BYTES / 4).toBeGreaterThan(0.8);
  expect(refused / (count + refused)).toBeLessThan(0.05);
});

test('a stream without limits is not held back for long', async () => {
  const world = new ProducerWorld({ stream: { shards: 2, keepRecords: false }, latencyMs: 2 });
  const feed = world.flow({ plan: keyBeforeBar });
  for (let ms = 0; ms < 20_000; ms += 20) {
    pour(feed, ['k'], { bytesPerSecond: 10 * SHARD_BYTES, everyMs: 20, lineBytes: 1000, pendingMax: 8 * SHARD_BYTES });
    await world.run(20);
  }
  const accepted = world.stream.openShards.reduce((sum, shard) => sum + shard.acceptedBytes, 0);
  expect(accepted / 20 / SHARD_BYTES).toBeGreaterThan(7);
});

test('a pace without a limit never waits', () => {
  const pace = new Pace(Number.POSITIVE_INFINITY, 0);
  for (let count = 0; count < 1000; count += 1) {
    expect(pace.readyMs(0)).toBe(0);
    pace.spend(SHARD_BYTES);
  }
});

test('a pace lets one record go into debt, and then waits for it', () => {
  const pace = new Pace(1, 0);
  expect(pace.readyMs(0)).toBe(0);
  pace.spend(1.25 * SHARD_BYTES);
  // 500 ms later the pace has to be asked again: the rate may have grown meanwhile.
  expect(pace.readyMs(0)).toBe(501);
  expect(pace.readyMs(500)).toBeGreaterThan(500);
  expect(pace.readyMs(1001)).toBe(1001);
});

test('small records are paced by their number', () => {
  const pace = new Pace(1, 0);
  let sent = 0;
  for (; pace.readyMs(0) === 0; sent += 1) pace.spend(10);
  expect(sent).toBe(250);
});

/** A pace, and a writer that always has more to send, in steps of 10 ms. What the pace lets go is accepted or refused at once. */
class Driven {
  nowMs = 0;
  readonly pace: Pace;

  constructor(shards: number) {
    this.pace = new Pace(shards, 0);
  }

  get shards(): number {
    return this.pace.bytesPerSecond / SHARD_BYTES;
  }

  run(seconds: number, refused = false): void {
    for (const endMs = this.nowMs + seconds * 1000; this.nowMs < endMs; this.nowMs += 10) {
      while (this.pace.readyMs(this.nowMs) <= this.nowMs) {
        this.pace.spend(10_000);
        if (!refused) this.pace.accepted(10_000, this.nowMs);
        else {
          this.pace.throttled(this.nowMs);
          break;
        }
      }
    }
  }
}

test('the rate doubles every half second until the first refusal', () => {
  const driven = new Driven(1);
  driven.run(1.5);
  expect(driven.shards).toBeGreaterThan(6);
  expect(driven.shards).toBeLessThan(9);
});

test('a refusal cuts the rate by a fifth, those of the next half second belong to it', () => {
  const driven = new Driven(1);
  driven.run(0.1);
  const before = driven.shards;
  for (let count = 0; count < 50; count += 1) driven.pace.throttled(driven.nowMs + count * 9);
  expect(driven.shards).toBeCloseTo(before * 0.8, 1);
});

test('after a refusal the rate grows by a step a second', () => {
  const driven = new Driven(1);
  driven.run(0.1);
  driven.pace.throttled(driven.nowMs);
  driven.run(0.6);
  const begin = driven.shards;
  driven.run(10);
  expect(driven.shards - begin).toBeGreaterThan(0.3);
  expect(driven.shards - begin).toBeLessThan(0.5);
});

test('where nothing is accepted the rate falls to its floor, and the first acceptance leads back to the old one by doubling', () => {
  const driven = new Driven(1);
  driven.run(0.1);
  driven.pace.throttled(driven.nowMs);
  driven.run(1);
  const usual = driven.shards;
  driven.run(60, true);
  expect(driven.shards).toBeLessThan(0.03);
  driven.run(6);
  expect(driven.shards).toBeGreaterThan(usual * 0.75);
  expect(driven.shards).toBeLessThan(usual * 1.1);
});

test('a pace that knows no limit learns it from what was accepted until the first refusal', () => {
  const driven = new Driven(Number.POSITIVE_INFINITY);
  for (; driven.nowMs < 3000; driven.nowMs += 10) driven.pace.accepted(0.02 * SHARD_BYTES, driven.nowMs);
  driven.pace.throttled(driven.nowMs);
  expect(driven.shards).toBeGreaterThan(1.8);
  expect(driven.shards).toBeLessThan(2.1);
});
