import { assert, property, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { bytesToPath, pathToBytes } from '../../../src/core/file-path.ts';

test.each([
  ['plain', Buffer.from('/var/log/app.log'), '/var/log/app.log'],
  ['UTF-8 of every length', Buffer.from('é€😀'), 'é€😀'],
  ['a latin-1 byte', Buffer.from([0x61, 0xe9, 0x2e]), 'a\udce9.'],
  ['a character cut short', Buffer.from([0xe2, 0x82]), '\udce2\udc82'],
  ['a surrogate as bytes', Buffer.from([0xed, 0xb2, 0x80]), '\udced\udcb2\udc80'],
  ['an overlong slash', Buffer.from([0xc0, 0xaf]), '\udcc0\udcaf'],
])('%s becomes a path and comes back', (_name, bytes, path) => {
  expect(bytesToPath(bytes)).toBe(path);
  expect(Buffer.from(pathToBytes(path))).toEqual(bytes);
});

test('any bytes come back as they were', () => {
  assert(
    property(uint8Array({ maxLength: 40 }), (bytes) => {
      expect(Buffer.from(pathToBytes(bytesToPath(Buffer.from(bytes))))).toEqual(Buffer.from(bytes));
    }),
  );
});

test('a well-formed path is handed on as the string it is', () => {
  expect(pathToBytes('/var/log/😀.log')).toBe('/var/log/😀.log');
});
