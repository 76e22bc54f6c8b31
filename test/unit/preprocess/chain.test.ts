import { expect, test } from 'vitest';
import { createPreprocessor } from '../../../src/preprocess/chain.ts';
import { convert, environment, javaChain, nativeChain, type SeenEvent, texts, wallMs } from './harness.ts';

const syslog = { optionName: 'LOGTOJSON', logFormat: 'SYSLOG' };
const good = 'Mar 12 12:00:08 h p: m\n';

test('a chain with nothing to do is none', () => {
  const events = { emit: () => undefined };
  expect(createPreprocessor({ processing: [], compatibility: 'native', environment, flow: 'f', events })).toBeUndefined();
});

test.each<['keep' | 'wrap', string]>([
  ['keep', 'Mar "x"\n'],
  ['wrap', '{"message":"Mar \\"x\\"","error":"the line is not of the format SYSLOG"}\n'],
])('onUnparsable %s sends the line', (onUnparsable, expected) => {
  const outcome = convert(nativeChain([syslog, { optionName: 'ADDBRACKETS' }], { onUnparsable }), ['Mar "x"\n']);
  expect(texts(outcome)).toEqual([expected]);
  expect(outcome.resolutions).toEqual([]);
});

test('records keep their places in the file when others are left out', () => {
  const outcome = convert(nativeChain([syslog], { onUnparsable: 'drop' }), ['bad\n', good, 'worse\n', good]);
  expect(outcome.sourceStarts).toEqual([4, 4 + good.length + 6]);
  expect(outcome.sourceBytes).toEqual([good.length, good.length]);
  expect(outcome.resolutions).toEqual([{ outcome: 'unparsable', bytes: 10, records: 2 }]);
});

test('REDACT hides its matches also in lines that were kept, wrapped or shown in a warning', () => {
  const seen: SeenEvent[] = [];
  for (const onUnparsable of ['keep', 'wrap'] as const) {
    const chain = nativeChain([syslog, { optionName: 'REDACT', kinds: ['email'], fields: ['message'] }], { onUnparsable }, seen);
    expect(texts(convert(chain, ['a@b.org said\n'])).join('')).toContain('[REDACTED] said');
    expect(chain.unparsableSamples.join('')).not.toContain('a@b.org');
  }
  expect(JSON.stringify(seen)).not.toContain('a@b.org');
});

test('a line that does not parse and of which REDACT leaves nothing is sent as nothing', () => {
  const chain = nativeChain([syslog, { optionName: 'REDACT', pattern: 'secret', replacement: '' }], { onUnparsable: 'keep' });
  expect(texts(convert(chain, ['secret\n', 'secret']))).toEqual(['\n', '']);
});

test('lines that do not parse are counted, the first five are kept as samples, and one a minute is reported', () => {
  const seen: SeenEvent[] = [];
  const chain = nativeChain([syslog], { onUnparsable: 'drop' }, seen);
  convert(chain, Array.from({ length: 8 }, (_, i) => `Mar bad ${i}\n`), { startOffset: 1000 });
  convert(chain, ['bad\n'], { wallMs: wallMs + 59_000 });
  convert(chain, ['bad again\n'], { wallMs: wallMs + 61_000, path: '/b' });
  expect(chain.unparsableCount).toBe(10);
  expect(chain.unparsableSamples.length).toBe(5);
  expect(chain.unparsableSamples[1]).toContain('/var/log/app.log at byte 1010');
  expect(seen.map(({ fields }) => fields)).toMatchObject([
    { records: 8, offset: 1000, line: 'Mar bad 0' },
    { records: 2, line: 'bad again', path: '/b' },
  ]);
});

test.each([
  ['keep', { keptRecords: 3, wrappedRecords: 0 }],
  ['wrap', { keptRecords: 0, wrappedRecords: 3 }],
  ['drop', { keptRecords: 0, wrappedRecords: 0 }],
] as const)('lines that do not parse and are sent all the same are counted by what was done with them: %s', (onUnparsable, sent) => {
  const chain = nativeChain([syslog], { onUnparsable });
  convert(chain, ['bad\n', good, 'worse\n']);
  convert(chain, [good]);
  convert(chain, ['bad\n']);
  expect(chain.unparsableSent).toEqual(sent);
  expect(chain.unparsableCount).toBe(3);
});

test('the warning shows where a pattern stopped matching', () => {
  const chain = nativeChain([{ optionName: 'LOGTOJSON', matchPattern: '(?<a>\\d+) (?<b>[a-z]+) end' }]);
  convert(chain, ['12 é\n']);
  expect(chain.unparsableSamples[0]).toContain('stops fitting after 3 bytes');
});

test('under compatibility, a pattern with more or fewer groups than names is blamed, not the lines', () => {
  const chain = javaChain([{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', matchPattern: '(a)(b)', customFieldNames: ['x'] }]);
  convert(chain, ['ab\n']);
  expect(chain.unparsableSamples).toEqual([
    '/var/log/app.log at byte 0: matchPattern has 2 groups and customFieldNames 1 name: as with the Java agent, no line parses; name each group, and write (?:…) for one that is no field: ab',
  ]);
});

test('under compatibility a record that a later step cannot read goes out as it came', () => {
  const facts = { wallMs, instanceId: 'i' };
  const instanceMetadata = { ec2: () => facts, ecs: () => undefined };
  const steps = [{ optionName: 'SINGLELINE' }, { optionName: 'ADDEC2METADATA', logFormat: 'SYSLOG' }, { optionName: 'ADDBRACKETS' }];
  const chain = javaChain(steps, { environment: { ...environment, instanceMetadata } });
  expect(texts(convert(chain, [' a \n b\n']))).toEqual([' a \n b\n']);
});

test.each([
  ['x\n', 'x'],
  ['x\r\n', 'x'],
  ['x', 'x'],
  ['\n', ''],
])('trimNewline makes %j %j, without a copy', (line, expected) => {
  expect(texts(convert(nativeChain([], { trimNewline: true }), [line]))).toEqual([expected]);
});

test('trimNewline works behind other steps', () => {
  expect(texts(convert(nativeChain([{ optionName: 'ADDFIELDS', fields: { a: 1 } }], { trimNewline: true }), ['x\n']))).toEqual([
    '{"message":"x","a":1}',
  ]);
});

test('a chain of many steps that change or do not change a record gives what each of them gives', () => {
  const steps = [
    { optionName: 'LOGFMT' },
    { optionName: 'FILTER', field: 'a', notIn: ['z'] },
    { optionName: 'TIMESTAMP', field: 'none' },
    { optionName: 'ADDFIELDS', fields: { b: 2 } },
    { optionName: 'JSON' },
    { optionName: 'JSON', rename: { a: 'c' } },
    { optionName: 'REDACT', kinds: ['ipv4'] },
  ];
  expect(texts(convert(nativeChain(steps), ['a=1.2.3.4\n', 'a=z\n', 'a=5\n']))).toEqual([
    '{"c":"[REDACTED]","b":2}\n',
    '{"c":"5","b":2}\n',
  ]);
});

test.each<[string, readonly object[], readonly string[]]>([
  ['JSON', [{ optionName: 'JSON' }], ['{"a":1}\n', '{"message":"oops","error":"the line is not a JSON object"}\n', '{"b":2}\n']],
  ['SAMPLE, JSON', [{ optionName: 'SAMPLE', rate: 1 }, { optionName: 'JSON' }], ['{"a":1}\n', '{"message":"oops","error":"the line is not a JSON object"}\n', '{"b":2}\n']],
  ['FILTER, JSON', [{ optionName: 'FILTER', exclude: 'a' }, { optionName: 'JSON' }], ['{"message":"oops","error":"the line is not a JSON object"}\n', '{"b":2}\n']],
])('wrap works in a chain that only looks at its lines: %s', (_name, steps, expected) => {
  const chain = nativeChain(steps, { onUnparsable: 'wrap' });
  expect(texts(convert(chain, ['{"a":1}\n', 'oops\n', '{"b":2}\n']))).toEqual(expected);
  expect(texts(convert(chain, ['{"b":2}\n']))).toEqual(['{"b":2}\n']);
});
