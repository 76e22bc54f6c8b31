import { parse } from 'csv-parse/sync';
import { array, assert, constantFrom, property } from 'fast-check';
import { expect, test } from 'vitest';
import { convert, nativeChain, texts } from './harness.ts';

const csv = (more: object) => nativeChain([{ optionName: 'CSVTOJSON', ...more }], { onUnparsable: 'drop' });
const abc = { customFieldNames: ['a', 'b', 'c'] };

test.each<[name: string, options: object, line: string, expected: string]>([
  // RFC 4180 §2.
  ['plain columns', abc, 'aaa,bbb,ccc\n', '{"a":"aaa","b":"bbb","c":"ccc"}\n'],
  ['columns in quotes', abc, '"aaa","bbb","ccc"\r\n', '{"a":"aaa","b":"bbb","c":"ccc"}\n'],
  ['a line end within quotes', abc, '"aaa","b\r\nbb","ccc"\n', '{"a":"aaa","b":"b\\r\\nbb","c":"ccc"}\n'],
  ['doubled quotes', abc, '"aaa","b""bb","ccc"\n', '{"a":"aaa","b":"b\\"bb","c":"ccc"}\n'],
  ['a delimiter within quotes', abc, '"a,b",,""\n', '{"a":"a,b","b":"","c":""}\n'],
  ['missing columns', abc, 'x\n', '{"a":"x","b":null,"c":null}\n'],
  ['an empty line', abc, '\n', '{"a":"","b":null,"c":null}\n'],
  ['surplus columns', abc, '1,2,3,4,"5"\n', '{"a":"1","b":"2","c":"3","column4":"4","column5":"5"}\n'],
  ['a delimiter that means something in a pattern', { ...abc, delimiter: '|' }, '1|2|3\n', '{"a":"1","b":"2","c":"3"}\n'],
  ['a delimiter of two characters', { ...abc, delimiter: '||' }, '1||"2||"||3|\n', '{"a":"1","b":"2||","c":"3|"}\n'],
  ['types', { ...abc, types: 'auto' }, '1.50,true,\n', '{"a":1.50,"b":true,"c":null}\n'],
  ['texts that look like numbers', { ...abc, types: 'auto' }, '007,1e5,12345678901234567890\n', '{"a":"007","b":1e5,"c":"12345678901234567890"}\n'],
  ['a name that stands twice', { customFieldNames: ['a', 'b', 'a'] }, '1,2,3\n', '{"a":"3","b":"2"}\n'],
  ['names like numbers, in order', { customFieldNames: ['b', '1'] }, 'x,y\n', '{"b":"x","1":"y"}\n'],
])('%s', (_name, options, line, expected) => {
  expect(texts(convert(csv(options), [line]))).toEqual([expected]);
});

test.each(['a"b,c\n', '"a"b,c\n', '"a\n', '"a,b\n'])('the line %j is not CSV', (line) => {
  expect(convert(csv(abc), [line]).resolutions).toEqual([{ outcome: 'unparsable', bytes: line.length, records: 1 }]);
});

test.each([
  ['1,"x\n', 'a column in quotes does not end on this line: where columns hold line breaks, the flow needs a multiLineStartPattern'],
  ['y",2\n', 'or it is the rest of a record with line breaks within quotes: that needs a multiLineStartPattern'],
  ['"a"b,c\n', 'its quotes are not those of CSV (RFC 4180)'],
  ['1,2,3,4\n2,3,4,5\n', 'it holds 2 records of CSV: each needs a first line that multiLineStartPattern matches'],
])('the message for the line %j says what is wrong and what to do', (line, failure) => {
  const chain = csv(abc);
  convert(chain, [line]);
  expect(chain.unparsableSamples[0]).toContain(failure);
});

test.each([
  ['1,"x\ny",2\n', ['1', 'x\ny', '2']],
  ['"x\r\n\r\n""y""",2,"z\n"\r\n', ['x\r\n\r\n"y"', '2', 'z\n']],
])('lines that multiLineStartPattern joined to the record %j are read as one', (record, columns) => {
  for (const options of [abc, { ...abc, jsonFormat: 'PRETTYPRINT' }, { customFieldNames: ['a'] }]) {
    const [text = ''] = texts(convert(csv(options), [record]));
    expect(Object.values(JSON.parse(text) as object)).toEqual(columns);
  }
});

test('a mark of the encoding at the beginning of the file is no part of the first column', () => {
  expect(texts(convert(csv(abc), ['\ufeff1,2,3\n', '\ufeff1,2,3\n']))[0]).toBe('{"a":"1","b":"2","c":"3"}\n');
});

test('the header line names the columns and is skipped', () => {
  const outcome = convert(csv({ header: true }), ['id,"full name"\n', '1,x\n']);
  expect(texts(outcome)).toEqual(['{"id":"1","full name":"x"}\n']);
  expect(outcome.resolutions).toEqual([{ outcome: 'skipped', bytes: 15, records: 1 }]);
});

test('within a file the header comes from its first line', () => {
  const chain = csv({ header: true });
  expect(chain.needsFirstLine).toBe(true);
  const facts = { startOffset: 100, firstLine: Buffer.from('id,name\n') };
  expect(texts(convert(chain, ['1,x\n'], facts))).toEqual(['{"id":"1","name":"x"}\n']);
});

test('each file has its own header, and a file begun anew a new one', () => {
  const chain = csv({ header: true });
  convert(chain, ['a\n'], { path: '/one' });
  convert(chain, ['b\n'], { path: '/two' });
  expect(texts(convert(chain, ['1\n'], { path: '/one', startOffset: 2 }))).toEqual(['{"a":"1"}\n']);
  convert(chain, ['c\n'], { path: '/one' });
  expect(texts(convert(chain, ['1\n'], { path: '/one', startOffset: 2 }))).toEqual(['{"c":"1"}\n']);
});

test('a line whose header is unknown is unparsable, not given wrong names', () => {
  expect(convert(csv({ header: true }), ['1,x\n'], { startOffset: 9 }).resolutions[0]?.outcome).toBe('unparsable');
});

test('lines split by bytes have the columns that csv-parse finds', () => {
  const piece = constantFrom('"', '""', ',', ',', 'a', 'é', ' ', '\n', '\r', "'", '😀', ';;', ';');
  const line = array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  const names = Array.from({ length: 16 }, (_, index) => `f${index}`);
  const chains = [',', ';;'].map((delimiter) => [delimiter, csv({ customFieldNames: names, delimiter })] as const);
  assert(
    property(line, constantFrom(...chains), (text, [delimiter, chain]) => {
      const body = text.replace(/\r?\n?$/, '');
      let rows: readonly (readonly string[])[] = [];
      try {
        rows = body === '' ? [['']] : parse(body, { delimiter, record_delimiter: '\n', relax_column_count: true });
      } catch {
        rows = [];
      }
      const [record] = texts(convert(chain, [`${body}\n`], { startOffset: 1 }));
      // csv-parse takes a line end outside of quotes for the end of a record; framing has decided otherwise.
      if (/[\r\n]/.test(body.replaceAll(/"(?:[^"]|"")*"/g, ''))) return;
      if (rows.length !== 1) {
        expect(record).toBeUndefined();
        return;
      }
      const values = Object.values(JSON.parse(record ?? '{}') as object).filter((value) => value !== null);
      expect(values).toEqual(rows[0]);
    }),
    { numRuns: 3000 },
  );
});
