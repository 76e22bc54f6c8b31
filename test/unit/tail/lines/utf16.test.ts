import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordBatch } from '../../../../src/core/record-batch.ts';
import { splitText, textOfHead, type TextSettings } from '../../../../src/tail/lines/text-splitter.ts';
import { type ByteOrder, byteOrderOf, decodeUtf16, lineBytesWithin, readBytesFor, utf16BytesOf, utf8BytesMax } from '../../../../src/tail/lines/utf16.ts';

const settings: TextSettings = {
  lineBytesMax: 1000,
  oversize: 'truncate',
  joinLinesMax: 100,
  skipHeaderLines: 0,
  encoding: 'utf-16',
  keepsMark: false,
};

function utf16(text: string, order: ByteOrder = 'little'): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return order === 'little' ? bytes : bytes.swap16();
}

function decode(bytes: Buffer, { order = 'little', final = false }: { order?: ByteOrder; final?: boolean } = {}): string {
  const utf8 = Buffer.alloc(utf8BytesMax(bytes.length));
  return utf8.toString('utf8', 0, decodeUtf16(bytes, { from: 0, to: bytes.length, order, final }, utf8));
}

interface Read {
  readonly position?: number;
  readonly order?: ByteOrder;
  readonly final?: boolean;
  readonly settings?: Partial<TextSettings>;
}

/** Splits file[position, to). As in a read, the bytes before `position` are at hand. */
function split(file: Buffer, read: Read = {}) {
  const position = read.position ?? 0;
  const buffer = Buffer.concat([file, Buffer.alloc(1)]);
  const batch = new RecordBatch();
  const input = {
    buffer,
    from: position,
    to: file.length,
    previousByte: position === 0 ? undefined : buffer[position - 1],
    final: read.final ?? false,
    atCut: false,
    recordsMax: 1000,
  };
  const result = splitText(input, { order: read.order ?? 'little', position }, { settings: { ...settings, ...read.settings }, batch });
  const indexes = Array.from({ length: batch.count }, (_, index) => index);
  return {
    ...result,
    records: indexes.map((index) => batch.record(index).toString()),
    sources: indexes.map((index) => [batch.sourceStarts[index], batch.sourceBytes[index]]),
  };
}

describe('decoding', () => {
  test.each([
    ['ASCII', 'plain'],
    ['two, three and four bytes of UTF-8', 'aé€😀z'],
    ['the last character before the surrogates, and the first after', '\ud7ff\ue000\uffff'],
    ['NUL', 'a\0b'],
  ])('%s, in both byte orders', (_, text) => {
    expect(decode(utf16(text))).toBe(text);
    expect(decode(utf16(text, 'big'), { order: 'big' })).toBe(text);
  });

  test.each([
    ['a high surrogate before another character', [0xd83d, 0x61], '\ufffda'],
    ['a low surrogate alone', [0xde00, 0x61], '\ufffda'],
    ['two high ones', [0xd83d, 0xd83d, 0xde00], '\ufffd😀'],
  ])('%s is U+FFFD', (_, units, text) => {
    expect(decode(Buffer.from(Uint16Array.from(units).buffer))).toBe(text);
  });

  test('what is cut off at the end waits, or is U+FFFD when nothing follows', () => {
    const whole = utf16('a😀');
    for (const length of [3, 4, 5]) {
      expect(decode(whole.subarray(0, length))).toBe('a');
      expect(decode(whole.subarray(0, length), { final: true })).toBe(`a${'\ufffd'.repeat(length === 5 ? 2 : 1)}`);
    }
  });

  test('any text comes out as the platform has it, and its length in UTF-16 is told from its UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, little) => {
        const bytes = utf16(text, little ? 'little' : 'big');
        const decoded = decode(bytes, { order: little ? 'little' : 'big', final: true });
        expect(decoded).toBe(text.toWellFormed());
        const utf8 = Buffer.from(decoded);
        expect(utf16BytesOf(utf8, 0, utf8.length)).toBe(bytes.length);
      }),
    );
  });

  test('the byte order is that of the mark, little endian without one, or what the config says', () => {
    const big = Buffer.from([0xfe, 0xff]);
    expect(byteOrderOf('utf-16', big)).toBe('big');
    expect(byteOrderOf('utf-16', Buffer.from([0xff, 0xfe]))).toBe('little');
    expect(byteOrderOf('utf-16', Buffer.alloc(0))).toBe('little');
    expect(byteOrderOf('utf-16le', big)).toBe('little');
    expect(byteOrderOf('utf-16be', Buffer.from([0xff, 0xfe]))).toBe('big');
  });

  test('a read that is made for a line can tell it from a longer one', () => {
    for (const bytes of [64, 1000, 1_048_576]) expect(lineBytesWithin(readBytesFor(bytes))).toBe(bytes);
  });
});

describe('records of UTF-16', () => {
  test('are UTF-8, account for their own bytes of the file, and the mark belongs to the first', () => {
    for (const order of ['little', 'big'] as const) {
      expect(split(utf16('\ufeffone\ré€😀\nthr', order), { order })).toMatchObject({
        records: ['one\ré€😀\n'],
        sources: [[0, 20]],
        consumedBytes: 20,
        skippedBytes: 0,
        oversizeBytes: 0,
      });
      const file = utf16('one\n\n😀\n', order);
      expect(split(file, { order }).sources).toEqual([[0, 8], [8, 2], [10, 6]]);
    }
  });

  test('a newline is a whole unit: U+0A0A, U+010A and U+0A01 are none', () => {
    expect(split(utf16('\u0a0a\u010a\u0a01\n')).records).toEqual(['\u0a0a\u010a\u0a01\n']);
  });

  test('half a unit at the end stays in the file until nothing follows', () => {
    const file = Buffer.concat([utf16('a\nb'), Buffer.from([0x63])]);
    expect(split(file)).toMatchObject({ records: ['a\n'], consumedBytes: 4 });
    expect(split(file, { final: true })).toMatchObject({ records: ['a\n', 'b\ufffd'], sources: [[0, 4], [4, 3]], consumedBytes: 7 });
    const grown = Buffer.concat([file, Buffer.from([0]), utf16('d\n')]);
    expect(split(grown, { position: 7 })).toMatchObject({ skippedBytes: 1, oversizeBytes: 4, records: [] });
  });

  test('header lines and a NUL head are skipped and counted in bytes of the file', () => {
    expect(split(utf16('\ufeffh\na\n'), { settings: { skipHeaderLines: 1 } })).toMatchObject({
      records: ['a\n'],
      sources: [[6, 4]],
      skippedBytes: 6,
      skippedLines: 1,
    });
    expect(split(utf16('\0\0a\n'))).toMatchObject({ records: ['a\n'], sources: [[4, 4]], skippedBytes: 4 });
  });

  test.each([
    ['truncate' as const, ['é😀\n', 'x\n'], [[0, 6], [16, 4]], 10],
    ['split' as const, ['é😀', '😀bc\n', 'x\n'], [[0, 6], [6, 10], [16, 4]], 0],
    ['drop' as const, ['x\n'], [[16, 4]], 16],
  ])('a line longer than allowed is treated as %s says', (oversize, records, sources, oversizeBytes) => {
    const file = utf16('é😀😀bc\nx\n');
    const result = split(file, { settings: { lineBytesMax: 8, oversize } });
    expect(result).toMatchObject({ records, sources, oversizeBytes, consumedBytes: file.length });
  });

  test('a line that is cut ends in the terminator, and is told to the byte', () => {
    const file = utf16('é😀😀bc\nx\n');
    const result = split(file, { settings: { lineBytesMax: 10, terminator: Buffer.from('…\n') } });
    expect(result).toMatchObject({ records: ['é😀…\n', 'x\n'], sources: [[0, 6], [16, 4]], oversizeBytes: 10, consumedBytes: file.length });
  });

  test('wherever reads end, records and counts are those of one read, to the byte', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud83d', ' '), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 6 }), fc.constantFrom('truncate' as const, 'split' as const, 'drop' as const), fc.constantFrom('\n', '…\n', '', '€😀'), (texts, cuts, oversize, cutText) => {
        const terminator = Buffer.from(cutText);
        const file = utf16(`\ufeff${texts.map((text) => `${text}\n`).join('')}`);
        const read = (ends: readonly number[]) => {
          const records: string[] = [];
          let position = 0;
          let oversizeBytes = 0;
          let accounted = 0;
          for (const end of ends) {
            const to = Math.min(end, file.length);
            if (to <= position) continue;
            const result = split(file.subarray(0, to), { position, settings: { lineBytesMax: 64, oversize, terminator } });
            position += result.consumedBytes;
            oversizeBytes += result.oversizeBytes;
            accounted += result.skippedBytes + result.oversizeBytes + result.sources.reduce((sum, [, bytes]) => sum + (bytes ?? 0), 0);
            records.push(...result.records);
          }
          return { records, position, oversizeBytes, accounted };
        };
        const whole = read([file.length]);
        const pieces = read([...cuts.toSorted((a, b) => a - b), file.length]);
        expect(pieces).toEqual(whole);
        expect(whole.accounted).toBe(file.length);
        if (oversize === 'split') expect(whole.records.join('')).toBe(texts.map((text) => `${text.toWellFormed()}\n`).join(''));
      }),
    );
  });
});

describe('the mark of UTF-8', () => {
  const utf8 = { encoding: 'utf-8' as const };
  const mark = '\ufeff';
  const read = (text: string, how: { final?: boolean; keepsMark?: boolean; skipHeaderLines?: number } = {}) => {
    const bytes = Buffer.from(text);
    const batch = new RecordBatch();
    const input = { buffer: Buffer.concat([bytes, Buffer.alloc(1)]), from: 0, to: bytes.length, previousByte: undefined, final: how.final ?? false, atCut: false, recordsMax: 10 };
    const place = { order: undefined, position: 0 };
    const result = splitText(input, place, { settings: { ...settings, ...utf8, ...how }, batch });
    return { ...result, records: Array.from({ length: batch.count }, (_, index) => [batch.record(index).toString(), batch.sourceBytes[index]]) };
  };

  test('is no part of the first record, but the record accounts for it', () => {
    expect(read(`${mark}a\n${mark}b\n`).records).toEqual([['a\n', 5], [`${mark}b\n`, 5]]);
    expect(read(`${mark}\n`).records).toEqual([['\n', 4]]);
  });

  test('is kept where the Java agent is to be matched', () => {
    expect(read(`${mark}a\n`, { keepsMark: true }).records).toEqual([[`${mark}a\n`, 5]]);
  });

  test('goes with the header', () => {
    expect(read(`${mark}h\na\n`, { skipHeaderLines: 1 })).toMatchObject({ records: [['a\n', 2]], skippedBytes: 5 });
  });

  test('is skipped where a file is nothing else', () => {
    expect(read(mark, { final: true })).toMatchObject({ records: [], skippedBytes: 3, consumedBytes: 3 });
    expect(read(mark)).toMatchObject({ records: [], consumedBytes: 0 });
  });

  test('is no part of a CSV header', () => {
    expect(textOfHead(Buffer.from(`${mark}id,name`), { encoding: 'utf-8', keepsMark: false }).toString()).toBe('id,name');
    expect(textOfHead(utf16(`${mark}id,name`, 'big'), { encoding: 'utf-16', keepsMark: false }).toString()).toBe('id,name');
    expect(textOfHead(Buffer.from(`${mark}id`), { encoding: 'utf-8', keepsMark: true }).toString()).toBe(`${mark}id`);
  });
});
