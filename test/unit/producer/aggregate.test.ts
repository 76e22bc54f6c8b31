import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert } from '../../../src/core/assert.ts';
import { OffsetTracker } from '../../../src/core/offset-tracker.ts';
import type { Span } from '../../../src/core/offset-tracker.ts';
import { RecordBatch } from '../../../src/core/record-batch.ts';
import { Aggregate } from '../../../src/producer/records/aggregate.ts';
import type { Framing } from '../../../src/producer/records/aggregate.ts';
import { hashKeyOf } from '../../../src/producer/shards/hash-key.ts';
import type { PartitionKey } from '../../../src/producer/records/key-table.ts';
import { writeMd5Digests } from '../../../src/producer/records/md5-lanes.ts';
import { SlabPool } from '../../../src/producer/records/slab-pool.ts';
import { deaggregate, isAggregate } from '../../support/deaggregate.ts';
import { batchOf } from '../route/batch-of.ts';

function keyed(text: string): PartitionKey {
  return { text, textBytes: Buffer.byteLength(text), hashKey: hashKeyOf(text) };
}
const randomKey: PartitionKey = { text: 'abcdefgh', textBytes: 8, hashKey: undefined };

interface Setup {
  readonly framing?: Framing;
  readonly recordBytesMax?: number;
  readonly key?: PartitionKey;
}

function setup({ framing = 'kpl', recordBytesMax = 51_200, key = randomKey }: Setup = {}) {
  const pool = new SlabPool(1 << 20);
  const settled: Record<string, number> = {};
  const tracker = new OffsetTracker({
    startOffset: 0,
    onResolve: ({ outcome, bytes }) => {
      settled[outcome] = (settled[outcome] ?? 0) + bytes;
    },
  });
  const aggregate = new Aggregate(pool, { framing, recordBytesMax, openedMs: 0, deadlineMs: 100, key, expectedBytes: 0 });
  const add = (record: string | Buffer, recordKey: PartitionKey = key): { taken: boolean; span: Span } => {
    const batch = batchOf(record);
    const span = tracker.open(Math.max(1, batch.buffer.length));
    batch.sourceBytes[0] = span.end - span.start;
    return { taken: aggregate.append(batch, 0, 1, recordKey, span) === 1, span };
  };
  const whole = () => {
    const view = aggregate.whole();
    const undigested = aggregate.takeUndigested();
    if (undigested !== undefined) writeMd5Digests([undigested]);
    return view.data.subarray(view.start, view.end);
  };
  return { pool, tracker, aggregate, add, whole, settled };
}

test('one user record is bare, two are framed', () => {
  const { add, whole } = setup();
  add('one\n');
  expect(whole().toString()).toBe('one\n');
  const second = setup();
  second.add('one\n');
  second.add('two\n');
  expect(isAggregate(second.whole())).toBe(true);
});

test('lines are joined, and each gets the newline that it lacks', () => {
  const { add, whole } = setup({ framing: 'lines' });
  for (const line of ['a\n', 'b', '', 'c\n']) add(line);
  expect(whole().toString()).toBe('a\nb\n\nc\n');
});

test('lines are taken as they lie, side by side or not, whatever batch and slab they come to', () => {
  const text = fc.string({ maxLength: 200 }).map((one) => one.replaceAll('\n', ' '));
  // A line, whether it has its newline, and what lies between it and the next.
  const lines = fc.array(fc.tuple(text, fc.boolean(), fc.constantFrom('', '', '#')), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(lines, fc.constantFrom<Framing>('lines', 'plain'), fc.integer({ min: 1, max: 100 }), (all, framing, batchRecords) => {
      const { aggregate, tracker, whole } = setup({ framing });
      let expected = '';
      for (let from = 0; from < all.length; from += batchRecords) {
        const part = all.slice(from, from + batchRecords);
        const batch = new RecordBatch();
        batch.reset(Buffer.from(part.map(([line, ended, gap]) => `${line}${ended ? '\n' : ''}${gap}`).join('')));
        let at = 0;
        for (const [line, ended, gap] of part) {
          const bytes = Buffer.byteLength(line) + (ended ? 1 : 0);
          batch.push(at, at + bytes, at, bytes);
          at += bytes + gap.length;
          expected += framing === 'plain' && !ended ? line : `${line}\n`;
        }
        const span = tracker.open(Math.max(1, at));
        expect(aggregate.append(batch, 0, part.length, randomKey, span)).toBe(part.length);
      }
      expect(whole().toString()).toBe(expected);
    }),
  );
});

test('lines of another key are not taken: a consumer would have them under the key of the first', () => {
  const { add, whole } = setup({ framing: 'lines' });
  const other: PartitionKey = { text: 'other', textBytes: 5, hashKey: hashKeyOf('other') };
  expect(add('a\n').taken).toBe(true);
  expect(add('b\n', other).taken).toBe(false);
  expect(add('c\n').taken).toBe(true);
  expect(whole().toString()).toBe('a\nc\n');
});

test('plain user records lie side by side and leave one by one', () => {
  const { add, aggregate } = setup({ framing: 'plain' });
  add('a\n');
  add('bc');
  const texts = [0, 1].map((index) => {
    const view = aggregate.single(index);
    return view.data.toString('latin1', view.start, view.end);
  });
  expect(texts).toEqual(['a\n', 'bc']);
});

test('sizes are exact and never above the limit, keys of any script included', () => {
  const keys = fc.constantFrom('a', 'ключ', '鍵', 'k'.repeat(200), '7', '55').map(keyed);
  const records = fc.array(fc.record({ key: keys, bytes: fc.integer({ min: 0, max: 700 }) }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(records, fc.integer({ min: 300, max: 9000 }), fc.constantFrom<Framing>('kpl', 'lines'), (all, recordBytesMax, framing) => {
      const [first] = all;
      assert(first !== undefined, 'there is one at least');
      const { add, whole, aggregate } = setup({ framing, recordBytesMax, key: first.key });
      const taken: { key: PartitionKey; data: Buffer }[] = [];
      for (const { key, bytes } of all) {
        const data = Buffer.alloc(bytes, 'x');
        if (!add(data, key).taken) break;
        taken.push({ key, data });
      }
      const data = whole();
      expect(data.length).toBe(aggregate.wholeBytes);
      if (taken.length === 1) return;
      expect(data.length + first.key.textBytes).toBeLessThanOrEqual(recordBytesMax);
      if (framing === 'lines') return;
      expect(deaggregate({ data, partitionKey: '' }).map((user) => [user.partitionKey, user.data.length])).toEqual(
        taken.map(({ key, data: { length } }) => [key.text, length]),
      );
    }),
  );
});

test('an aggregate fills up to the very last byte', () => {
  const { add, whole } = setup({ recordBytesMax: 100 });
  add('x'.repeat(20));
  // 20 around it, 10 for the key table, 6 + 20 for the first, 6 + n for the second, 8 for the key itself.
  expect(add('y'.repeat(31)).taken).toBe(false);
  expect(add('y'.repeat(30)).taken).toBe(true);
  expect(whole().length + 8).toBe(100);
});

test('the first user record is taken whatever its size', () => {
  const { add, whole } = setup({ recordBytesMax: 100 });
  expect(add('x'.repeat(5000)).taken).toBe(true);
  expect(add('y').taken).toBe(false);
  expect(whole().length).toBe(5000);
});

test('an aggregate is settled at once, each byte with its own span', () => {
  const { add, aggregate, tracker, settled, pool } = setup();
  const { span } = add('first\n');
  add('second\n');
  expect(aggregate.settle('delivered')).toBe(true);
  expect(span.pendingBytes).toBe(0);
  expect(tracker.pendingBytes).toBe(0);
  expect(settled).toEqual({ delivered: 13 });
  expect(pool.takenBytes).toBe(0);
});

test('one user record is settled without its neighbours, and the memory is given back with the last one', () => {
  const { add, aggregate, tracker, settled, pool } = setup();
  for (const line of ['a\n', 'bb\n', 'ccc\n']) add(line);
  expect(aggregate.settle('rejected', 1, 2)).toBe(false);
  expect(tracker.watermark).toBe(0);
  expect(aggregate.settle('delivered', 0, 1)).toBe(false);
  expect(tracker.watermark).toBe(5);
  expect(pool.takenBytes).toBeGreaterThan(0);
  expect(aggregate.settle('delivered', 2, 3)).toBe(true);
  expect(settled).toEqual({ rejected: 3, delivered: 6 });
  expect(pool.takenBytes).toBe(0);
});

test('nothing is settled twice', () => {
  const { add, aggregate } = setup();
  add('a\n');
  aggregate.settle('delivered');
  expect(() => aggregate.settle('delivered')).toThrow('bug:');
});

test('a disbanded aggregate hands back every user record with its key and span, in order', () => {
  const { add, aggregate, pool } = setup({ key: keyed('a') });
  const given = [
    ['one\n', 'a'],
    ['two\n', 'b'],
    ['three\n', 'b'],
    ['four\n', 'a'],
  ] as const;
  const spans = given.map(([line, key]) => add(line, keyed(key)).span);
  const back: [string, string, Span][] = [];
  const done = aggregate.disband({ from: 1, to: 4 }, new RecordBatch(), (batch, key, span) => {
    for (let index = 0; index < batch.count; index += 1) back.push([batch.record(index).toString(), key.text, span]);
  });
  expect(back).toEqual(given.map(([line, key], index) => [line, key, spans[index]]).slice(1));
  expect(done).toBe(false);
  expect(aggregate.settle('delivered', 0, 1)).toBe(true);
  expect(pool.takenBytes).toBe(0);
});

test('another key of the same length takes the place of the first, digest and all', () => {
  const { add, aggregate, whole } = setup();
  add('a\n');
  add('b\n');
  const before = Buffer.from(whole());
  aggregate.replaceKey({ ...randomKey, text: '12345678' });
  const after = whole();
  expect(after.length).toBe(before.length);
  expect(deaggregate({ data: Buffer.from(after), partitionKey: '' }).map((user) => user.partitionKey)).toEqual(['12345678', '12345678']);
});
