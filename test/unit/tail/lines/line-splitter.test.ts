import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordBatch } from '../../../../src/core/record-batch.ts';
import { splitLines, type SplitInput, type SplitSettings } from '../../../../src/tail/lines/line-splitter.ts';
import { multiLineJoiner } from '../../../../src/tail/lines/multiline.ts';

const plain: SplitSettings = { lineBytesMax: 1000, oversize: 'truncate', joinLinesMax: 100, skipHeaderLines: 0 };

interface Read {
  readonly previous?: string;
  readonly final?: boolean;
  readonly atCut?: boolean;
  readonly recordsMax?: number;
  readonly settings?: Partial<SplitSettings>;
}

function split(text: string | Buffer, read: Read = {}) {
  const bytes = Buffer.from(text);
  const buffer = Buffer.concat([bytes, Buffer.alloc(1)]);
  const batch = new RecordBatch();
  const input: SplitInput = {
    buffer,
    from: 0,
    to: bytes.length,
    previousByte: read.previous === undefined ? 0x0a : read.previous === '' ? undefined : read.previous.charCodeAt(0),
    final: read.final ?? false,
    atCut: read.atCut ?? false,
    recordsMax: read.recordsMax ?? 1000,
  };
  const result = splitLines(input, { ...plain, ...read.settings }, batch);
  const records = Array.from({ length: batch.count }, (_, index) => batch.record(index).toString());
  const sourceBytes = Array.from(batch.sourceBytes.subarray(0, batch.count));
  return { ...result, records, sourceBytes, buffer: buffer.subarray(0, bytes.length) };
}

describe('lines', () => {
  test('end with their newline and an incomplete last one stays in the file', () => {
    const result = split('one\ntwo\r\n\nthr');
    expect(result.records).toEqual(['one\n', 'two\r\n', '\n']);
    expect(result.consumedBytes).toBe(10);
  });

  test('an unterminated last line is sent as it is when its generation has ended', () => {
    expect(split('one\ntwo', { final: true }).records).toEqual(['one\n', 'two']);
  });

  test('at a cut in the middle of a line its rest is a record of its own, not the rest of one too long', () => {
    expect(split('rest\nnext\n', { previous: 'x' })).toMatchObject({ records: ['next\n'], oversizeBytes: 5 });
    expect(split('rest\nnext\n', { previous: 'x', atCut: true })).toMatchObject({ records: ['rest\n', 'next\n'], oversizeBytes: 0 });
    expect(split('\0rest\n', { previous: '\0', atCut: true })).toMatchObject({ records: ['\0rest\n'], skippedBytes: 0 });
  });

  test('no more than the batch holds are taken', () => {
    const result = split('a\nb\nc\n', { recordsMax: 2 });
    expect(result.records).toEqual(['a\n', 'b\n']);
    expect(result.consumedBytes).toBe(4);
  });

  test('header lines are skipped at the head of a generation only, and only when all of them are there', () => {
    const settings = { skipHeaderLines: 2 };
    expect(split('h1\nh2\na\n', { previous: '', settings })).toMatchObject({ records: ['a\n'], skippedBytes: 6, skippedLines: 2 });
    expect(split('h1\nh', { previous: '', settings })).toMatchObject({ records: [], consumedBytes: 0 });
    expect(split('h1\nh2\n', { settings })).toMatchObject({ records: ['h1\n', 'h2\n'], skippedBytes: 0 });
  });

  test('the NUL head that a writer leaves after copytruncate is skipped and counted', () => {
    expect(split('\0\0\0a\n', { previous: '' })).toMatchObject({ records: ['a\n'], skippedBytes: 3 });
    expect(split('\0\0\0', { previous: '' })).toMatchObject({ records: [], skippedBytes: 3, consumedBytes: 3 });
    expect(split('\0a\n', { previous: '\0' })).toMatchObject({ records: ['a\n'], skippedBytes: 1 });
    expect(split('\0a\n')).toMatchObject({ records: ['\0a\n'], skippedBytes: 0 });
  });
});

describe('a line longer than allowed', () => {
  const settings = { lineBytesMax: 5 };

  test.each([
    ['truncate' as const, ['abcd\n', 'x\n'], 7],
    ['split' as const, ['abcd', 'efgh', 'ij\n', 'x\n'], 0],
    ['drop' as const, ['x\n'], 11],
  ])('is treated as the policy %s says', (oversize, records, oversizeBytes) => {
    const result = split('abcdefghij\nx\n', { settings: { ...settings, oversize } });
    expect(result.records).toEqual(records);
    expect(result.oversizeBytes).toBe(oversizeBytes);
    expect(result.consumedBytes).toBe(13);
  });

  test.each([
    ['…\n', ['abcd…\n', 'x\n'], 7],
    ['', ['abcdefgh', 'x\n'], 3],
    [' [cut]\n', ['a [cut]\n', 'x\n'], 10],
    ['longer than a line', ['abcdefgh', 'x\n'], 3],
  ])('ends in the terminator %j where it is cut, and what was read is told', (terminator, records, oversizeBytes) => {
    const text = 'abcdefghij\nx\n';
    const result = split(text, { settings: { lineBytesMax: 8, terminator: Buffer.from(terminator) } });
    expect(result.records).toEqual(records);
    expect(result).toMatchObject({ oversizeBytes, consumedBytes: 13 });
    expect(result.sourceBytes).toEqual([11 - oversizeBytes, 2]);
    const read = Buffer.from(result.buffer);
    for (const { offset, byte } of result.overwritten ?? []) read[offset] = byte;
    expect(read.toString()).toBe(text);
  });

  test('is never cut inside a character', () => {
    const result = split('aäöü\n', { settings: { lineBytesMax: 5 } });
    expect(result.records).toEqual(['aä\n']);
    expect(result.oversizeBytes).toBe(5);
  });

  test('whose end is not there yet is cut now, and its rest is discarded by the next read', () => {
    const first = split('abcdefgh', { settings });
    expect(first).toMatchObject({ records: ['abcd\n'], oversizeBytes: 4, consumedBytes: 8 });
    const next = split('ij\nx\n', { settings, previous: 'h' });
    expect(next).toMatchObject({ records: ['x\n'], oversizeBytes: 3, consumedBytes: 5 });
  });

  test('of exactly the allowed length passes', () => {
    expect(split('abcd\n', { settings })).toMatchObject({ records: ['abcd\n'], oversizeBytes: 0 });
  });
});

describe('multi-line records', () => {
  const start = { joiner: multiLineJoiner({ multiLineStartPattern: '^\\d' }) };

  test('begin where the start pattern matches; the last one waits', () => {
    const result = split('1 a\n  b\n2 c\n  d\n', { settings: start });
    expect(result.records).toEqual(['1 a\n  b\n']);
    expect(result.consumedBytes).toBe(8);
  });

  test('tell the length of the whole lines of the last one: a time-out may cut there, but not within an unterminated line', () => {
    expect(split('1 a\n  b\n  c', { settings: start })).toMatchObject({ records: [], consumedBytes: 0, openBytes: 8 });
    expect(split('1 a\n2 b\n  c', { settings: start })).toMatchObject({ records: ['1 a\n'], consumedBytes: 4, openBytes: 4 });
    expect(split('1 a\n  b\n  c', { settings: start, final: true })).toMatchObject({ records: ['1 a\n  b\n  c'], openBytes: 0 });
  });

  test('leading lines that begin nothing form a record of their own', () => {
    expect(split('x\ny\n1 a\n2\n', { settings: start }).records).toEqual(['x\ny\n', '1 a\n']);
  });

  test('continuation and end patterns', () => {
    const continuation = { joiner: multiLineJoiner({ multiLineContinuationPattern: '^\\s' }) };
    expect(split('a\n b\n c\nd\ne\n', { settings: continuation }).records).toEqual(['a\n b\n c\n', 'd\n']);
    const end = { joiner: multiLineJoiner({ multiLineEndPattern: ';$' }) };
    expect(split('a\nb;\nc;\nd\n', { settings: end }).records).toEqual(['a\nb;\n', 'c;\n']);
  });

  test('are bounded in lines and bytes', () => {
    expect(split('1\na\nb\nc\n', { settings: { ...start, joinLinesMax: 2 } }).records).toEqual(['1\na\n', 'b\nc\n']);
    expect(split('1\nab\ncd\ne\n', { settings: { ...start, lineBytesMax: 6 } }).records).toEqual(['1\nab\n']);
  });
});

test('whatever the bytes, records and counts cover what was consumed, and reading in pieces gives the same records', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array.map((byte) => (byte % 5 === 0 ? 0x0a : byte))));
  const oversize = fc.constantFrom('truncate' as const, 'split' as const, 'drop' as const);
  fc.assert(
    fc.property(bytes, oversize, fc.integer({ min: 2, max: 30 }), (content, policy, lineBytesMax) => {
      const settings = { oversize: policy, lineBytesMax };
      const whole = split(content, { settings, final: true });
      expect(whole.consumedBytes).toBe(content.length);
      const covered = whole.sourceBytes.reduce((sum, length) => sum + length, 0);
      expect(covered + whole.skippedBytes + whole.oversizeBytes).toBe(content.length);
      const pieces: string[] = [];
      let offset = 0;
      while (offset < content.length) {
        const end = Math.min(content.length, offset + lineBytesMax + 7);
        const previous = offset === 0 ? '\n' : String.fromCharCode(content[offset - 1] ?? 0);
        const piece = split(content.subarray(offset, end), { settings, previous, final: end === content.length });
        if (previous === '\0') return;
        pieces.push(...piece.records);
        offset += piece.consumedBytes;
      }
      if (policy !== 'split') expect(pieces).toEqual(whole.records);
      else expect(pieces.join('')).toEqual(whole.records.join(''));
    }),
  );
});
