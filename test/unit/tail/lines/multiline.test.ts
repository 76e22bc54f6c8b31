import { describe, expect, test } from 'vitest';
import { RecordBatch } from '../../../../src/core/record-batch.ts';
import { splitLines } from '../../../../src/tail/lines/line-splitter.ts';
import { multiLineJoiner } from '../../../../src/tail/lines/multiline.ts';

/** A pattern that backtracks without end on many x. */
const ENDLESS = '(?:x+x+)+y';
const slow = 'x'.repeat(40);

/** Splits texts one after another with one joiner, like successive reads of a file. */
function reads(patterns: Parameters<typeof multiLineJoiner>[0]) {
  const told: number[] = [];
  const joiner = multiLineJoiner(patterns, { timeoutMs: 20, onSlow: (lines) => told.push(lines) });
  const read = (text: string) => {
    const bytes = Buffer.from(text);
    const batch = new RecordBatch();
    const input = { buffer: Buffer.concat([bytes, Buffer.alloc(1)]), from: 0, to: bytes.length, recordsMax: 10_000 };
    const settings = { lineBytesMax: 100_000, oversize: 'truncate', joinLinesMax: 10_000, skipHeaderLines: 0, joiner } as const;
    splitLines({ ...input, previousByte: undefined, atCut: false, final: true }, settings, batch);
    return Array.from({ length: batch.count }, (_, index) => batch.record(index).toString());
  };
  return { told, read };
}

describe('a line on which a pattern never ends', () => {
  test('begins no record, and is told of; the others begin theirs', () => {
    const { told, read } = reads({ multiLineStartPattern: ENDLESS });
    expect(read(`xxy 1\nz\n${slow}\nxxy 2\n`)).toEqual([`xxy 1\nz\n${slow}\n`, 'xxy 2\n']);
    expect(told).toEqual([1]);
  });

  test('goes on with the record before it if a continuation pattern cannot tell', () => {
    const { told, read } = reads({ multiLineContinuationPattern: ENDLESS });
    expect(read(`a\nxxy\n${slow}\nb\n`)).toEqual([`a\nxxy\n${slow}\n`, 'b\n']);
    expect(told).toEqual([1]);
  });

  test('ends no record', () => {
    const { told, read } = reads({ multiLineEndPattern: ENDLESS });
    expect(read(`${slow}\nxxy\na\n`)).toEqual([`${slow}\nxxy\n`, 'a\n']);
    expect(told).toEqual([1]);
  });

  test('is remembered when it is read again, as the lines of an open record are with every read', () => {
    const { told, read } = reads({ multiLineStartPattern: ENDLESS });
    read(`a\n${slow}\n`);
    expect(read(`a\n${slow}\nb\n`)).toEqual([`a\n${slow}\nb\n`]);
    expect(told).toEqual([1]);
  });
});

test('when many lines hold up a read, those for which there is no time left are reported too, and no byte is left out', () => {
  const { told, read } = reads({ multiLineStartPattern: ENDLESS });
  const lines = Array.from({ length: 100 }, (_, index) => `${slow}${index}\n`);
  expect(read(lines.join('')).join('')).toBe(lines.join(''));
  expect(told).toEqual([100]);
});

test('in a read with more lines than any before, every line is judged by itself', () => {
  const { read } = reads({ multiLineStartPattern: '^\\d' });
  const records = Array.from({ length: 5000 }, (_, index) => `${index}\n  more\n`);
  read('1\n');
  expect(read(records.join(''))).toEqual(records);
});

test('an empty line at the head of a file is seen by an end pattern as it is', () => {
  const { read } = reads({ multiLineEndPattern: '^\\n' });
  expect(read('\na\n\nb\n')).toEqual(['\n', 'a\n\n', 'b\n']);
});
