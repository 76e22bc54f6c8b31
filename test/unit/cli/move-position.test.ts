import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { movedRow, type Target } from '../../../src/cli/positions/move-position.ts';
import { type CheckpointRow, NO_ENDS } from '../../../src/core/checkpoint-row.ts';
import { NodeDecompression } from '../../../src/platform/node-decompression.ts';
import { NodeFileSystem } from '../../../src/platform/node-file-system.ts';
import type { Encoding } from '../../../src/tail/lines/utf16.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-move-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const TEXT = 'one\ntwo\nthr';
const content = { files: new NodeFileSystem(), decompression: new NodeDecompression() };

async function moved(bytes: Buffer | string, target: Target, options: { encoding?: Encoding; skipHeaderLines?: number; row?: Partial<CheckpointRow> } = {}) {
  const path = join(directory, 'app.log');
  writeFileSync(path, bytes);
  const stat = statSync(path);
  const row: CheckpointRow = {
    flow: 'web',
    generation: 1,
    path,
    originalPath: path,
    device: String(stat.dev),
    inode: String(stat.ino),
    head: { lengthBytes: 0, digest: '' },
    tailMarker: '',
    offset: 0,
    cuts: [2, 5],
    waits: [{ end: 4, sinceWallMs: 1 }],
    ends: { read: '4.ab.1', seen: '', cutInPlace: { inode: '1', noticedWallMs: 1 } },
    sizeBytes: 0,
    modifiedMs: 0,
    state: 'active',
    storage: 'plain',
    updatedWallMs: 0,
    ...options.row,
  };
  const result = await movedRow(row, target, { content, encoding: options.encoding ?? 'utf-8', skipHeaderLines: options.skipHeaderLines ?? 0, wallMs: 7 });
  if (result.kind === 'left') return result.why;
  const { offset, tailMarker, cuts, waits, ends, state, updatedWallMs } = result.row;
  expect([cuts, waits, ends, updatedWallMs]).toEqual([[], [], NO_ENDS, 7]);
  return { offset, marker: Buffer.from(tailMarker, 'hex'), state, ...(result.why === undefined ? {} : { why: result.why }) };
}

const utf16 = (text: string, order: 'le' | 'be') => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
};

describe('the end of the last whole line', () => {
  test.each([
    ['UTF-8', Buffer.from(TEXT), 'utf-8', 8],
    ['UTF-16, little endian by its mark', utf16(TEXT, 'le'), 'utf-16', 18],
    ['UTF-16, big endian by its mark', utf16(TEXT, 'be'), 'utf-16', 18],
    ['UTF-16 that has other characters with the byte of a newline', utf16('one\nbਊ\u0a0a', 'le'), 'utf-16le', 10],
    ['UTF-16 in the middle of a character', utf16(TEXT, 'le').subarray(0, -1), 'utf-16le', 18],
  ] as const)('of %s', async (_, bytes, encoding, offset) => {
    expect(await moved(bytes, { kind: 'end' }, { encoding })).toEqual({ offset, marker: bytes.subarray(0, offset), state: 'active' });
  });

  test('of a compressed file is a position in its content', async () => {
    const at = await moved(gzipSync(TEXT), { kind: 'end' }, { row: { storage: 'gzip', state: 'finished' } });
    expect(at).toEqual({ offset: 8, marker: Buffer.from('one\ntwo\n'), state: 'rotated' });
  });
});

describe('an offset', () => {
  test('is taken as it is, and makes a finished file one to be read again', async () => {
    const target: Target = { kind: 'offset', offset: 4 };
    expect(await moved(TEXT, target, { row: { state: 'finished' } })).toEqual({ offset: 4, marker: Buffer.from('one\n'), state: 'rotated' });
    const end: Target = { kind: 'offset', offset: 8 };
    expect(await moved('one\ntwo\n', end, { row: { state: 'finished' } })).toMatchObject({ offset: 8, state: 'finished' });
  });

  test.each([
    ['a line', Buffer.from(TEXT), 'utf-8', 'plain', 6, 4],
    ['the first line', Buffer.from(TEXT), 'utf-8', 'plain', 3, 0],
    ['a last line without newline, at its very end', Buffer.from(TEXT), 'utf-8', 'plain', 11, 8],
    ['a character of UTF-8', Buffer.from('ä\nö\n'), 'utf-8', 'plain', 4, 3],
    ['the byte order mark', Buffer.from('\ufeffone\n'), 'utf-8', 'plain', 3, 0],
    ['a line of UTF-16', utf16(TEXT, 'be'), 'utf-16', 'plain', 14, 10],
    ['a character of UTF-16', utf16(TEXT, 'le'), 'utf-16', 'plain', 3, 0],
    ['a newline of UTF-16', utf16(TEXT, 'le'), 'utf-16', 'plain', 9, 0],
    ['a line of what was compressed', gzipSync(TEXT), 'utf-8', 'gzip', 9, 8],
    ['a line longer than a block', Buffer.from(`one\n${'x'.repeat(200_000)}\n`), 'utf-8', 'plain', 199_999, 4],
    ['a line longer than a block of what was compressed', gzipSync(`one\n${'x'.repeat(200_000)}\n`), 'utf-8', 'gzip', 199_999, 4],
  ] as const)('within %s is moved to where the line begins, and that is told', async (_, bytes, encoding, storage, offset, start) => {
    const at = await moved(bytes, { kind: 'offset', offset }, { encoding, row: { storage } });
    expect(at).toMatchObject({ offset: start, why: `${offset} stands within a line: moved to its beginning, ${start}` });
  });

  test.each([
    ['within the first', 2, 0, '2 stands within a line: moved to its beginning, 0'],
    ['before the second', 4, 0, '4 stands in the header lines of the file: moved to their beginning'],
    ['within the second', 6, 0, '6 stands in the header lines of the file: moved to their beginning'],
    ['after the last', 8, 8, undefined],
    ['in a line after them', 10, 8, '10 stands within a line: moved to its beginning, 8'],
  ])('of two header lines, %s: they are not sent', async (_, offset, start, why) => {
    for (const [bytes, encoding, scale] of [[Buffer.from('one\ntwo\nthree\n'), 'utf-8', 1], [Buffer.from('one\ntwo\nthree\n', 'utf16le'), 'utf-16le', 2]] as const) {
      const at = await moved(bytes, { kind: 'offset', offset: offset * scale }, { encoding, skipHeaderLines: 2 });
      const said = why?.replace(/\d+/g, (number) => String(Number(number) * scale));
      expect(at).toMatchObject({ offset: start * scale, ...(said === undefined ? {} : { why: said }) });
      if (said === undefined) expect(at).not.toHaveProperty('why');
    }
  });

  test('at the end of the file is within the header lines as long as the file has no more lines', async () => {
    const why = '4 stands in the header lines of the file: moved to their beginning';
    expect(await moved('one\ntw', { kind: 'end' }, { skipHeaderLines: 2 })).toMatchObject({ offset: 0, why });
  });

  test.each([
    ['beyond the end', TEXT, 'utf-8', 12, 'the file has 11 bytes only'],
    ['beyond the end of what was compressed', gzipSync(TEXT), 'utf-8', 12, 'the file has fewer bytes when it is decompressed'],
  ] as const)('%s is refused', async (_, bytes, encoding, offset, why) => {
    expect(await moved(bytes, { kind: 'offset', offset }, { encoding })).toBe(why);
  });
});
