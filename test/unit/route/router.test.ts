import { expect, test } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { OffsetTracker } from '../../../src/core/offset-tracker.ts';
import type { BatchSource } from '../../../src/core/pipeline.ts';
import type { RecordBatch } from '../../../src/core/record-batch.ts';
import type { RouteSettings } from '../../../src/route/config.ts';
import { routedSink } from '../../../src/route/router.ts';
import type { RouteTarget } from '../../../src/route/router.ts';
import { batchOf, textsOf } from './batch-of.ts';

const plain: RouteSettings = { routes: [], streamsAllowed: [], partitionKey: { kind: 'random' } };

function world(settings: Partial<RouteSettings>, stream = 'web') {
  const got = new Map<string, string[]>();
  const adds: { name: string; batch: RecordBatch; source: BatchSource }[] = [];
  const targets: RouteTarget[] = [];
  const events: string[] = [];
  const sink = routedSink({
    flow: 'flow',
    patternTimeoutMs: 200,
    settings: { ...plain, ...settings },
    target: { kind: 'kinesis', stream },
    events: { emit: (name) => events.push(name) },
    open: (target) => {
      targets.push(target);
      const name = `${target.kind}:${target.stream}`;
      return {
        add: (batch, source) => {
          adds.push({ name, batch, source });
          got.set(name, [...(got.get(name) ?? []), ...textsOf(batch)]);
        },
        drain: async () => undefined,
        status: () => ({ name, state: 'running', waitingRecords: 0, waitingBytes: 0, inFlightRecords: 0, inFlightRequests: 0, shards: [] }),
        close: async () => undefined,
      };
    },
  });
  const add = (batch: RecordBatch) => {
    const span = new OffsetTracker({ startOffset: 0, onResolve: () => undefined }).open(Math.max(1, batch.buffer.length));
    sink.add(batch, { path: '/log/a', span, wallMs: 0 });
  };
  return { sink, add, got, adds, targets, events };
}

test('without routes the destination gets the very batch', () => {
  const { add, adds } = world({});
  const batch = batchOf('a\n', 'b\n');
  add(batch);
  expect(adds).toHaveLength(1);
  expect(adds[0]?.batch).toBe(batch);
});

test('a record goes to the first route that holds, else to the stream of the flow, in order', () => {
  const { add, got, adds } = world({
    routes: [
      { when: { field: 'level', equals: 'error' }, kinesisStream: 'errors' },
      { when: { field: 'level', in: ['error', 'warn'] }, deliveryStream: 'archive' },
    ],
  });
  const batch = batchOf('{"level":"error","n":1}', '{"n":2}', '{"level":"warn","n":3}', 'text 4', '{"level":"error","n":5}');
  add(batch);
  expect(Object.fromEntries(got)).toEqual({
    'kinesis:errors': ['{"level":"error","n":1}', '{"level":"error","n":5}'],
    'kinesis:web': ['{"n":2}', 'text 4'],
    'firehose:archive': ['{"level":"warn","n":3}'],
  });
  for (const { batch: part } of adds) expect(part.buffer).toBe(batch.buffer);
  const sourceBytes = adds.flatMap(({ batch: part }) => [...part.sourceBytes.subarray(0, part.count)]);
  expect(sourceBytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(batch.buffer.length);
});

test('a route keeps the partition key of the flow unless it has its own', () => {
  const { targets } = world({
    partitionKey: { kind: 'file' },
    routes: [
      { when: { field: 'a', equals: 1 }, kinesisStream: 'one' },
      { when: { field: 'a', equals: 2 }, kinesisStream: 'two', partitionKey: { kind: 'field', field: 'u' } },
    ],
  });
  expect(targets.map(({ stream, partitionKey }) => [stream, partitionKey.kind])).toEqual([
    ['one', 'file'],
    ['two', 'field'],
    ['web', 'file'],
  ]);
});

test('a template opens each stream once, when a record first names it', () => {
  const { add, got, targets } = world({ streamsAllowed: ['tenant-*'], streamFallback: 'unrouted' }, 'tenant-{t}');
  add(batchOf('{"t":"a"}', '{"t":"b"}', '{"t":"a"}', '{"t":"../x"}', 'text'));
  add(batchOf('{"t":"b"}'));
  expect(Object.fromEntries(got)).toEqual({
    'kinesis:tenant-a': ['{"t":"a"}', '{"t":"a"}'],
    'kinesis:tenant-b': ['{"t":"b"}', '{"t":"b"}'],
    'kinesis:unrouted': ['{"t":"../x"}', 'text'],
  });
  expect(targets).toHaveLength(3);
});

test('records cannot open streams without end', () => {
  const { add, got, targets, events } = world({ streamsAllowed: ['*'], streamFallback: 'unrouted' }, '{t}');
  const count = limits.routedStreamsMax + 10;
  add(batchOf(...Array.from({ length: count }, (_, index) => `{"t":"s${index}"}`)));
  expect(targets).toHaveLength(limits.routedStreamsMax);
  expect([...got.values()].flat()).toHaveLength(count);
  expect(got.get('kinesis:unrouted')).toHaveLength(11);
  expect(events).toContain('routedStreamsExhausted');
});

test('a record on which a route’s pattern never ends takes no route, and is told of; the others take theirs', () => {
  const { add, got, events } = world({
    routes: [{ when: { field: 'text', matches: '(?:x+x+)+y' }, kinesisStream: 'found' }],
  });
  const slow = `{"text":"${'x'.repeat(40)}"}`;
  add(batchOf('{"text":"xxy"}', slow, '{"text":"z"}', '{"text":"xxxy"}'));
  expect([...got]).toEqual([
    ['kinesis:found', ['{"text":"xxy"}', '{"text":"xxxy"}']],
    ['kinesis:web', [slow, '{"text":"z"}']],
  ]);
  expect(events).toEqual(['routesTooSlow']);
});
