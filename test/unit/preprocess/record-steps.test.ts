import { array, assert, constantFrom, dictionary, letrec, oneof, option, property } from 'fast-check';
import { expect, test } from 'vitest';
import { containerLineJoiner } from '../../../src/preprocess/formats/container-lines.ts';
import { convert, environment, nativeChain, texts, wallMs } from './harness.ts';

const run = (step: object, line: string, facts = {}) => texts(convert(nativeChain([step]), [line], facts));

test.each<[name: string, step: object, line: string, expected: string]>([
  ['JSON lets an object pass as it stands', { optionName: 'JSON' }, '{ "a": 1.0 }\n', '{ "a": 1.0 }\n'],
  ['JSON flattens', { optionName: 'JSON', flatten: true }, '{"a":{"b":1,"c":{"d":[1, 2]}},"e":{}}\n', '{"a.b":1,"a.c.d":[1,2],"e":{}}\n'],
  ['JSON flattens with another separator', { optionName: 'JSON', flatten: true, flattenSeparator: '_' }, '{"a":{"b":1}}\n', '{"a_b":1}\n'],
  ['JSON picks', { optionName: 'JSON', pick: ['a', 'u.id'] }, '{"a":1,"u":{"id":2,"x":3},"b":4}\n', '{"a":1,"u":{"id":2}}\n'],
  ['JSON drops', { optionName: 'JSON', drop: ['u.id', 'b'] }, '{"a":1,"u":{"id":2,"x":3},"b":4}\n', '{"a":1,"u":{"x":3}}\n'],
  ['JSON drops everything', { optionName: 'JSON', drop: ['a'] }, '{"a":1}\n', '{}\n'],
  ['JSON renames', { optionName: 'JSON', rename: { msg: 'message' } }, '{"msg":"x","n":{"msg":1}}\n', '{"message":"x","n":{"msg":1}}\n'],
  ['JSON renames to a name that another field has, which it replaces', { optionName: 'JSON', rename: { a: 'b' } }, '{"a":1,"b":2,"c":{"b":3}}\n', '{"b":1,"c":{"b":3}}\n'],
  ['JSON renames to the name of a field before it', { optionName: 'JSON', rename: { c: 'a' } }, '{"a":"x","b":2,"c":[3]}\n', '{"b":2,"a":[3]}\n'],
  ['JSON swaps names', { optionName: 'JSON', rename: { a: 'b', b: 'a' } }, '{"a":1,"b":2}\n', '{"b":1,"a":2}\n'],
  ['JSON renames two fields to one name, and the last stays', { optionName: 'JSON', rename: { a: 'x', b: 'x' }, jsonFormat: 'PRETTYPRINT' }, '{"a":1,"b":2,"x":3}\n', '{\n  "x" : 2\n}\n'],
  ['JSON renames a field that stands twice, and the last stays', { optionName: 'JSON', rename: { a: 'x' } }, '{"a":1,"a":2,"b":3,"b":4}\n', '{"x":2,"b":4}\n'],
  ['JSON renames top-level fields only', { optionName: 'JSON', rename: { a: 'x' } }, '{"":{"a":1}}\n', '{"":{"a":1}}\n'],
  ['JSON flattens to a name that another field has, and the last stays', { optionName: 'JSON', flatten: true }, '{"a.b":1,"a":{"b":2,"c":{}},"a.c":3}\n', '{"a.b":2,"a.c":3}\n'],
  ['JSON keeps every digit', { optionName: 'JSON', flatten: true }, '{"a":{"b":12345678901234567890.10}}', '{"a.b":12345678901234567890.10}\n'],
  ['JSON indents', { optionName: 'JSON', jsonFormat: 'PRETTYPRINT' }, '{"a":{"b":[1,{}],"c":[]}}\n', '{\n  "a" : {\n    "b" : [ 1, { } ],\n    "c" : [ ]\n  }\n}\n'],
  ['JSON makes one line of several', { optionName: 'JSON', jsonFormat: 'COMPACT' }, '{\n "a": "x y"\n}\n', '{"a":"x y"}\n'],
  // The examples of brandur.org/logfmt and of go-logfmt.
  ['LOGFMT reads pairs', { optionName: 'LOGFMT' }, 'at=info method=GET path=/ msg="a \\"b\\" c=d" debug\n', '{"at":"info","method":"GET","path":"/","msg":"a \\"b\\" c=d","debug":true}\n'],
  ['LOGFMT reads types', { optionName: 'LOGFMT', types: 'auto' }, 'a=1 b=x c= d=true\n', '{"a":1,"b":"x","c":null,"d":true}\n'],
  ['LOGFMT reads the escapes of JSON, and keeps the backslash of any other', { optionName: 'LOGFMT' }, 'a="\\u00e9\\u001b[0m\\/\\b\\f\\r" b="C:\\data\\\\x" c="\\u12"\n', '{"a":"é\\u001B[0m/\\b\\f\\r","b":"C:\\\\data\\\\x","c":"\\\\u12"}\n'],
  ['LOGFMT reads what follows a quoted value without a space', { optionName: 'LOGFMT' }, 'a="x y"z b="1"c=2\n', '{"a":"x y","z":true,"b":"1","c":"2"}\n'],
  ['LOGFMT keeps what has no key', { optionName: 'LOGFMT' }, '=x a=1\n', '{"=x":true,"a":"1"}\n'],
  ['KEYVALUE keeps what stands between a quoted value and the next pair', { optionName: 'KEYVALUE', pairDelimiter: ';', keyValueDelimiter: ':' }, 'a: "1" x ;b:2\n', '{"a":"1","x":true,"b":"2"}\n'],
  ['KEYVALUE finds the next delimiter behind one that a quoted value holds', { optionName: 'KEYVALUE', pairDelimiter: ';', keyValueDelimiter: ':' }, 'a:";:"b:1;c;d:"x:;"; :e;f:2:;\n', '{"a":";:","b":"1","c":true,"d":"x:;",":e":true,"f":"2:"}\n'],
  ['KEYVALUE reads delimiters that overlap', { optionName: 'KEYVALUE', pairDelimiter: ' ', keyValueDelimiter: '= ' }, 'a= 1 b c= "2 = 3"= d=\n', '{"a":"1","b":true,"c":"2 = 3","= d=":true}\n'],
  ['KEYVALUE reads pairs', { optionName: 'KEYVALUE', pairDelimiter: ';', keyValueDelimiter: ':' }, 'a: 1; b : "x;y" ;c:2:3\n', '{"a":"1","b":"x;y","c":"2:3"}\n'],
  ['CONTAINER reads CRI', { optionName: 'CONTAINER' }, '2016-10-06T00:17:09.669794202Z stdout F log content 1\n', 'log content 1\n'],
  ['CONTAINER joins the parts of CRI', { optionName: 'CONTAINER' }, '2016-10-06T00:17:09.1Z stdout P ab\n2016-10-06T00:17:09.2Z stdout F cd\n', 'abcd\n'],
  ['CONTAINER keeps streams apart', { optionName: 'CONTAINER' }, 't stdout P ab\nt stderr F cd\n', 'ab\ncd\n'],
  ['CONTAINER reads docker', { optionName: 'CONTAINER' }, '{"log":"a \\"b\\"\\n","stream":"stdout","time":"t"}\n', 'a "b"\n'],
  ['CONTAINER tells time and stream', { optionName: 'CONTAINER', output: 'json' }, '{"log":"a","stream":"stderr","time":"t"}\n{"log":"b\\n","stream":"stderr","time":"u"}\n', '{"time":"t","stream":"stderr","log":"ab"}\n'],
  ['ADDFIELDS adds', { optionName: 'ADDFIELDS', fields: { env: 'prod', n: { x: 1 } }, host: 'h', file: 'path', offset: 'offset', time: 't' }, '{"a":1}\n', '{"a":1,"env":"prod","n":{"x":1},"h":"web-1","path":"/var/log/app.log","offset":0,"t":"2023-11-14T22:13:20.123Z"}\n'],
  ['ADDFIELDS adds to an empty object', { optionName: 'ADDFIELDS', fields: { a: 1 } }, '{}\n', '{"a":1}\n'],
  ['ADDFIELDS replaces', { optionName: 'ADDFIELDS', fields: { host: 'x' } }, '{"host":"1.2.3.4","a":1}\n', '{"a":1,"host":"x"}\n'],
  ['ADDFIELDS leaves what is there, if asked', { optionName: 'ADDFIELDS', fields: { host: 'x', b: 2 }, overwrite: false }, '{"host":"1.2.3.4"}\n', '{"host":"1.2.3.4","b":2}\n'],
  ['ADDFIELDS makes an object of a line', { optionName: 'ADDFIELDS', fields: { a: 1 } }, 'a "line"\r\n', '{"message":"a \\"line\\"","a":1}\n'],
  ['ADDFIELDS leaves unknown facts out', { optionName: 'ADDFIELDS', fields: { a: 1 }, ec2: 'ec2' }, '{"b":1}\n', '{"b":1,"a":1}\n'],
  ['TIMESTAMP reads ISO 8601', { optionName: 'TIMESTAMP', field: 't' }, '{"t":"2024-02-01 03:04:05,5+01:00"}\n', '{"t":"2024-02-01T02:04:05.500Z"}\n'],
  ['TIMESTAMP keeps fine fractions', { optionName: 'TIMESTAMP', field: 't' }, '{"t":"2024-02-01T03:04:05.123456789Z"}\n', '{"t":"2024-02-01T03:04:05.123456789Z"}\n'],
  ['TIMESTAMP reads Apache dates', { optionName: 'TIMESTAMP', field: 't', format: 'apache' }, '{"t":"10/Oct/2000:13:55:36 -0700"}\n', '{"t":"2000-10-10T20:55:36.000Z"}\n'],
  ['TIMESTAMP takes the latest date without a year', { optionName: 'TIMESTAMP', field: 't', format: 'syslog' }, '{"t":"Dec 31 23:59:59"}\n', '{"t":"2022-12-31T23:59:59.000Z"}\n'],
  ['TIMESTAMP takes a leap day without a year for the latest that there was', { optionName: 'TIMESTAMP', field: 't', format: 'syslog' }, '{"t":"Feb 29 12:00:00"}\n', '{"t":"2020-02-29T12:00:00.000Z"}\n'],
  ['TIMESTAMP leaves a day that no year has', { optionName: 'TIMESTAMP', field: 't', format: 'syslog' }, '{"t":"Feb 30 12:00:00"}\n', '{"t":"Feb 30 12:00:00"}\n'],
  ['TIMESTAMP leaves a leap day of a year without one', { optionName: 'TIMESTAMP', field: 't' }, '{"t":"2023-02-29T12:00:00Z"}\n', '{"t":"2023-02-29T12:00:00Z"}\n'],
  ['TIMESTAMP reads seconds', { optionName: 'TIMESTAMP', field: 'a.t', format: ['iso8601', 'unix'], target: '@timestamp' }, '{"a":{"t":1700000000.25}}\n', '{"a":{"t":1700000000.25},"@timestamp":"2023-11-14T22:13:20.250Z"}\n'],
  ['TIMESTAMP reads a pattern in a zone', { optionName: 'TIMESTAMP', field: 't', format: "dd.MM.yyyy 'um' h:mm a", timezone: 'Europe/Berlin' }, '{"t":"01.07.2024 um 3:04 PM"}\n', '{"t":"2024-07-01T13:04:00.000Z"}\n'],
  ['TIMESTAMP passes records without the field', { optionName: 'TIMESTAMP', field: 't' }, '{"a":1}\n', '{"a":1}\n'],
  ['REDACT hides e-mail addresses in JSON values', { optionName: 'REDACT', kinds: ['email'] }, '{"a":"x\\u0040y.org!","b@c.de":"q@r.st"}\n', '{"a":"[REDACTED]!","b@c.de":"[REDACTED]"}\n'],
  ['REDACT hides card numbers with a right check digit', { optionName: 'REDACT', kinds: ['card'] }, 'a 4111 1111 1111 1111 b 4111111111111112\n', 'a [REDACTED] b 4111111111111112\n'],
  ['REDACT hides card numbers beside other digits', { optionName: 'REDACT', kinds: ['card'] }, '{"a":"paid 4111 1111 1111 1111 12/27"}\n', '{"a":"paid [REDACTED] 12/27"}\n'],
  ['REDACT hides card numbers that are JSON numbers', { optionName: 'REDACT', kinds: ['card'] }, '{"a":4111111111111111}\n', '{"a":"[REDACTED]"}\n'],
  ['REDACT hides IPv4 addresses', { optionName: 'REDACT', kinds: ['ipv4'] }, '192.0.2.1 999.1.1.1 1.2.3.4.5\n', '[REDACTED] 999.1.1.1 1.2.3.4.5\n'],
  ['REDACT hides IPv6 addresses', { optionName: 'REDACT', kinds: ['ipv6'] }, '2001:db8::1 at 12:30:45 std::vector ::ffff:192.0.2.1\n', '[REDACTED] at 12:30:45 std::vector [REDACTED]\n'],
  ['REDACT hides AWS keys', { optionName: 'REDACT', kinds: ['aws-keys'] }, 'AKIAIOSFODNN7EXAMPLE aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n', '[REDACTED] aws_secret_access_key = [REDACTED]\n'],
  ['REDACT hides a secret by its field', { optionName: 'REDACT', kinds: ['aws-keys'] }, '{"SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}\n', '{"SecretAccessKey":"[REDACTED]"}\n'],
  ['REDACT hides a secret in a list by its field', { optionName: 'REDACT', kinds: ['aws-keys'] }, '{"secrets":["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]}\n', '{"secrets":["[REDACTED]"]}\n'],
  ['REDACT hides a secret by its field, far from it', { optionName: 'REDACT', kinds: ['aws-keys'] }, '{"secret":      "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}\n', '{"secret":      "[REDACTED]"}\n'],
  ['REDACT hides a secret behind others in a list', { optionName: 'REDACT', kinds: ['aws-keys'] }, '{"secrets":["a",["b"],{"c":"d"},"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]}\n', '{"secrets":["a",["b"],{"c":"d"},"[REDACTED]"]}\n'],
  ['REDACT hides a secret beside an address', { optionName: 'REDACT', kinds: ['email', 'aws-keys'] }, '{"secret":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY a@b.de"}\n', '{"secret":"[REDACTED] [REDACTED]"}\n'],
  ['REDACT hides a secret whose name has digits', { optionName: 'REDACT', kinds: ['aws-keys'] }, '{"secret.2":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}\n', '{"secret.2":"[REDACTED]"}\n'],
  ['REDACT hides a secret anywhere below its name', { optionName: 'REDACT', kinds: ['aws-keys'] }, '{"aws_secret":{"value":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},"secret":[{"a":[1],"value":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}],"b":["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]}\n', '{"aws_secret":{"value":"[REDACTED]"},"secret":[{"a":[1],"value":"[REDACTED]"}],"b":["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]}\n'],
  ['REDACT hides a secret below its name, where it looks at one field only', { optionName: 'REDACT', kinds: ['aws-keys'], fields: ['secret.value'] }, '[{"secret":[{"value":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}]}]\n', '[{"secret":[{"value":"[REDACTED]"}]}]\n'],
  ['REDACT hides a secret by the name of its field, where it looks at that field only', { optionName: 'REDACT', kinds: ['aws-keys'], fields: ['aws.secret'] }, '{"aws":{"secret":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}\n', '{"aws":{"secret":"[REDACTED]"}}\n'],
  ['REDACT hides a field each time that it stands there', { optionName: 'REDACT', pattern: '.+', fields: ['pin', 'u.pin'] }, '{"pin":"1","pin":"2","u":{"pin":3,"pin":true},"u.pin":"4","u":{"pin":"5"}}\n', '{"pin":"[REDACTED]","pin":"[REDACTED]","u":{"pin":"[REDACTED]","pin":"[REDACTED]"},"u.pin":"[REDACTED]","u":{"pin":"[REDACTED]"}}\n'],
  ['REDACT hides a field of each object in a list', { optionName: 'REDACT', pattern: '.+', fields: ['users.a.pin'] }, '{"users":[{"a.pin":"1"},[ {"a":{"pin":["2",{"x":null}],"n":3}} , 4]]}\n', '{"users":[{"a.pin":"[REDACTED]"},[ {"a":{"pin":["[REDACTED]",{"x":"[REDACTED]"}],"n":3}} , 4]]}\n'],
  ['REDACT hides in the values of a JSON list', { optionName: 'REDACT', kinds: ['email'] }, '[{"a":"x\\u0040y.org"},"\\u0061@b.de",[]]\n', '[{"a":"[REDACTED]"},"[REDACTED]",[]]\n'],
  ['REDACT leaves the names of fields, in a JSON list, too', { optionName: 'REDACT', kinds: ['email'] }, '[{"b@c.de":1}]\n', '[{"b@c.de":1}]\n'],
  ['REDACT takes what begins like a JSON list for text', { optionName: 'REDACT', kinds: ['email'] }, '[1] "a@b.de"\n', '[1] "[REDACTED]"\n'],
  ['REDACT takes a pattern for a whole value', { optionName: 'REDACT', pattern: '^\\d{4}$' }, '{"pin":"1234","n":5678,"x":"12345"}\n', '{"pin":"[REDACTED]","n":"[REDACTED]","x":"12345"}\n'],
  ['REDACT takes a pattern with groups', { optionName: 'REDACT', pattern: '(?i)(token=)(\\w)\\w*+', replacement: '$1$2$$&' }, 'Token=abc\n', 'Token=a$&\n'],
  ['REDACT looks at some fields only', { optionName: 'REDACT', kinds: ['ipv4'], fields: ['u.ip', 'x'], replacement: '$1' }, '{"ip":"1.2.3.4","u":{"ip":"1.2.3.4"}}\n', '{"ip":"1.2.3.4","u":{"ip":"$1"}}\n'],
  ['SINGLELINE leaves bytes that are no text as they are', { optionName: 'SINGLELINE' }, ' a \n b \n', 'ab\n'],
])('%s', (_name, step, line, expected) => {
  expect(run(step, line)).toEqual([expected]);
});

test('REDACT finds its fields in a list of very many objects', () => {
  const line = (value: string) => `[[${Array.from({ length: 130_000 }, () => `{"a":${value}}`).join(',')}]]\n`;
  const [sent] = run({ optionName: 'REDACT', pattern: '1', replacement: '', fields: ['a'] }, line('1'));
  expect(sent === line('""')).toBe(true);
});

test.each([
  ['quoted values that nothing parts', 'a="x"b="x"'.repeat(400_000), '{"a":"x","b":"x"}\n'],
  ['names without a value', `k=1${' a'.repeat(2_000_000)}`, '{"k":"1","a":true}\n'],
])('LOGFMT reads a line of 4 MB: %s', (_name, line, expected) => {
  expect(run({ optionName: 'LOGFMT' }, line)).toEqual([expected]);
});

test('KEYVALUE reads a line of 4 MB of quotes that nothing closes, since its delimiter makes each an escaped one', () => {
  const step = { optionName: 'KEYVALUE', keyValueDelimiter: '\\' };
  expect(run(step, 'k\\"x '.repeat(800_000))).toEqual(['{"k":"\\"x"}\n']);
  expect(run(step, 'a\\"x y" k\\"x l\\"y')).toEqual(['{"a":"x y","k":"\\"x","l":"\\"y"}\n']);
});

test('REDACT hides the same in an object whether an escape in it makes it look at each value or not', () => {
  const pieces = ['4111 1111', ' 1111 1111', '4111111111111111', 'a@b.de', '192.0.2.1', '2001:db8::1', 'AKIAIOSFODNN7EXAMPLE', 'secret=', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '.', ',', '-', ' '];
  const values = array(constantFrom(...pieces), { maxLength: 4 }).map((parts) => parts.join(''));
  const records = dictionary(constantFrom('a', 'secret', 'SecretAccessKey', 'b@c.de', '::1'), array(values, { maxLength: 2 }));
  const step = { optionName: 'REDACT', kinds: ['email', 'card', 'ipv4', 'ipv6', 'aws-keys'] };
  assert(
    property(records, constantFrom(undefined, 6), (record, indent) => {
      const [plain = ''] = run(step, `${JSON.stringify(record, undefined, indent)}\n`);
      const [escaped = ''] = run(step, `${JSON.stringify({ ...record, z: '\n' }, undefined, indent)}\n`);
      expect({ ...(JSON.parse(plain) as object), z: '\n' }).toEqual(JSON.parse(escaped));
    }),
  );
});

/** All that `value` holds, hidden; with `paths` only what stands there. */
function hidden(value: unknown, paths?: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => hidden(item, paths));
  if (typeof value !== 'object' || value === null) return paths === undefined && value !== '' ? '[REDACTED]' : value;
  const members = Object.entries(value).map(([name, item]) => {
    const below = paths?.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
    return [name, hidden(item, paths?.includes(name) === true ? undefined : below)];
  });
  return Object.fromEntries(members) as object;
}

test('REDACT hides the values that JSON.parse finds, all or those of its fields, and changes nothing else', () => {
  const { value } = letrec((tie) => ({
    value: oneof({ maxDepth: 4 }, constantFrom('', 'x"', '\u{1f600}\n', 7, -1.5e-7, true, null), array(tie('value'), { maxLength: 3 }), tie('object')),
    object: dictionary(constantFrom('a', 'b', 'a.b', '\u00e9"', '__proto__'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  }));
  const paths = array(constantFrom('a', 'b', 'a.b', 'a.a.b', '\u00e9"', 'b.a', 'b.__proto__'), { minLength: 1, maxLength: 3 });
  assert(
    property(array(value, { minLength: 1, maxLength: 3 }), option(paths, { nil: undefined }), constantFrom(undefined, 1), (items, fields, indent) => {
      const line = `${JSON.stringify(items, undefined, indent)}\n`;
      const [sent = ''] = run({ optionName: 'REDACT', pattern: '(?s).+', ...(fields === undefined ? {} : { fields }) }, line);
      const expected = hidden(JSON.parse(line), fields);
      expect(JSON.parse(sent)).toEqual(expected);
      if (JSON.stringify(expected) === JSON.stringify(JSON.parse(line))) expect(sent).toBe(line);
    }),
    { numRuns: 200 },
  );
});

test.each<[name: string, step: object, line: string | Buffer, expected: string | Buffer]>([
  ['escapes', { kinds: ['email'] }, '{"a":"x\\u0040y.org"}\n', '{"a":"[REDACTED]"}\n'],
  ['whole values', { pattern: '^\\d{4}$' }, '{"pin":"1234","n":[5678]}\n', '{"pin":"[REDACTED]","n":["[REDACTED]"]}\n'],
  ['secrets', { kinds: ['aws-keys'] }, '{"secrets":["a","wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]}\n', '{"secrets":["a","[REDACTED]"]}\n'],
  ['other fields', { pattern: '\\d{4}', fields: ['x'] }, '{"pin":"1234"}\n', '{"pin":"[REDACTED]"}\n'],
  ['all but the newline', { pattern: 'pin=[^;]*' }, 'pin=1\n', '[REDACTED]\n'],
  ['no byte that is no text', { pattern: '\\d{4}' }, Buffer.of(0xe4, 0xff, 0x0a), Buffer.of(0xe4, 0xff, 0x0a)],
])('REDACT hides %s in a line that another step could not read', (_name, step, line, expected) => {
  const chain = nativeChain([{ optionName: 'REDACT', ...step }, { optionName: 'LOGTOJSON', logFormat: 'SYSLOG' }]);
  expect(convert(chain, [line]).records).toEqual([Buffer.from(expected)]);
});

test.each<[name: string, step: object, kept: string[], left: string[]]>([
  ['include', { include: 'ERR|WARN' }, ['ERR x\n'], ['INFO x\n']],
  ['exclude', { exclude: 'health$' }, ['healthy\n'], ['GET /health\n']],
  ['a field to be one of', { field: 'l', in: ['e', 5, null] }, ['{"l":"e"}\n', '{"l":5}\n', '{"l":null}\n'], ['{"l":"x"}\n', '{}\n', 'text\n']],
  ['a field not to be one of', { field: 'a.b', notIn: ['x'] }, ['{"a":{"b":"y"}}\n', '{}\n', '{"a.b":"y"}\n'], ['{"a":{"b":"\\u0078"}}\n']],
])('FILTER by %s', (_name, step, kept, left) => {
  const chain = nativeChain([{ optionName: 'FILTER', ...step }]);
  const outcome = convert(chain, [...kept, ...left]);
  expect(texts(outcome)).toEqual(kept);
  const bytes = left.join('').length;
  expect(outcome.resolutions).toEqual([{ outcome: 'filtered', bytes, records: left.length }]);
});

test.each([
  ['2024-02-27T12:00:00Z', '2020-02-29T08:00:00.000Z'],
  ['2024-02-29T09:00:00Z', '2024-02-29T08:00:00.000Z'],
  ['2025-01-01T00:00:00Z', '2024-02-29T08:00:00.000Z'],
  ['2026-11-22T00:00:00Z', '2024-02-29T08:00:00.000Z'],
  ['1903-06-01T00:00:00Z', '1896-02-29T08:00:00.000Z'],
])('at %s the leap day without a year is %s', (now, expected) => {
  const step = { optionName: 'TIMESTAMP', field: 't', format: 'syslog' };
  expect(run(step, '{"t":"Feb 29 08:00:00"}\n', { wallMs: Date.parse(now) })).toEqual([`{"t":"${expected}"}\n`]);
});

test.each([
  ['dd HH:mm:ss', '31 23:59:58', 'UTC', '2027-01-01T00:00:03Z', '2026-12-31T23:59:58.000Z'],
  ['dd HH:mm:ss', '28 23:59:58', 'UTC', '2026-03-01T00:00:03Z', '2026-02-28T23:59:58.000Z'],
  ['dd HH:mm:ss', '31 12:00:00', 'UTC', '2026-03-01T00:00:03Z', '2026-01-31T12:00:00.000Z'],
  ['d HH:mm:ss', '1 00:00:02', 'UTC', '2026-11-30T23:59:59Z', '2026-12-01T00:00:02.000Z'],
  ['d HH:mm:ss', '1 00:59:50', 'Asia/Tokyo', '2026-11-30T16:00:00Z', '2026-11-30T15:59:50.000Z'],
  ['yyyy dd HH:mm:ss', '2026 01 00:59:50', 'UTC', '2026-11-30T16:00:00Z', '2026-11-01T00:59:50.000Z'],
])('a day without a month (%s, %s in %s) read at %s is %s', (format, text, timezone, now, expected) => {
  const step = { optionName: 'TIMESTAMP', field: 't', format, timezone };
  expect(run(step, `{"t":"${text}"}\n`, { wallMs: Date.parse(now) })).toEqual([`{"t":"${expected}"}\n`]);
});

test.each([
  ['2026-10-25 02:30:00', '2026-10-25T00:30:05Z', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25 02:30:00', '2026-10-25T01:30:05Z', '2026-10-25T01:30:00.000Z'],
  ['2026-10-25 02:59:59', '2026-10-25T01:00:01Z', '2026-10-25T00:59:59.000Z'],
  ['2026-10-25 01:59:59', '2026-10-25T01:00:01Z', '2026-10-24T23:59:59.000Z'],
  ['2026-10-25 03:00:00', '2026-10-25T02:00:01Z', '2026-10-25T02:00:00.000Z'],
  // There is no such time.
  ['2026-03-29 02:30:00', '2026-03-29T01:00:01Z', '2026-03-29T00:30:00.000Z'],
])('in an hour that a zone has twice, %s read at %s is %s', (text, now, expected) => {
  const step = { optionName: 'TIMESTAMP', field: 't', format: 'yyyy-MM-dd HH:mm:ss', timezone: 'Europe/Berlin' };
  expect(run(step, `{"t":"${text}"}\n`, { wallMs: Date.parse(now) })).toEqual([`{"t":"${expected}"}\n`]);
});

test('a date without a year gets the year that it is in its zone', () => {
  const step = { optionName: 'TIMESTAMP', field: 't', format: 'syslog', timezone: 'Asia/Tokyo' };
  expect(run(step, '{"t":"Jan  1 00:59:50"}\n', { wallMs: Date.parse('2026-12-31T16:00:00Z') })).toEqual(['{"t":"2026-12-31T15:59:50.000Z"}\n']);
});

test.each([
  // After midnight in Tokyo, where it is still the day before in UTC.
  ['HH:mm:ss', '00:59:50', 'Asia/Tokyo', '2026-12-31T16:00:00Z', '2026-12-31T15:59:50.000Z'],
  ['HH:mm:ss', '23:59:58', 'UTC', '2026-11-22T00:00:03Z', '2026-11-21T23:59:58.000Z'],
  ['HH:mm:ss', '00:00:02', 'UTC', '2026-11-22T23:59:59Z', '2026-11-23T00:00:02.000Z'],
  ['HH:mm:ss X', '23:59:58 -08', 'UTC', '2026-11-22T08:00:03Z', '2026-11-22T07:59:58.000Z'],
  ['HH:mm', '23:30', 'Europe/Berlin', '2026-10-24T22:10:00Z', '2026-10-24T21:30:00.000Z'],
])('a time without a date (%s, %s in %s) read at %s is %s', (format, text, timezone, now, expected) => {
  const step = { optionName: 'TIMESTAMP', field: 't', format, timezone };
  expect(run(step, `{"t":"${text}"}\n`, { wallMs: Date.parse(now) })).toEqual([`{"t":"${expected}"}\n`]);
});

test('SAMPLE sends its share, always the same records, and records that belong together are sent together', () => {
  const lines = Array.from({ length: 4000 }, (_, i) => `{"trace":"${i % 100}","i":${i}}\n`);
  const all = (rate: number, field?: string) =>
    texts(convert(nativeChain([{ optionName: 'SAMPLE', rate, ...(field === undefined ? {} : { field }) }]), lines));
  const some = all(0.25);
  expect(some.length).toBeGreaterThan(850);
  expect(some.length).toBeLessThan(1150);
  expect(all(0.25)).toEqual(some);
  expect(all(0).length).toBe(0);
  expect(all(1).length).toBe(4000);
  const traces = new Map<string, number>();
  for (const line of all(0.3, 'trace')) {
    const { trace } = JSON.parse(line) as { trace: string };
    traces.set(trace, (traces.get(trace) ?? 0) + 1);
  }
  expect(new Set(traces.values())).toEqual(new Set([40]));
});

test.each([
  ['passes numbers through Java, where the Java agent is asked for', 'amazon-kinesis-agent' as const, '{"a":1.0,"b":1e5,"c":0.00001,"d":12345678901234567890,"region":"x","a":-0} rest\n', '{"a":0,"b":100000.0,"c":1.0E-5,"d":12345678901234567890'],
  ['leaves numbers as they are', 'native' as const, '{"a":1.0,"b":1e5,"c":0.00001,"d":123456789.01234567890,"region":"x"}\n', '{"a":1.0,"b":1e5,"c":0.00001,"d":123456789.01234567890'],
])('ADDEC2METADATA puts facts at the end and %s', (_name, compatibility, line, expected) => {
  const facts = { privateIp: '10.0.0.1', instanceId: 'i-1', region: 'eu-west-1', tags: { Name: 'web' }, wallMs };
  const instanceMetadata = { ec2: () => facts, ecs: () => undefined };
  const step = { optionName: 'ADDEC2METADATA', ...(compatibility === 'native' ? {} : { logFormat: 'SYSLOG' }) };
  const chain = nativeChain([step], { compatibility, environment: { ...environment, instanceMetadata } });
  expect(texts(convert(chain, [line, 'no object\n']))).toEqual([
    `${expected},"region":"eu-west-1","privateIp":"10.0.0.1",` +
      '"availabilityZone":null,"instanceId":"i-1","instanceType":null,"accountId":null,"amiId":null,' +
      '"metadataTimestamp":"2023-11-14T23:13:20+0100","tags":{"name":"web"}}\n',
    'no object\n',
  ]);
});

test('ADDEC2METADATA leaves a line as it is where more than an object stands in it', () => {
  const instanceMetadata = { ec2: () => ({ region: 'eu-west-1', wallMs }), ecs: () => undefined };
  const chain = nativeChain([{ optionName: 'ADDEC2METADATA' }], { environment: { ...environment, instanceMetadata } });
  expect(texts(convert(chain, ['{"a":1} rest\n']))).toEqual(['{"a":1} rest\n']);
});

test.each([
  ['COMPACT', '{"metadata":{"2":1.0,"1":[1e5]},"data":"x"}\n'],
  ['PRETTYPRINT', '{\n  "metadata" : {\n    "2" : 1.0,\n    "1" : [ 1e5 ]\n  },\n  "data" : "x"\n}\n'],
])('ADDMETADATA sends metadataJson as it is written: %s', (jsonFormat, expected) => {
  const step = { optionName: 'ADDMETADATA', metadataJson: ' {"2": 1.0, "1": [1e5]} ', jsonFormat };
  expect(texts(convert(nativeChain([step]), ['x\n']))).toEqual([expected]);
});

test('ADDMETADATA tells the time and takes any value', () => {
  const step = { optionName: 'ADDMETADATA', timestamp: true, metadata: { a: [1, {}] }, jsonFormat: 'PRETTYPRINT' };
  expect(run(step, 'x\n')).toEqual([
    '{\n  "ts" : "2023-11-14T22:13:20.123Z",\n  "metadata" : {\n    "a" : [ 1, { } ]\n  },\n  "data" : "x"\n}\n',
  ]);
});

test.each([
  ['t stdout P ab\n', false],
  ['t stdout F ab\n', true],
  ['garbage\n', true],
  ['{"log":"part","stream":"stdout"}\n', false],
  ['{"log":"all\\n","stream":"stdout"}\n', true],
  ['{"log":"all\\\\n","stream":"stdout"}\n', false],
  ['{"broken\n', true],
])('the container line %j ends a record: %s', (line, ends) => {
  const joiner = containerLineJoiner('auto');
  const bytes = Buffer.from(`##${line}##`);
  expect(joiner.endsRecord(bytes, 2, bytes.length - 2)).toBe(ends);
});
