import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { md5LanesSource } from '../../../packaging/md5-lanes-wasm.ts';
import { md5LanesLayout, type Md5Message, writeMd5Digests } from '../../../src/producer/records/md5-lanes.ts';

/** A message of `bytes` bytes, which depend on `seed`, somewhere within its buffer. */
function messageOf(bytes: number, seed: number): Md5Message {
  const start = seed % 7;
  const data = Buffer.alloc(start + bytes + 16 + 5, 0xee);
  for (let at = start; at < start + bytes; at += 1) data[at] = (Math.imul(at + seed, 2_654_435_761) >>> 24) & 0xff;
  return { data, start, end: start + bytes };
}

function digestsOf(messages: readonly Md5Message[]): readonly string[] {
  return messages.map(({ data, end }) => data.toString('hex', end, end + 16));
}

function expectedOf(messages: readonly Md5Message[]): readonly string[] {
  return messages.map(({ data, start, end }) => createHash('md5').update(data.subarray(start, end)).digest('hex'));
}

const { lanes, chunkBytes } = md5LanesLayout;

test.each([
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
])('the digest of %j is the one in RFC 1321, alone and in every lane', (text, digest) => {
  for (const count of [1, lanes]) {
    const messages = Array.from({ length: count }, () => ({ data: Buffer.concat([Buffer.from(text), Buffer.alloc(16)]), start: 0, end: text.length }));
    writeMd5Digests(messages);
    expect(digestsOf(messages)).toEqual(messages.map(() => digest));
  }
});

test('every length around the ends of blocks and chunks has its digest, whatever goes on in the other lanes', () => {
  for (let bytes = 0; bytes < 200; bytes += 1) {
    const long = Array.from({ length: 6 }, (_, index) => (1 + (index % 2)) * chunkBytes - 100 + bytes + index);
    const sizes = [bytes, ...long, 3 * bytes, bytes % 3];
    const messages = sizes.map((size, index) => messageOf(size, bytes + index));
    const expected = expectedOf(messages);
    writeMd5Digests(messages);
    expect(digestsOf(messages)).toEqual(expected);
  }
});

test('any number of messages of any lengths have their digests, and nothing else of them is touched', () => {
  const sizes = fc.array(fc.oneof(fc.nat(130), fc.nat(3 * chunkBytes)), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.nat(1000), (all, seed) => {
      const messages = all.map((size, index) => messageOf(size, seed + index));
      const expected = messages.map(({ data, start, end }, index) => {
        const whole = Buffer.from(data);
        whole.write(expectedOf(messages)[index] ?? '', end, 'hex');
        return { start, whole };
      });
      writeMd5Digests(messages);
      for (const [index, { data }] of messages.entries()) expect(data.equals(expected[index]?.whole ?? Buffer.alloc(0))).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('one message that is much longer than the others together has its digest, too', () => {
  const messages = [messageOf(90_000, 3), ...Array.from({ length: 20 }, (_, index) => messageOf(100 + index, index))];
  const expected = expectedOf(messages);
  writeMd5Digests(messages);
  expect(digestsOf(messages)).toEqual(expected);
});

test('without WebAssembly the digests are the same', () => {
  const entry = fileURLToPath(new URL('../../../src/producer/records/md5-lanes.ts', import.meta.url));
  const { outputFiles } = buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', write: false });
  const script = `${outputFiles[0]?.text}
    const messages = ['', 'a', 'abc', 'a', 'abc', 'a'].map((text) => ({ data: Buffer.from(text.padEnd(20)), start: 0, end: text.length }));
    writeMd5Digests(messages);
    console.log(typeof WebAssembly, ...messages.map(({ data, end }) => data.toString('hex', end, end + 16)));`;
  const output = execFileSync(process.execPath, ['--jitless', '--input-type=module'], { input: script, encoding: 'utf8' });
  expect(output.trim().split(' ')).toEqual([
    'undefined',
    'd41d8cd98f00b204e9800998ecf8427e',
    '0cc175b9c0f1b6a831c399e269772661',
    '900150983cd24fb0d6963f7d28e17f72',
    '0cc175b9c0f1b6a831c399e269772661',
    '900150983cd24fb0d6963f7d28e17f72',
    '0cc175b9c0f1b6a831c399e269772661',
  ]);
});

test('the module is what its description makes', () => {
  const file = new URL('../../../src/producer/records/md5-lanes-wasm.ts', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(md5LanesSource());
});
