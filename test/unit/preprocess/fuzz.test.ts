/**
 * Arbitrary bytes into every step: a record or a counted drop comes out, never an exception, and no byte is lost
 * (`convert` checks the account). What steps that write JSON write is JSON, in valid UTF-8.
 */
import { isUtf8 } from 'node:buffer';
import { array, assert, constantFrom, oneof, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convert, environment, javaChain, nativeChain, wallMs } from './harness.ts';

const instanceMetadata = {
  ec2: () => ({ instanceId: 'i-1', tags: { A: 'b' }, wallMs }),
  ecs: () => ({ cluster: 'c', wallMs }),
};
const known = { ...environment, instanceMetadata };

/** Beginnings, ends and pieces that lead deep into the parsers. */
const pieces = [
  '203.0.113.9 - bob [01/Feb/2024:03:04:05 +0000] "GET /x HTTP/1.1" 200 123',
  ' "https://e.org" "curl"',
  '[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 1:tid 2] [client 1.2.3.4:5] ',
  'Mar 12 12:00:08 server2 rcd[308]: ',
  '<34>1 2003-10-11T22:14:15.003Z h a - ID [x@1 a="b"] ',
  '2016-10-06T00:17:09.6Z stdout P ',
  't stderr F ',
  '{"a":"b","c":{"d":[1,2.5e3,null]},"t":"2024-01-01T00:00:00Z"}',
  '{"log":"x\\n","stream":"stdout","time":"t"}',
  '{"',
  '":',
  '\\u00',
  '\\"',
  '\\x1',
  'a=b c="d e" ',
  '"',
  '""',
  ',',
  '[',
  ']',
  '{',
  '}',
  '<',
  '>',
  ':',
  '-',
  ' ',
  '\n',
  '\r',
  '\\',
  '4111111111111111',
  'a@b.org',
  '::1',
  'é',
  '😀',
  '\u2028',
];
const bytes = oneof(
  { weight: 3, arbitrary: constantFrom(...pieces).map((piece) => Buffer.from(piece)) },
  { weight: 1, arbitrary: uint8Array({ maxLength: 6 }).map((part) => Buffer.from(part)) },
);
const line = array(bytes, { maxLength: 8 }).map((parts) => Buffer.concat([...parts, Buffer.from('\n')]));
const lines = array(line, { minLength: 1, maxLength: 4 });

const formats = ['COMMONAPACHELOG', 'COMBINEDAPACHELOG', 'APACHEERRORLOG', 'SYSLOG', 'RFC3339SYSLOG'];
const fieldNames = ['a', 'b'];
const matchPattern = '(?<a>\\S+) (?<b>.*)';

/** Steps whose records are JSON objects, whatever comes in. */
const jsonSteps: readonly object[] = [
  ...[...formats, 'NGINXACCESSLOG', 'NGINXJSONACCESSLOG', 'RFC5424SYSLOG'].map((logFormat) => ({ optionName: 'LOGTOJSON', logFormat })),
  { optionName: 'LOGTOJSON', matchPattern, types: 'auto', jsonFormat: 'PRETTYPRINT' },
  { optionName: 'CSVTOJSON', customFieldNames: fieldNames, types: 'auto' },
  { optionName: 'CSVTOJSON', header: true },
  { optionName: 'JSON', flatten: true, drop: ['c.d'] },
  { optionName: 'JSON', jsonFormat: 'PRETTYPRINT', pick: ['a', 'c.d'] },
  { optionName: 'LOGFMT', types: 'auto' },
  { optionName: 'KEYVALUE', pairDelimiter: ',', keyValueDelimiter: ':' },
  { optionName: 'CONTAINER', output: 'json' },
  { optionName: 'ADDMETADATA', metadata: { a: 1 } },
  { optionName: 'ADDFIELDS', fields: { a: 1 }, ec2: 'ec2', ecs: 'c', offset: 'o' },
];
const otherSteps: readonly object[] = [
  { optionName: 'SINGLELINE', parseOptions: ['ESCAPE_NEW_LINE'] },
  { optionName: 'CONTAINER' },
  { optionName: 'ADDBRACKETS' },
  { optionName: 'ADDEC2METADATA' },
  { optionName: 'TIMESTAMP', field: 't', format: ['iso8601', 'apache', 'unix'] },
  { optionName: 'FILTER', include: 'a|e', field: 'a' },
  { optionName: 'SAMPLE', rate: 0.5 },
  { optionName: 'REDACT', kinds: ['email', 'card', 'ipv4', 'ipv6', 'aws-keys'], pattern: '(\\d)\\d' },
  { optionName: 'REDACT', kinds: ['email'], fields: ['c', 'a'] },
];

describe.each(jsonSteps.map((step) => [JSON.stringify(step), step] as const))('%s', (_name, step) => {
  test('writes JSON in UTF-8 or counts a drop', () => {
    const chain = nativeChain([step], { onUnparsable: 'drop', environment: known });
    const writesUtf8 = !['JSON', 'ADDFIELDS', 'NGINXJSONACCESSLOG'].some((name) => JSON.stringify(step).includes(name));
    assert(
      property(lines, (records) => {
        for (const record of convert(chain, records, { startOffset: 7, firstLine: Buffer.from('x,"y"\n') }).records) {
          expect(record.at(-1)).toBe(0x0a);
          const value: unknown = JSON.parse(record.toString());
          expect(value).toBeTypeOf('object');
          if (writesUtf8) expect(isUtf8(record)).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });
});

test.each(otherSteps.map((step) => [JSON.stringify(step), step] as const))('%s takes any bytes', (_name, step) => {
  const chain = nativeChain([step], { environment: known });
  assert(property(lines, (records) => void convert(chain, records)), { numRuns: 400 });
});

test('a JSON object stays one behind every step that works on fields', () => {
  const object = Buffer.from('{"a":"x@y.org 4111111111111111","c":{"d":"::1"},"t":1700000000,"n":-1.5e3}\n');
  for (const step of otherSteps.slice(3)) {
    const [record] = convert(nativeChain([step], { environment: known }), [object]).records;
    if (record !== undefined) expect(JSON.parse(record.toString())).toBeTypeOf('object');
  }
});

test.each(formats)('the Java agent’s %s takes any bytes', (logFormat) => {
  const chain = javaChain([{ optionName: 'LOGTOJSON', logFormat }]);
  assert(
    property(lines, (records) => {
      for (const record of convert(chain, records).records) expect(JSON.parse(record.toString())).toBeTypeOf('object');
    }),
    { numRuns: 400 },
  );
});

test('whole chains take any bytes, under every policy', () => {
  const steps = array(constantFrom(...jsonSteps.slice(0, 8), ...jsonSteps.slice(11), ...otherSteps), { minLength: 1, maxLength: 5 });
  assert(
    property(steps, constantFrom('keep', 'wrap', 'drop'), lines, (chainSteps, onUnparsable, records) => {
      const chain = nativeChain(chainSteps, { onUnparsable, environment: known, trimNewline: records.length > 2 });
      const outcome = convert(chain, records);
      if (onUnparsable !== 'drop') expect(outcome.resolutions.some(({ outcome: why }) => why === 'unparsable')).toBe(false);
    }),
    { numRuns: 600 },
  );
});
