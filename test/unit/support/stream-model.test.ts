import { describe, expect, it } from 'vitest';
import type { OutgoingRecord } from '../../../src/core/ports.ts';
import { ServiceError } from '../../support/kinesis-server/fault.ts';
import type { Fault } from '../../support/kinesis-server/fault.ts';
import { hashKeyMax, partitionHashKey } from '../../support/kinesis-server/hash-key.ts';
import { KinesisModel } from '../../support/kinesis-server/kinesis-model.ts';

const MIB = 1024 * 1024;

function world() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs, wallMs: () => 1_700_000_000_000 + clock.nowMs };
  return { clock, model: new KinesisModel({ clock }) };
}

function record(text: string | Buffer, partitionKey = 'k', explicitHashKey?: bigint): OutgoingRecord {
  const data = Buffer.from(text as string);
  const key = explicitHashKey === undefined ? undefined : String(explicitHashKey);
  return { data, start: 0, end: data.length, partitionKey, explicitHashKey: key };
}

function many(count: number, bytes = 1): OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => record(Buffer.alloc(bytes, 97), `key-${index}`));
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
}

describe('routing', () => {
  it('hashes a key as the KPL does', () => {
    expect(partitionHashKey('a1')).toBe(184158920620549621614949002656541595554n);
    expect(partitionHashKey('b2')).toBe(334942797296394607094534275137144372637n);
  });

  it('puts a record on the shard whose range holds its explicit hash key, bounds included', () => {
    const stream = world().model.createStream('s', { shards: 3 });
    for (const [index, shard] of stream.shards.entries()) {
      const entries = stream.putRecords([record('x', 'k', shard.startHashKey), record('y', 'k', shard.endHashKey)]);
      expect(entries.map((entry) => entry.shardId)).toEqual([shard.shardId, shard.shardId]);
      expect(stream.shards[index]?.records.map((kept) => kept.data.toString())).toEqual(['x', 'y']);
    }
    expect(stream.shards[2]?.endHashKey).toBe(hashKeyMax);
  });

  it('ignores keys on a stream that distributes by itself', () => {
    const stream = world().model.createStream('s', { shards: 2, mode: 'ON_DEMAND', distribution: 'AUTO' });
    const shards = stream.putRecords([record('x', 'k', 0n), record('y', 'k', 0n), record('z', '')]);
    expect(new Set(shards.map((entry) => entry.shardId)).size).toBe(2);
  });

  it('gives sequence numbers that grow and copies of the bytes', () => {
    const stream = world().model.createStream('s', { shards: 1 });
    const data = Buffer.from('first');
    stream.putRecords([{ data, start: 0, end: 5, partitionKey: 'k' }]);
    data.fill(0);
    stream.putRecords([record('second')]);
    const [first, second] = stream.accepted;
    expect(first?.data.toString()).toBe('first');
    expect(BigInt(first?.sequenceNumber ?? 0) < BigInt(second?.sequenceNumber ?? 0)).toBe(true);
  });
});

describe('limits', () => {
  it.each([
    { name: 'no records', records: [], code: 'ValidationException' },
    { name: '501 records', records: many(501), code: 'ValidationException' },
    { name: 'an empty key', records: [record('x', '')], code: 'ValidationException' },
    { name: 'a key of 257 characters', records: [record('x', 'k'.repeat(257))], code: 'ValidationException' },
    { name: 'a record of 1 MiB with its key on top', records: [record(Buffer.alloc(MIB))], code: 'ValidationException' },
    { name: 'more than 10 MiB', records: many(11, MIB - 10), code: 'InvalidArgumentException' },
    { name: 'a hash key of 2^128', records: [record('x', 'k', hashKeyMax + 1n)], code: 'InvalidArgumentException' },
    { name: 'a record of 1 MiB with its key', records: [record(Buffer.alloc(MIB - 1))], code: 'none' },
    { name: '500 records', records: many(500), code: 'none' },
  ])('answers $name with $code', ({ records, code }) => {
    const stream = world().model.createStream('s', { shards: 1 });
    expect(codeOf(() => stream.putRecords(records))).toBe(code);
    expect(stream.acceptedCount).toBe(code === 'none' ? records.length : 0);
  });

  it('takes 1000 records a second and shard, and more when time has passed', () => {
    const { clock, model } = world();
    const stream = model.createStream('s', { shards: 1, rateLimited: true });
    const failed = () => stream.putRecords(many(500)).filter((entry) => entry.errorCode !== undefined);
    expect([failed().length, failed().length, failed().length]).toEqual([0, 0, 500]);
    expect(failed()[0]?.errorCode).toBe('ProvisionedThroughputExceededException');
    clock.nowMs = 250;
    expect(failed()).toHaveLength(250);
    expect(stream.acceptedCount).toBe(1250);
  });

  it('takes 1 MiB a second and shard', () => {
    const { clock, model } = world();
    const stream = model.createStream('s', { shards: 1, rateLimited: true });
    const big = () => stream.putRecords([record(Buffer.alloc(MIB - 1))])[0]?.errorCode;
    expect([big(), big()]).toEqual([undefined, 'ProvisionedThroughputExceededException']);
    clock.nowMs = 1000;
    expect(big()).toBeUndefined();
  });
});

describe('resharding', () => {
  it('splits a shard into children that take over its range at once', () => {
    const stream = world().model.createStream('s', { shards: 1 });
    stream.split('shardId-000000000000', 1n << 127n);
    expect(stream.putRecords([record('x', 'k', 0n)])[0]?.shardId).toBe('shardId-000000000001');
    expect(stream.putRecords([record('x', 'k', 1n << 127n)])[0]?.shardId).toBe('shardId-000000000002');
    expect(stream.shard('shardId-000000000000').closed).toBe(true);
  });

  it('merges adjacent shards and refuses others', () => {
    const stream = world().model.createStream('s', { shards: 3 });
    const [a, b, c] = stream.shards.map((shard) => shard.shardId) as [string, string, string];
    expect(codeOf(() => stream.merge(a, c))).toBe('InvalidArgumentException');
    const merged = stream.merge(b, a);
    expect([merged.startHashKey, merged.endHashKey]).toEqual([0n, stream.shard(b).endHashKey]);
    expect(codeOf(() => stream.merge(a, c))).toBe('InvalidArgumentException');
  });

  it('lists the old shards for a while when told to lag', () => {
    const { clock, model } = world();
    const stream = model.createStream('s', { shards: 1, listLagMs: 500 });
    clock.nowMs = 1000;
    stream.split('shardId-000000000000', 1n << 127n);
    const listed = () => stream.listedShards(true).map((entry) => entry.shard.shardId.slice(-1));
    expect(listed()).toEqual(['0']);
    clock.nowMs = 1500;
    expect(listed()).toEqual(['1', '2']);
    expect(stream.listedShards(false).map((entry) => entry.closed)).toEqual([true, false, false]);
  });
});

describe('faults', () => {
  it.each<{ fault: Fault; kind: string; accepted: number }>([
    { fault: { kind: 'refuse', code: 'AccessDeniedException' }, kind: 'refused', accepted: 0 },
    { fault: { kind: 'lose-answer' }, kind: 'cut', accepted: 2 },
    { fault: { kind: 'cut' }, kind: 'cut', accepted: 0 },
    { fault: { kind: 'hang', carriedOut: true }, kind: 'hang', accepted: 2 },
    { fault: { kind: 'hang', carriedOut: false }, kind: 'hang', accepted: 0 },
    { fault: { kind: 'slow', delayMs: 5 }, kind: 'wait', accepted: 0 },
    { fault: { kind: 'short-answer', missing: 1 }, kind: 'answer', accepted: 2 },
    { fault: { kind: 'half-answer' }, kind: 'answer', accepted: 2 },
    { fault: { kind: 'page', status: 502 }, kind: 'page', accepted: 0 },
  ])('$fault.kind ends as $kind with $accepted accepted', ({ fault, kind, accepted }) => {
    const { model } = world();
    const stream = model.createStream('s', { shards: 1 });
    model.fault = () => fault;
    const outcome = model.putRecords('s', many(2));
    expect([outcome.kind, stream.acceptedCount]).toEqual([kind, accepted]);
    if (outcome.kind === 'wait') outcome.goOn();
    if (outcome.kind === 'answer') expect(outcome.value).toHaveLength(fault.kind === 'short-answer' ? 1 : 2);
  });

  it('fails the entries it is told to and accepts the others in order', () => {
    const { model } = world();
    const stream = model.createStream('s', { shards: 1 });
    model.fault = (call) =>
      call.number === 1
        ? { kind: 'fail-entries', codeOf: (entry) => (entry.index % 2 === 0 ? 'InternalFailure' : undefined) }
        : undefined;
    const outcome = model.putRecords('s', [record('a'), record('b'), record('c'), record('d')]);
    expect(outcome.kind === 'answer' && outcome.value.map((entry) => entry.errorCode)).toEqual([
      'InternalFailure',
      undefined,
      'InternalFailure',
      undefined,
    ]);
    expect(stream.accepted.map((kept) => kept.data.toString())).toEqual(['b', 'd']);
  });

  it('refuses calls on a stream that is not there, by name and by ARN', () => {
    const { model } = world();
    const stream = model.createStream('s', { shards: 1 });
    const outcome = model.putRecords('t', many(1));
    expect(outcome.kind === 'refused' && outcome.error.code).toBe('ResourceNotFoundException');
    expect(model.stream(stream.arn)).toBe(stream);
    expect(codeOf(() => model.stream('arn:aws:kinesis:eu-west-1:000000000000:stream/s'))).toBe('ResourceNotFoundException');
  });
});
