/** Lines and steps for property tests: beginnings, ends and pieces that lead deep into the parsers, and each kind of step. */
import { array, constantFrom, oneof, uint8Array } from 'fast-check';
import { environment, wallMs } from './harness.ts';

const instanceMetadata = {
  ec2: () => ({ instanceId: 'i-1', tags: { A: 'b' }, wallMs }),
  ecs: () => ({ cluster: 'c', wallMs }),
};
/** A machine with metadata. */
export const known = { ...environment, instanceMetadata };

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
export const line = array(bytes, { maxLength: 8 }).map((parts) => Buffer.concat([...parts, Buffer.from('\n')]));
export const lines = array(line, { minLength: 1, maxLength: 4 });

export const formats = ['COMMONAPACHELOG', 'COMBINEDAPACHELOG', 'APACHEERRORLOG', 'SYSLOG', 'RFC3339SYSLOG'];
const fieldNames = ['a', 'b'];
const matchPattern = '(?<a>\\S+) (?<b>.*)';

/** Steps whose records are JSON objects, whatever comes in. */
export const jsonSteps: readonly object[] = [
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
export const otherSteps: readonly object[] = [
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
