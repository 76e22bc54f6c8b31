import { expect, test } from 'vitest';
import { collectRequest } from '../../../src/producer/sending/collector.ts';
import type { RecordSource, SourceGroup } from '../../../src/producer/sending/collector.ts';
import type { KinesisRecord } from '../../../src/producer/records/kinesis-record.ts';

/** A source of records of these sizes; the records are told apart by name. */
class Source implements RecordSource {
  readonly name: string;
  readonly sizes: number[];
  readonly taken: string[];

  constructor(name: string, sizes: readonly number[], taken: string[]) {
    this.name = name;
    this.sizes = [...sizes];
    this.taken = taken;
  }

  nextBytes(): number {
    return this.sizes[0] ?? 0;
  }

  take(): KinesisRecord {
    this.sizes.shift();
    this.taken.push(this.name);
    return { name: this.name } as unknown as KinesisRecord;
  }
}

class Group implements SourceGroup<Source> {
  creditBytes = 0;
  readonly active: Set<Source>;

  constructor(sources: readonly Source[]) {
    this.active = new Set(sources);
  }

  served(source: Source): void {
    this.active.delete(source);
    this.active.add(source);
  }
}

const room = { recordsMax: 500, bytesMax: 5_000_000, targetBytes: 5_000_000 };
const repeat = (count: number, size: number) => Array.from({ length: count }, () => size);

test('a request takes everything when there is room', () => {
  const taken: string[] = [];
  const groups = [new Group([new Source('a', [10, 20], taken)]), new Group([new Source('b', [30], taken)])];
  expect(collectRequest(groups, room, 0)).toHaveLength(3);
  expect(taken).toEqual(['a', 'a', 'b']);
});

test('nothing to send makes no request', () => {
  expect(collectRequest([new Group([new Source('a', [], [])])], room, 0)).toEqual([]);
  expect(collectRequest([], room, 0)).toEqual([]);
});

test('the number of records is bounded', () => {
  const groups = [new Group([new Source('a', repeat(600, 1), [])])];
  expect(collectRequest(groups, room, 0)).toHaveLength(500);
});

test('the bytes are bounded, and what does not fit stays', () => {
  const source = new Source('a', [400, 400, 400], []);
  expect(collectRequest([new Group([source])], { ...room, bytesMax: 1000 }, 0)).toHaveLength(2);
  expect(source.sizes).toEqual([400]);
});

test('a record larger than a request goes alone', () => {
  const source = new Source('a', [9_000_000, 1], []);
  expect(collectRequest([new Group([source])], room, 0)).toHaveLength(1);
});

test('a request ends with the record that reaches the target', () => {
  const groups = [new Group([new Source('a', repeat(100, 60_000), [])])];
  expect(collectRequest(groups, { ...room, targetBytes: 1_500_000 }, 0)).toHaveLength(25);
});

test('flows get equal bytes, however large their records and however many their lanes', () => {
  const taken: string[] = [];
  const many = Array.from({ length: 50 }, () => new Source('many', repeat(100, 50_000), taken));
  const groups = [
    new Group(many),
    new Group([new Source('large', repeat(20, 900_000), taken)]),
    new Group([new Source('small', repeat(100_000, 100), taken)]),
  ];
  const bytesOf = { many: 50_000, large: 900_000, small: 100 };
  const bytes = { many: 0, large: 0, small: 0 };
  for (let request = 0; request < 6; request += 1) {
    collectRequest(groups, { ...room, recordsMax: 100_000 }, 0);
    const first = groups.shift();
    if (first !== undefined) groups.push(first);
  }
  for (const name of taken as (keyof typeof bytes)[]) bytes[name] += bytesOf[name];
  const total = bytes.many + bytes.large + bytes.small;
  for (const share of Object.values(bytes)) expect(share / total).toBeCloseTo(1 / 3, 1);
});

test('within a flow every lane gets its turn', () => {
  const taken: string[] = [];
  const group = new Group(['a', 'b', 'c'].map((name) => new Source(name, repeat(10, 50), taken)));
  collectRequest([group], { ...room, recordsMax: 4 }, 0);
  collectRequest([group], { ...room, recordsMax: 4 }, 0);
  expect(taken.join('')).toBe('abcabcab');
});
