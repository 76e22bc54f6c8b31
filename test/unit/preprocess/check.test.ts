import { expect, test } from 'vitest';
import { dangerousPatterns, preprocessIssues } from '../../../src/preprocess/check.ts';
import { preprocessWarnings } from '../../../src/preprocess/settings-warnings.ts';
import { preprocessFlowFields } from '../../../src/preprocess/config.ts';

const flow = (steps: readonly object[], compatibility: 'native' | 'amazon-kinesis-agent' = 'native') => ({
  processing: preprocessFlowFields.dataProcessingOptions.parse(steps) ?? [],
  compatibility,
});

test.each<[step: object, where: string, what: string]>([
  [{ optionName: 'CSVTOJSON' }, '', 'header'],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '"' }, 'delimiter', 'quote'],
  [{ optionName: 'LOGTOJSON' }, '', 'logFormat'],
  [{ optionName: 'LOGTOJSON', matchPattern: '(' }, 'matchPattern', 'Unclosed group'],
  [{ optionName: 'LOGTOJSON', matchPattern: '(a)' }, 'matchPattern', '(?<name>'],
  [{ optionName: 'LOGTOJSON', matchPattern: '(a)', customFieldNames: ['a', 'b'] }, 'customFieldNames', '2 names for 1'],
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', customFieldNames: ['a'] }, 'customFieldNames', 'timestamp'],
  [{ optionName: 'ADDMETADATA', metadataJson: '{a}' }, 'metadataJson', 'not JSON'],
  [{ optionName: 'ADDMETADATA', metadataJson: '{} {}' }, 'metadataJson', 'not JSON'],
  [{ optionName: 'ADDMETADATA', metadataJson: '{}', metadata: 1 }, 'metadataJson', 'one of the two'],
  [{ optionName: 'FILTER' }, '', 'include'],
  [{ optionName: 'FILTER', in: ['a'] }, '', 'field'],
  [{ optionName: 'FILTER', include: '\\G' }, 'include', '\\G'],
  [{ optionName: 'REDACT' }, '', 'kinds'],
  [{ optionName: 'TIMESTAMP', field: 'a', timezone: 'Nowhere/Land' }, 'timezone', 'Europe/Berlin'],
  [{ optionName: 'TIMESTAMP', field: 'a', format: 'yyyy-QQ' }, 'format', 'Q'],
])('%j is refused', (step, where, what) => {
  const [issue] = preprocessIssues(flow([{ optionName: 'JSON' }, step]));
  expect(issue?.path).toEqual(['dataProcessingOptions', 1, ...(where === '' ? [] : [where])]);
  expect(issue?.message).toContain(what);
});

test.each<[step: object]>([
  [{ optionName: 'LOGTOJSON', matchPattern: '(a)', customFieldNames: ['a'] }],
  [{ optionName: 'LOGTOJSON', logFormat: 'NGINXACCESSLOG' }],
  [{ optionName: 'ADDMETADATA', timestamp: true }],
  [{ optionName: 'ADDEC2METADATA' }],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '\\G' }],
])('under compatibility the Java agent would not start with %j', (step) => {
  expect(preprocessIssues(flow([step], 'amazon-kinesis-agent')).length).toBe(1);
});

test('a step that must stand first is refused elsewhere', () => {
  const first = { optionName: 'SAMPLE', rate: 0.5 };
  expect(preprocessIssues(flow([first, { optionName: 'CONTAINER' }, { optionName: 'CSVTOJSON', header: true }])).length).toBe(2);
});

test('a chain that can be used has no issues', () => {
  expect(preprocessIssues(flow([{ optionName: 'CONTAINER' }, { optionName: 'LOGFMT' }, { optionName: 'REDACT', kinds: ['card'] }]))).toEqual([]);
});

test.each<[step: object, where: string, what: string]>([
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', matchPattern: '(a)(b)', customFieldNames: ['x'] }, 'customFieldNames', 'matchPattern has 2 groups and customFieldNames 1 name: as with the Java agent, no line parses'],
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', matchPattern: '(a)', customFieldNames: ['x', 'y'] }, 'customFieldNames', '1 group and customFieldNames 2 names'],
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', customFieldNames: ['a', 'b', 'a', 'c', 'd'] }, 'customFieldNames', '"a" stands twice: the text of the last one is all that is sent of them'],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a', 'a'] }, 'customFieldNames', '"a" stands twice'],
  [{ optionName: 'CSVTOJSON', customFieldNames: [] }, 'customFieldNames', 'names no column: as with the Java agent, every record becomes {}'],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '(' }, 'delimiter', 'is taken for a regular expression, as in the Java agent, and is none, so that every record is sent as it is'],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '|' }, 'delimiter', 'and matches between all characters, so that each becomes a column; for the text itself write \\| (in JSON "\\\\|")'],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '||' }, 'delimiter', 'for the text itself write \\|\\| (in JSON "\\\\|\\\\|")'],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '(?:)' }, 'delimiter', 'the delimiter is empty: as with the Java agent, each character becomes a column'],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '.' }, 'delimiter', 'and matches every character, so that no column has any text'],
  [{ optionName: 'REDACT', pattern: '(a)(?:b)', replacement: '$1$2' }, 'replacement', 'the pattern has one group, so $2 stands for nothing'],
  [{ optionName: 'REDACT', pattern: 'a', replacement: '$1' }, 'replacement', 'the pattern has no group, so $1 stands for nothing'],
])('there is a warning of %j', (step, where, what) => {
  const checked = flow([{ optionName: 'SINGLELINE' }, step], 'amazon-kinesis-agent');
  expect(preprocessIssues(checked)).toEqual([]);
  const [warning, ...more] = preprocessWarnings(checked);
  expect(more).toEqual([]);
  expect(warning?.path).toEqual(['dataProcessingOptions', 1, where]);
  expect(warning?.message).toContain(what);
});

test.each<[step: object]>([
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', matchPattern: '(a)(?:b)(?<c>c)', customFieldNames: ['x', 'y'] }],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '\\|' }],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: '\\t' }],
  [{ optionName: 'CSVTOJSON', customFieldNames: ['a'], delimiter: ', *' }],
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG' }],
  [{ optionName: 'REDACT', pattern: '(a)(b)', replacement: '$2$$3$' }],
  [{ optionName: 'REDACT', kinds: ['email'], replacement: '$1' }],
])('there is no warning of %j', (step) => {
  expect(preprocessWarnings(flow([step], 'amazon-kinesis-agent'))).toEqual([]);
});

test('patterns of exponential time are told from those of polynomial time, and from safe ones', async () => {
  const found = await dangerousPatterns(
    flow([
      { optionName: 'LOGTOJSON', matchPattern: '(?<a>(?:x+)+)y' },
      { optionName: 'FILTER', include: 'x*x*y', exclude: 'debug' },
      { optionName: 'REDACT', pattern: 'token=[a-z]+' },
    ]),
  );
  expect(found.map(({ kind, path }) => [kind, path.join('.')])).toEqual([
    ['exponential', 'dataProcessingOptions.0.matchPattern'],
    ['polynomial', 'dataProcessingOptions.1.include'],
  ]);
});
