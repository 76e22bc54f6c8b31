/** `kinship try` reads its input like the agent: in the flow's encoding, compressed or not, in whatever pieces it comes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tryCommand } from '../../../src/cli/try.ts';
import { fakeInvocation } from './fake-invocation.ts';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-try-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string) => join(directory, name);

async function tryWith(settings: string, given: { files?: readonly string[]; stdin?: readonly (string | Buffer)[] }) {
  writeFileSync(at('kinship.yaml'), `region: eu-west-1\nflows:\n  - { id: web, filePattern: /a, kinesisStream: s${settings} }\n`);
  const { files = [], stdin = [] } = given;
  const invocation = fakeInvocation({
    positionals: files.map(at),
    options: { config: at('kinship.yaml') },
    stdin,
  });
  await tryCommand(invocation);
  return { out: invocation.stdout.text, summary: invocation.stderr.text.split('\n')[0] };
}

const TEXT = 'größe 1\n日本 😀\nlast';
const utf16 = (text: string, order: 'le' | 'be') => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
};

describe('a file of UTF-16', () => {
  test.each(['le', 'be'] as const)('%s is printed as UTF-8, its mark left out', async (order) => {
    writeFileSync(at('a.log'), utf16(TEXT, order));
    const { out, summary } = await tryWith(', encoding: utf-16', { files: ['a.log'] });
    expect(out).toBe(`${TEXT}\n`);
    expect(summary).toBe(`web: 3 lines (${utf16(TEXT, order).length} B), 3 records`);
  });

  test('that comes byte by byte is the same', async () => {
    const bytes = [...utf16(TEXT, 'be')].map((byte) => Buffer.of(byte));
    const { out, summary } = await tryWith(', encoding: utf-16', { stdin: bytes });
    expect([out, summary]).toEqual([`${TEXT}\n`, `web: 3 lines (${utf16(TEXT, 'be').length} B), 3 records`]);
  });

  test('is joined, cut and skipped as any other', async () => {
    writeFileSync(at('a.log'), utf16('head\n1 a\n b\n2 c\n#EOF\n', 'le'));
    const settings = ", encoding: utf-16, skipHeaderLines: 1, multiLineStartPattern: '^[\\d#]', fileFooterPattern: '#EOF'";
    expect((await tryWith(settings, { files: ['a.log'] })).out).toBe('1 a\n b\n2 c\n');
  });
});

describe('a compressed file', () => {
  test.each([
    ['gzip, two members', Buffer.concat([gzipSync(TEXT.slice(0, 5)), gzipSync(TEXT.slice(5))])],
    ['zstd', zstdCompressSync(TEXT)],
  ])('is read as what it was made from: %s', async (_, bytes) => {
    writeFileSync(at('a.log.1'), bytes);
    const { out, summary } = await tryWith('', { files: ['a.log.1'] });
    expect([out, summary]).toEqual([`${TEXT}\n`, `web: 3 lines (${Buffer.byteLength(TEXT)} B), 3 records`]);
  });
});

test('the parts of a container line are joined', async () => {
  const { out } = await tryWith(', dataProcessingOptions: [{ optionName: CONTAINER }]', {
    stdin: ['2026-01-02T03:04:05Z stdout P one \n2026-01-02T03:04:05Z stdout F two\n'],
  });
  expect(out).toBe('one two\n');
});

test('lines are counted once, however they are cut up', async () => {
  const { summary } = await tryWith('', { stdin: ['a', '\n', '', 'b\nc', 'd'] });
  expect(summary).toBe('web: 3 lines (6 B), 3 records');
});
