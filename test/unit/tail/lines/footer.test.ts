import { describe, expect, test } from 'vitest';
import { RecordBatch } from '../../../../src/core/record-batch.ts';
import { footersOf } from '../../../../src/tail/lines/footer.ts';
import { multiLineJoiner } from '../../../../src/tail/lines/multiline.ts';
import { splitText, type TextSettings } from '../../../../src/tail/lines/text-splitter.ts';

const settings: TextSettings = {
  encoding: 'utf-8',
  keepsMark: false,
  lineBytesMax: 1000,
  oversize: 'truncate',
  joinLinesMax: 100,
  skipHeaderLines: 0,
  footers: footersOf('#EOF( \\d+)?'),
};

function split(text: Buffer | string, changes: Partial<TextSettings> = {}) {
  const bytes = Buffer.from(text);
  const batch = new RecordBatch();
  const input = { buffer: Buffer.concat([bytes, Buffer.alloc(1)]), from: 0, to: bytes.length, previousByte: undefined, atCut: false, final: true, recordsMax: 1000 };
  const result = splitText(input, { order: changes.encoding === 'utf-16le' ? 'little' : undefined, position: 0 }, { settings: { ...settings, ...changes }, batch });
  const indexes = Array.from({ length: batch.count }, (_, index) => index);
  return {
    records: indexes.map((index) => batch.record(index).toString()),
    sources: indexes.map((index) => [batch.sourceStarts[index], batch.sourceBytes[index]]),
    skipped: [result.skippedBytes, result.skippedLines],
    consumedBytes: result.consumedBytes,
  };
}

describe('a footer', () => {
  test('is left out and counted; what is before and after it keeps its place', () => {
    expect(split('one\n#EOF 2\ntwo\n')).toEqual({ records: ['one\n', 'two\n'], sources: [[0, 4], [11, 4]], skipped: [7, 1], consumedBytes: 15 });
  });

  test.each([
    ['with white space around it', ' \t#EOF \r\n', []],
    ['without a newline', '#EOF', []],
    ['as part of a line only', 'x #EOF\n', ['x #EOF\n']],
    ['with more behind it', '#EOF 1 x\n', ['#EOF 1 x\n']],
  ])('%s', (_, text, records) => {
    expect(split(text).records).toEqual(records);
  });

  test('of several lines matches as a whole, ^ and $ at each of them, as the Java agent has it', () => {
    const joiner = multiLineJoiner({ multiLineStartPattern: '^\\d|^=' });
    const footers = footersOf('^=+$\\n^ end$');
    expect(split('1 a\n b\n===\n end\n', { joiner, footers }).records).toEqual(['1 a\n b\n']);
    expect(split('1 a\n b\n===\n end\n more\n', { joiner, footers }).records).toEqual(['1 a\n b\n', '===\n end\n more\n']);
  });

  test('of a UTF-16 file counts the bytes of the file, its mark included', () => {
    const text = Buffer.from('\ufeff#EOF\nrest\n', 'utf16le');
    expect(split(text, { encoding: 'utf-16le' })).toMatchObject({ records: ['rest\n'], sources: [[12, 10]], skipped: [12, 1] });
  });

  test('on which the pattern runs without end is sent, and told; those beside it are judged', () => {
    let slow = 0;
    const footers = footersOf('(a+)+b', { timeoutMs: 40, onSlow: (records) => (slow += records) });
    const endless = `${'a'.repeat(40)}c\n`;
    expect(split(`aab\n${endless}one\nab\n`, { footers })).toMatchObject({ records: [endless, 'one\n'], skipped: [7, 2] });
    expect(slow).toBe(1);
  });
});
