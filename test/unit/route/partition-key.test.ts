import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { OffsetTracker } from '../../../src/core/offset-tracker.ts';
import type { PartitionKeySetting } from '../../../src/route/config.ts';
import { partitionKeyPlan } from '../../../src/route/partition-key.ts';
import { batchOf } from './batch-of.ts';

const span = new OffsetTracker({ startOffset: 0, onResolve: () => undefined }).open(1);

function keyOf(setting: PartitionKeySetting, record: string | Buffer, path = '/log/a.log'): string | undefined {
  const plan = partitionKeyPlan(setting);
  if (plan.kind === 'random') return undefined;
  return plan.kind === 'per-batch' ? plan.keyOf({ path, span, wallMs: 0 }) : plan.keyOf(batchOf('other\n', record), 1);
}

const md5 = (data: string | Buffer) => createHash('md5').update(data).digest('hex');

const cases: readonly [title: string, setting: PartitionKeySetting, record: string | Buffer, key: string | undefined][] = [
  ['a constant is the key of every record', { kind: 'constant', constant: 'k' }, 'x\n', 'k'],
  ['file gives the path', { kind: 'file' }, 'x\n', '/log/a.log'],
  ['md5 is that of the record with its newline, in lower-case hex', { kind: 'md5' }, 'abc\n', md5('abc\n')],
  ['md5 takes bytes that are not UTF-8', { kind: 'md5' }, Buffer.from([0xff, 0x00, 0x0a]), md5(Buffer.from([0xff, 0x00, 0x0a]))],
  ['a field is taken from the JSON record', { kind: 'field', field: 'user' }, '{"user":"ann"}\n', 'ann'],
  ['a field within a field is reached by dots', { kind: 'field', field: 'user.id' }, '{"user":{"id":17}}\n', '17'],
  ['a boolean is a key', { kind: 'field', field: 'a' }, '{"a":false}', 'false'],
  ['leading blanks are no hindrance', { kind: 'field', field: 'a' }, '  {"a":"b"}', 'b'],
  ['a missing field gives no key', { kind: 'field', field: 'user' }, '{"a":1}\n', undefined],
  ['null gives no key', { kind: 'field', field: 'a' }, '{"a":null}\n', undefined],
  ['an object gives no key', { kind: 'field', field: 'a' }, '{"a":{}}\n', undefined],
  ['an empty field gives no key', { kind: 'field', field: 'a' }, '{"a":""}\n', undefined],
  ['a record that is no JSON gives no key', { kind: 'field', field: 'a' }, '{"a":\n', undefined],
  ['inherited names are no fields', { kind: 'field', field: 'toString.name' }, '{}\n', undefined],
  ['256 characters are a key', { kind: 'field', field: 'a' }, `{"a":"${'k'.repeat(256)}"}`, 'k'.repeat(256)],
  ['257 characters are none', { kind: 'field', field: 'a' }, `{"a":"${'k'.repeat(257)}"}`, undefined],
  ['half a surrogate pair is replaced, as in UTF-8', { kind: 'field', field: 'a' }, '{"a":"k\\ud800"}', 'k\ufffd'],
  ['a whole surrogate pair stays', { kind: 'field', field: 'a' }, '{"a":"\\ud83d\\ude00"}', '\u{1f600}'],
  ['a pattern gives its first group', { kind: 'regex', regex: 'user=(\\S+)' }, 'x user=ann y\n', 'ann'],
  ['a pattern without a group gives the match', { kind: 'regex', regex: '\\d+' }, 'a 42 b\n', '42'],
  ['a pattern sees the record without its line end', { kind: 'regex', regex: '(\\w+)$' }, 'a b\r\n', 'b'],
  ['a group that took no part gives no key', { kind: 'regex', regex: 'a|(b)' }, 'a\n', undefined],
  ['no match gives no key', { kind: 'regex', regex: 'user=(\\S+)' }, 'nothing\n', undefined],
];

test.each(cases)('%s', (_title, setting, record, key) => {
  expect(keyOf(setting, record)).toBe(key);
  expect(keyOf(setting, record)).toBe(key);
});

test('a path of over 256 characters is no key', () => {
  expect(keyOf({ kind: 'file' }, 'x\n', `/${'d'.repeat(256)}`)).toBeUndefined();
});

test('a path with bytes that are not UTF-8 gives a key that has a form in UTF-8', () => {
  expect(keyOf({ kind: 'file' }, 'x\n', '/log/\udce9.log')).toBe('/log/\ufffd.log');
});

test('a record on which the pattern never ends gives no key, and the others theirs', () => {
  const plan = partitionKeyPlan({ kind: 'regex', regex: '^((?:x+x+)+)y' }, 200);
  if (plan.kind !== 'per-record') throw new Error('a pattern is tried on each record');
  for (const last of ['xxxy', 'xxxxy']) {
    const batch = batchOf('xxy', 'x'.repeat(40), last);
    expect([0, 1, 2].map((index) => plan.keyOf(batch, index))).toEqual(['xx', undefined, last.slice(0, -1)]);
  }
});
