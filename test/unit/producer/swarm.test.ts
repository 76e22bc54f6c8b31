/**
 * The producer against everything at once: flows of every kind on one stream, faults of every kind switched on by the
 * seed, reshards, limits, poison. After healing, everything is settled, and a consumer has it all, in order where that was
 * promised. A failure names its seed.
 */
import { expect, test } from 'vitest';
import { assert } from '../../../src/core/assert.ts';
import type { Fault, FaultScript } from '../../support/kinesis-server/fault.ts';
import { SimRandom } from '../../simulation/sim-random.ts';
import { keyBeforeBar, ProducerWorld } from './producer-world.ts';
import type { FlowFeed, FlowSetting } from './producer-world.ts';

const kinds: readonly FlowSetting[] = [
  { plan: { kind: 'random' }, format: 'kpl', recordBytesMax: 3000 },
  { plan: { kind: 'random' }, format: 'none' },
  { plan: { kind: 'random' }, format: 'newline', recordBytesMax: 1500 },
  { plan: keyBeforeBar, format: 'kpl', recordBytesMax: 2500 },
  { plan: keyBeforeBar, format: 'none' },
  { plan: keyBeforeBar, format: 'newline', recordBytesMax: 1500 },
  { plan: { kind: 'per-batch', keyOf: (source) => source.path }, format: 'kpl', recordBytesMax: 2000 },
];

/** Each kind of fault is on or off for a seed, and then hits with a probability of its own. */
function faultScript(random: SimRandom): FaultScript {
  const faults: readonly [share: number, fault: () => Fault][] = [
    [0.2, () => ({ kind: 'cut' })],
    [0.2, () => ({ kind: 'lose-answer' })],
    [0.05, () => ({ kind: 'hang', carriedOut: random.chance(0.5) })],
    [0.2, () => ({ kind: 'slow', delayMs: random.below(2000) })],
    [0.1, () => ({ kind: 'short-answer', missing: 1 })],
    [0.1, () => ({ kind: 'half-answer' })],
    [0.1, () => ({ kind: 'page', status: 503 })],
    [0.1, () => ({ kind: 'refuse', code: random.chance(0.5) ? 'InternalFailure' : 'ExpiredTokenException' })],
    [0.05, () => ({ kind: 'refuse', code: 'AccessDeniedException' })],
    [0.1, () => ({ kind: 'refuse', code: 'ProvisionedThroughputExceededException' })],
    [0.3, () => ({ kind: 'fail-entries', codeOf: () => (random.chance(0.3) ? 'ProvisionedThroughputExceededException' : undefined) })],
    [0.3, () => ({ kind: 'fail-entries', codeOf: () => (random.chance(0.3) ? 'InternalFailure' : undefined) })],
  ];
  const on = faults.filter(() => random.chance(0.4)).map(([share, fault]) => ({ share: share * random.next(), fault }));
  const control = random.chance(0.3) ? random.next() : 0;
  return ({ operation }) => {
    if (operation !== 'PutRecords') return random.chance(control) ? { kind: 'cut' } : undefined;
    return on.find(({ share }) => random.chance(share))?.fault();
  };
}

test.each(Array.from({ length: 60 }, (_, index) => 1000 + index))('seed %i', async (seed) => {
  const chance = new SimRandom(seed).fork('swarm');
  const world = new ProducerWorld({
    seed,
    latencyMs: () => (chance.chance(0.1) ? chance.below(1000) : chance.below(20)),
    stream: { shards: 1 + chance.below(4), rateLimited: chance.chance(0.3), listLagMs: chance.chance(0.3) ? 3000 : 0 },
  });
  const faults = faultScript(new SimRandom(seed).fork('faults'));
  const poisoned = chance.chance(0.3);
  world.model.fault = (call) => {
    const bad = poisoned && call.records.some((record) => record.data.subarray(record.start, record.end).includes('POISON'));
    return bad ? { kind: 'refuse', code: 'ValidationException' } : faults(call);
  };
  const flows = kinds
    .filter(() => chance.chance(0.6))
    .map((setting, index) => ({
      setting,
      name: String(index),
      next: new Map<string, number>(),
      feed: world.flow({ ...setting, flow: `flow ${index}`, bufferedMs: chance.below(200), maxConnections: 1 + chance.below(6) }),
    }));
  for (let round = 0; round < 40; round += 1) {
    for (const { feed, name, next } of flows) {
      const lines = Array.from({ length: chance.below(40) }, () => {
        const key = `${name}.${chance.below(12)}`;
        const number = next.get(key) ?? 0;
        next.set(key, number + 1);
        const text = poisoned && chance.chance(0.002) ? 'POISON' : 'x'.repeat(chance.below(150));
        return `${key}|${number}|${text}\n`;
      });
      if (lines.length > 0) feed.feed(lines, `/log/${name}`);
    }
    await world.run(chance.below(150));
    if (chance.chance(0.08)) reshard(world, chance);
  }
  const heal = world.model.fault;
  world.model.fault = (call) => (poisoned && heal(call)?.kind === 'refuse' && hasPoison(call.records) ? { kind: 'refuse', code: 'ValidationException' } : undefined);
  await world.run(90_000);
  for (const { feed } of flows) feed.feed(['later|0|\n']);
  await world.run(90_000);

  const consumed = new Set(world.consumed().flatMap(({ text }) => text.split(/(?<=\n)/)));
  for (const { feed, setting } of flows) {
    expect(feed.pendingBytes, `pending of ${setting.format}`).toBe(0);
    const missing = feed.lines.filter((line) => !consumed.has(line) && !line.includes('POISON'));
    expect(missing).toEqual([]);
    expect(feed.settled['rejected']?.records ?? 0).toBe(feed.lines.filter((line) => line.includes('POISON')).length);
    if (setting.plan?.kind !== 'random') expectOrder(world, feed);
  }
});

function hasPoison(records: readonly { readonly data: Buffer; readonly start: number; readonly end: number }[]): boolean {
  return records.some((record) => record.data.subarray(record.start, record.end).includes('POISON'));
}

/** First acceptances of the records of each key are in the order in which they came. */
function expectOrder(world: ProducerWorld, feed: FlowFeed): void {
  const own = new Set(feed.lines);
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const text of world.consumed().flatMap((record) => record.text.split(/(?<=\n)/))) {
    if (seen.has(text) || !own.has(text)) continue;
    seen.add(text);
    const [key = '', number = ''] = text.split('|');
    expect(Number(number), `order of ${key}`).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, Number(number));
  }
}

function reshard(world: ProducerWorld, chance: SimRandom): void {
  const open = [...world.stream.openShards].sort((left, right) => (left.startHashKey < right.startHashKey ? -1 : 1));
  const at = chance.below(open.length);
  const [shard, next] = [open[at], open[at + 1]];
  assert(shard !== undefined, 'a stream has a shard');
  if (next !== undefined && chance.chance(0.5)) world.stream.merge(shard.shardId, next.shardId);
  else world.stream.split(shard.shardId, (shard.startHashKey + shard.endHashKey) / 2n);
}
