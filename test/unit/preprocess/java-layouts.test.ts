/**
 * The layouts under compatibility are read by byte scanners. Here each is a regular expression as well, made of the Java
 * agent's grammar, and the two must agree on every line: taken or dropped, and every field.
 */
import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { convert, javaChain, texts } from './harness.ts';

const host = '(?:[\\w-]+(?:\\.[\\w-]+)*\\.?|[\\d.]+)';
const user = '[a-zA-Z0-9._-]+';
const months = 'Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?';
const month = `(?:${months})`;
const day = '(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)';
const monthDay = '(?:0[1-9]|[12]\\d|3[01]|[1-9])';
const time = '(?:2[0-3]|[01]?\\d):[0-5]\\d:(?:[0-5]?\\d|60)(?:[.,:]\\d+)?';
const positive = '[1-9]\\d*';
const httpDate = `${monthDay}/${month}/${positive}:${time}\\s[+-]?\\d+`;
const number = '(?:[+-]?\\d+|-)';
const common = `(${host}) (${user}) (${user}) \\[(${httpDate})\\] "([^"]+)" (${number}) (${number})`;
const afterDate = `(?:<\\d+.\\d+> )?(${user}) ([\\w./%-]+)(?:\\[(${positive})\\])?: (.*)`;

const accessLine = '203.0.113.9 - bob [01/Feb/2024:03:04:05 +0000] "GET /x?y=1 HTTP/1.1" 200 123';
const rows: readonly (readonly [format: string, fields: number, grammar: string, lines: readonly string[]])[] = [
  ['COMMONAPACHELOG', 7, `${common}.*`, [accessLine, 'h. a b [1/March/9:23:59:60,5 -0] "-" - -5x']],
  ['COMBINEDAPACHELOG', 9, `${common} "([^"]+)" "([^"]+)".*`, [`${accessLine} "https://e.org/a" "curl/8.0"`, `${accessLine} "-" "-" 7`]],
  [
    'APACHEERRORLOG',
    7,
    `\\[(${day}\\s+${month}\\s+${monthDay}\\s+${time}\\s+${positive})\\] \\[(?:(\\w+):)?(\\w+)\\] \\[pid (\\d+)(?::tid (\\d+))?\\] \\[client (${host}(?::${positive})?)\\] (.*)`,
    ['[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 43286] [client 72.15.99.187:5000] AH00128: no file', '[Sunday May 3 1:02:3 1999] [error] [pid 1] [client h] -'],
  ],
  ['SYSLOG', 5, `(${month}\\s+${monthDay}\\s+${time}) ${afterDate}`, ['Mar 12 12:00:08 server2 rcd[308]: hello', 'June  2 1:00:60:7 <5.3> h /a/%-b.c: -']],
  [
    'RFC3339SYSLOG',
    5,
    `(\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d+)?(?:Z|[+-]\\d{2}:\\d{2})) ${afterDate}`,
    ['2024-03-12T12:00:08.123+01:00 server2 rcd[308]: hello', '2024-03-12T12:00:08Z <555> h a: x'],
  ],
];

const pieces = ['', '', ' ', '  ', '\t', '-', '.', ':', '/', '"', '[', ']', '<', '>', ',', '+', '%', '_', '0', '1', '3', '9', '60', 'a', 'Z', 'T', 'é', '\u0085', '\u2028', '\r', '\n', 'Jan', 'Sunday'];
const edit = record({ at: integer({ min: 0, max: 130 }), cut: integer({ min: 0, max: 3 }), put: constantFrom(...pieces) });

test.each(rows)('%s takes what its grammar takes', (logFormat, fields, matchPattern, lines) => {
  const customFieldNames = Array.from({ length: fields }, (_, index) => `f${index}`);
  const scanned = javaChain([{ optionName: 'LOGTOJSON', logFormat, customFieldNames }]);
  const matched = javaChain([{ optionName: 'LOGTOJSON', logFormat, customFieldNames, matchPattern }]);
  for (const line of lines) expect(texts(convert(scanned, [`${line}\n`])).length).toBe(1);
  assert(
    property(constantFrom(...lines), array(edit, { maxLength: 3 }), (line, edits) => {
      const text = edits.reduce((now, { at, cut, put }) => now.slice(0, at) + put + now.slice(at + cut), line);
      expect(texts(convert(scanned, [`${text}\n`]))).toEqual(texts(convert(matched, [`${text}\n`])));
    }),
    { numRuns: 3000 },
  );
});
