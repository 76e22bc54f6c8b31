import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runVector } from './harness.ts';

interface Vector {
  readonly id: string;
  readonly options: unknown;
  readonly input: string | null;
  readonly inputBase64?: string;
  readonly result: 'record' | 'drop' | 'raw' | 'config-error';
  readonly outputBase64?: string;
}

/** More rows of the same form can be named here to run a larger set. */
const file = process.env['KINSHIP_VECTORS'] ?? new URL('../../golden/preprocess/amazon-kinesis-agent.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[];

test.each(vectors.map((vector) => [vector.id, vector] as const))(
  'under compatibility %s gives the bytes of the Java agent',
  async (_id, vector) => {
    const input = vector.input === null ? Buffer.from(vector.inputBase64 ?? '', 'base64') : Buffer.from(vector.input);
    const seen = await runVector({ options: vector.options, input });
    if (vector.result === 'drop' || vector.result === 'config-error') {
      expect(seen.result).toBe(vector.result);
      return;
    }
    const expected = vector.result === 'raw' ? input : Buffer.from(vector.outputBase64 ?? '', 'base64');
    expect(seen.result === 'record' ? seen.output.toString('base64') : seen).toBe(expected.toString('base64'));
  },
);

const abc = ['a', 'b', 'c'];

// Rules that the set does not show; the answers are those of the Java agent's rules on Java 17.
test.each<[name: string, options: unknown, input: string | Buffer, output: string | undefined]>([
  ['an empty delimiter splits all characters', [{ optionName: 'CSVTOJSON', customFieldNames: abc, delimiter: '' }], 'xy\n', '{"a":"x","b":"y","c":null}\n'],
  ['a bare | does so too', [{ optionName: 'CSVTOJSON', customFieldNames: abc, delimiter: '|' }], '1|2\n', '{"a":"1","b":"|","c":"2"}\n'],
  ['an escaped | is one', [{ optionName: 'CSVTOJSON', customFieldNames: abc, delimiter: '\\|' }], '1|2\n', '{"a":"1","b":"2","c":null}\n'],
  ['a tab', [{ optionName: 'CSVTOJSON', customFieldNames: abc, delimiter: '\\t' }], '1\t2\r\n', '{"a":"1","b":"2\\r","c":null}\n'],
  ['control characters have upper-case escapes', [{ optionName: 'CSVTOJSON', customFieldNames: ['a'] }], '\u001b\u007f\u0001/\n', '{"a":"\\u001B\u007f\\u0001/"}\n'],
  ['delimiters alone are no columns', [{ optionName: 'CSVTOJSON', customFieldNames: abc }], ',,,\n', '{"a":null,"b":null,"c":null}\n'],
  ['an encoded surrogate is one U+FFFD', [{ optionName: 'CSVTOJSON', customFieldNames: ['a'] }], Buffer.from('eda08041c3280a', 'hex'), '{"a":"\ufffdA\ufffd("}\n'],
  ['the same in other text', [{ optionName: 'ADDBRACKETS' }], Buffer.from('eda080ff', 'hex'), '{\ufffd\ufffd}'],
  ['groups and names that are not as many drop every line', [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', matchPattern: '(a)(b)', customFieldNames: ['x'] }], 'ab\n', undefined],
  ['a dash is null in Apache layouts only', [{ optionName: 'LOGTOJSON', logFormat: 'COMMONAPACHELOG', matchPattern: '(.*) (.*)', customFieldNames: ['x', 'y'] }], '- -a\n', '{"x":null,"y":"-a"}\n'],
  ['metadata in Java’s numbers', [{ optionName: 'ADDMETADATA', metadataJson: '{"2":1.0,"1":1E5,"b":[1e-7,12345678901234567890,-0.0]}' }], 'x\n', '{"metadata":{"2":1.0,"1":100000.0,"b":[1.0E-7,12345678901234567890,-0.0]},"data":"x"}\n'],
  ['metadata whose numbers JavaScript knows', [{ optionName: 'ADDMETADATA', metadata: { a: [1, 1.5, 1e-7, 1e21] }, jsonFormat: 'PRETTYPRINT' }], 'x\n', '{\n  "metadata" : {\n    "a" : [ 1, 1.5, 1.0E-7, 1.0E21 ]\n  },\n  "data" : "x"\n}\n'],
  ['unknown keys, nulls and odd values are as if not there', [{ optionName: 'CSVTOJSON', customFieldNames: [1, true], delimiter: null, jsonFormat: null, colour: 1 }], 'x,y\n', '{"1":"x","true":"y"}\n'],
  ['parse options that are none', [{ optionName: 'SINGLELINE', parseOptions: ['no_trim', 5, null] }], ' a \n b\n', 'ab\n'],
  ['parse options that are no list', [{ optionName: 'SINGLELINE', parseOptions: 'NO_TRIM' }], ' a \n b\n', 'ab\n'],
  ['a timestamp in other letters', [{ optionName: 'ADDMETADATA', timestamp: 'False' }], 'x\n', '{"metadata":null,"data":"x"}\n'],
  ['options that are no list', { optionName: 'ADDBRACKETS' }, 'x\n', 'x\n'],
  ['no options', [], 'x\n', 'x\n'],
])('%s', async (_name, options, input, output) => {
  const seen = await runVector({ options, input: Buffer.from(input) });
  expect(seen.result === 'record' ? seen.output.toString() : undefined).toBe(output);
});

test.each([
  [{ optionName: 'csvtojson', customFieldNames: abc }],
  [{ optionName: 'LOGTOJSON', matchPattern: '(a)', customFieldNames: ['a'] }],
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', matchPattern: '(a)' }],
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', matchPattern: '(', customFieldNames: ['a'] }],
  [{ optionName: 'LOGTOJSON', logFormat: 'SYSLOG', customFieldNames: ['a'] }],
  [{ optionName: 'CSVTOJSON', customFieldNames: 'a' }],
  [{ optionName: 'ADDMETADATA', timestamp: true }],
  [{ optionName: 'ADDEC2METADATA' }],
  [{ optionName: 'CSVTOJSON', customFieldNames: abc, jsonFormat: 'compact' }],
])('the Java agent would not start with %j', async (option) => {
  expect((await runVector({ options: [option], input: Buffer.from('x\n') })).result).toBe('config-error');
});
