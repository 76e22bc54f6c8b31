/** A field that is looked up in a record's bytes is the one that JSON.parse finds, whatever the bytes are. */
import { array, assert, constantFrom, jsonValue, nat, oneof, property, record, string, tuple, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { fieldPath, JsonField, jsonRecord, scalarText } from '../../../src/route/json-field.ts';
import { batchOf } from './batch-of.ts';

/** The field as JSON.parse finds it. */
function parsed(path: string, text: string | Buffer): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text).toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  if (path.includes('.') && value !== null && Object.hasOwn(value, path)) value = (value as Record<string, unknown>)[path];
  else {
    for (const name of path.split('.')) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Record<string, unknown>)[name];
    }
  }
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

const cases: readonly [title: string, path: string, record: string | Buffer, text: string | undefined][] = [
  ['of two members with one name the last counts', 'a', '{"a":1,"a":"two"}', 'two'],
  ['also where it is no text', 'a', '{"a":1,"a":null}', undefined],
  ['also on the way', 'a.b', '{"a":{"b":1},"a":{"c":2}}', undefined],
  ['a name may be written with escapes', 'a', '{"\\u0061":"x"}', 'x'],
  ['a value too', 'a', '{"a":"\\u00e9\\n\\ud83d\\ude00"}', 'é\n😀'],
  ['a value may be any text', 'a', '{"a":"größer"}', 'größer'],
  ['a number is the double that it stands for', 'a', '{"a":1.50e1}', '15'],
  ['minus zero is zero', 'a', '{"a":-0}', '0'],
  ['a number too large is Infinity', 'a', '{"a":1e999}', 'Infinity'],
  ['more digits than a double has are lost', 'a', '{"a":12345678901234567890}', '12345678901234567000'],
  ['a name with dots is found, as flattened records have it', 'a.b', '{"a.b":1}', '1'],
  ['and before a field within a field', 'a.b', '{"a.b":1,"a":{"b":2},"c":{"a.b":3}}', '1'],
  ['also where it is no text', 'a.b', '{"a.b":{},"a":{"b":2}}', undefined],
  ['also behind a list', 'a.b', '{"a":["x"],"a\\u002eb":"y"}', 'y'],
  ['any white space may stand before the record', 'a', '\r\n\t {"a":"x"}', 'x'],
  ['a mark of the encoding may not', 'a', '\ufeff{"a":"x"}', undefined],
  ['an array is entered by index', 'a.1', '{"a":["x","y"]}', 'y'],
  ['__proto__ is a name like any other', '__proto__', '{"__proto__":"x"}', 'x'],
  ['a mistake after the field makes the whole no record', 'a', '{"a":"x","b":}', undefined],
  ['and so does what follows it', 'a', '{"a":"x"} {}', undefined],
  ['no number begins with a zero', 'a', '{"a":01}', undefined],
  ['none ends with its point', 'a', '{"a":1.}', undefined],
  ['a control character in a text is a mistake', 'a', '{"a":"x","b":"\t"}', undefined],
  ['nesting is no mistake, however deep', 'a', `{"b":${'['.repeat(2000)}${']'.repeat(2000)},"a":"x"}`, 'x'],
  ['bytes that are not UTF-8 stand for U+FFFD', 'a', Buffer.from('{"a":"\xffx"}', 'latin1'), '\ufffdx'],
  ['in a name too', '\ufffd', Buffer.from('{"\xff":"x"}', 'latin1'), 'x'],
  ['one line end is no part of the record', 'a', '{"a":"x"}\r\n', 'x'],
];

test.each(cases)('%s', (_title, path, text, value) => {
  expect(parsed(path, text)).toBe(value);
  expect(scalarText(jsonRecord(batchOf(text), 0), fieldPath(path))).toBe(value);
  expect(new JsonField(path).textOf(batchOf(text), 0)).toBe(value);
});

const names = ['a', 'b', 'a.b', 'aa', '', '0', 'length', '__proto__', 'é', '\ufffd', '\ud800'];
const pathText = oneof(constantFrom('a', 'a.b', 'a.a', 'b.a.b'), array(constantFrom(...names), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')));

/** JSON as a program might write it: members in any order, some twice, white space, escapes, a byte that does not belong. */
const leaf = oneof(jsonValue({ depthSize: 'small' }).map((value) => JSON.stringify(value)), constantFrom('-0', '1E3', '0.10', '1e400', '"\\u0061\\/"', '"\\ud800"'));
const key = oneof(constantFrom('a', 'b', ...names).map((name) => JSON.stringify(name)), constantFrom('"a"', '"b"', '"\\u0061"', '"\\u0061a"', '"\\/"'));
const space = constantFrom('', '', '', ' ', '\t', '\n ', '\r\n');
const membersOf = (value: typeof leaf) =>
  array(tuple(space, key, space, space, value, space), { maxLength: 6 }).map(
    (members) => `{${members.map(([s1, name, s2, s3, text, s4]) => `${s1}${name}${s2}:${s3}${text}${s4}`).join(',')}}`,
  );
const deep = oneof(leaf, membersOf(oneof(leaf, membersOf(leaf))), array(leaf, { maxLength: 3 }).map((items) => `[${items.join()}]`));
const whole = tuple(space, oneof({ weight: 4, arbitrary: membersOf(deep) }, { weight: 1, arbitrary: deep }), space).map((parts) => Buffer.from(parts.join('')));
const pieces = constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '\\u00', '"a"', '"a":', 'true', 'false', 'null', 'tru', '-', '0', '1', '.', 'e', 'x', '\n', '\u0000', 'é', '\u2028');
/** Such JSON with a mistake, at its end as often as anywhere else. */
const broken = tuple(whole, oneof(nat(), constantFrom(-1)), oneof(pieces, string({ maxLength: 2 })), nat(3)).map(([bytes, at, piece, cut]) => {
  const from = at < 0 ? bytes.length : at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(piece), bytes.subarray(from + cut)]);
});
const anyBytes = uint8Array({ maxLength: 12 }).map((bytes) => Buffer.concat([Buffer.from('{"a":"'), bytes, Buffer.from('"}')]));
const text = oneof({ weight: 3, arbitrary: whole }, { weight: 3, arbitrary: broken }, anyBytes, array(pieces).map((parts) => Buffer.from(`{${parts.join('')}`)));

test('any bytes give what JSON.parse gives, one record after the other', () => {
  assert(
    property(record({ path: pathText, texts: array(text, { minLength: 1, maxLength: 4 }) }), ({ path, texts }) => {
      const field = new JsonField(path);
      const batch = batchOf(...texts);
      for (const [index, bytes] of texts.entries()) {
        expect(field.textOf(batch, index)).toBe(parsed(path, bytes));
        expect(scalarText(jsonRecord(batch, index), fieldPath(path))).toBe(parsed(path, bytes));
      }
    }),
    { numRuns: 800 },
  );
});

test('texts that share a place are told apart', () => {
  const field = new JsonField('a');
  const texts = Array.from({ length: 20_000 }, (_, index) => `user ${index % 9000}`);
  const batch = batchOf(...texts.map((value) => JSON.stringify({ a: value })));
  expect(texts.map((_, index) => field.textOf(batch, index))).toEqual(texts);
});
