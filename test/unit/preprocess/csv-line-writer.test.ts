import { array, assert, constantFrom, integer, oneof, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/preprocess/stage/byte-writer.ts';
import { CsvColumns } from '../../../src/preprocess/csv/csv-columns.ts';
import { csvLineWriter } from '../../../src/preprocess/csv/csv-line-writer.ts';
import { FieldPositions } from '../../../src/preprocess/fields/field-positions.ts';
import { FieldTemplate } from '../../../src/preprocess/fields/field-template.ts';
import { JavaByteSplit } from '../../../src/preprocess/java/java-split.ts';
import { convert, javaChain, texts } from './harness.ts';

const fieldNames = ['a', 'a longer "name"', 'ü', 'd'];
const piece = oneof(
  constantFrom('"', '""', ',', ',', ';', 'plain text', 'é', '😀', '\\', '\n', '\r', '\t', '\u0000', '\u001f', '\u007f', ' ').map((text) => Buffer.from(text)),
  uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
);
const line = array(piece, { maxLength: 14 }).map((pieces) => Buffer.concat(pieces));

/** The line as it may stand in a buffer: anywhere, with or without something behind it. */
const placed = { before: integer({ min: 0, max: 9 }), after: integer({ min: 0, max: 5 }) };

function place(bytes: Buffer, before: number, after: number): Buffer {
  return Buffer.concat([Buffer.alloc(before, 'x'), bytes, Buffer.alloc(after, 'y')]);
}

test.each(['COMPACT', 'PRETTYPRINT'] as const)('%s: a line in one pass is what the columns found first give', (jsonFormat) => {
  const writer = csvLineWriter({ fieldNames, delimiter: ',', quotes: true, jsonFormat });
  const columns = new CsvColumns(',');
  const template = new FieldTemplate({ fieldNames, optionalCount: 0, jsonFormat, dashIsAbsent: false, types: 'string' });
  assert(
    property(line, placed.before, placed.after, (bytes, before, after) => {
      const buffer = place(bytes, before, after);
      const [start, end] = [before, before + bytes.length];
      const out = new ByteWriter();
      out.appendText('kept');
      const written = writer?.write(out, buffer, start, end);
      const expected = new ByteWriter();
      expected.appendText('kept');
      const fields = new FieldPositions(fieldNames.length);
      const found = columns.read(buffer, start, end, fields, fieldNames.length) >= 0;
      if (found) template.write(expected, buffer, fields, bytes.length);
      expect(written).toBe(found);
      expect(out.bytes.toString('latin1', 0, out.length)).toBe(expected.bytes.toString('latin1', 0, expected.length));
    }),
    { numRuns: 5000 },
  );
});

test.each([',', '\\|', '\\t', '"', ' '])('the Java agent’s columns at %j are the same in one pass as by their positions', (delimiter) => {
  const step = { optionName: 'CSVTOJSON', customFieldNames: fieldNames, delimiter };
  const chain = javaChain([step]);
  const byte = (delimiter === '\\t' ? '\t' : delimiter.replace('\\', '')).charCodeAt(0);
  const parser = new JavaByteSplit(fieldNames, byte);
  const template = new FieldTemplate({ fieldNames, optionalCount: 0, jsonFormat: 'COMPACT', dashIsAbsent: false, types: 'string' });
  const delimiters = array(constantFrom(Buffer.of(byte), Buffer.of(byte, byte), Buffer.from('x')), { maxLength: 6 });
  assert(
    property(line, delimiters.map((parts) => Buffer.concat(parts)), (head, tail) => {
      const bytes = Buffer.concat([head, tail]);
      const fields = new FieldPositions(fieldNames.length);
      parser.parse(bytes, 0, bytes.length, fields);
      const expected = new ByteWriter();
      template.write(expected, bytes, fields, bytes.length);
      expect(texts(convert(chain, [Buffer.concat([bytes, Buffer.from('\n')])]))).toEqual([expected.bytes.toString('utf8', 0, expected.length)]);
    }),
    { numRuns: 1000 },
  );
});

test.each<[name: string, options: { fieldNames: readonly string[]; delimiter: string }]>([
  ['names that stand twice', { fieldNames: ['a', 'a'], delimiter: ',' }],
  ['a delimiter of several characters', { fieldNames, delimiter: '||' }],
  ['a delimiter of several bytes', { fieldNames, delimiter: '¦' }],
  ['no names', { fieldNames: [], delimiter: ',' }],
])('%s are for the slower way', (_name, options) => {
  expect(csvLineWriter({ ...options, quotes: true, jsonFormat: 'COMPACT' })).toBeUndefined();
});
