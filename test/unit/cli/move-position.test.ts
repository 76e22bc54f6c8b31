import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { movedRow, type Target } from '../../../src/cli/move-position.ts';
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

async function moved(bytes: Buffer | string, target: Target, options: { encoding?: Encoding; row?: Partial<CheckpointRow> } = {}) {
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
  const result = await movedRow(row, target, { content, encoding: options.encoding ?? 'utf-8', wallMs: 7 });
  if (result.kind === 'left') return result.why;
  const { offset, tailMarker, cuts, waits, ends, state, updatedWallMs } = result.row;
  expect([cuts, waits, ends, updatedWallMs]).toEqual([[], [], NO_ENDS, 7]);
  return { offset, marker: Buffer.from(tailMarker, 'hex'), state };
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

  test('of a compressed file is one of its content', async () => {
    const at = await moved(gzipSync(TEXT), { kind: 'end' }, { row: { storage: 'gzip', state: 'finished' } });
    expect(at).toEqual({ offset: 8, marker: Buffer.from('one\ntwo\n'), state: 'rotated' });
  });
});

describe('an offset', () => {
  test('is taken as it is, and makes a finished file one to be read again', async () => {
    const target: Target = { kind: 'offset', offset: 4 };
    expect(await moved(TEXT, target, { row: { state: 'finished' } })).toEqual({ offset: 4, marker: Buffer.from('one\n'), state: 'rotated' });
    const end: Target = { kind: 'offset', offset: TEXT.length };
    expect(await moved(TEXT, end, { row: { state: 'finished' } })).toMatchObject({ offset: TEXT.length, state: 'finished' });
  });

  test.each([
    ['beyond the end', TEXT, 'utf-8', 12, 'the file has 11 bytes only'],
    ['beyond the end of what was compressed', gzipSync(TEXT), 'utf-8', 12, 'the file has fewer bytes when it is decompressed'],
    ['within a character', utf16(TEXT, 'le'), 'utf-16', 3, '3 stands within a character: characters of utf-16 have 2 or 4 bytes'],
  ] as const)('%s is refused', async (_, bytes, encoding, offset, why) => {
    expect(await moved(bytes, { kind: 'offset', offset }, { encoding })).toBe(why);
  });
});
