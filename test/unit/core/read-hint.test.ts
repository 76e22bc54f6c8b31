import { expect, test } from 'vitest';
import { readHint, readHintAtLength } from '../../../src/core/read-hint.ts';

test.each([
  ['EACCES', /let the user that runs kinship read it/],
  ['EPERM', /let the user that runs kinship read it/],
  ['EMFILE', /LimitNOFILE/],
  ['ELOOP', /symbolic links/],
  ['EAGAIN', /no ordinary file/],
  ['EIO', /dmesg/],
  ['ENOTCONN', /umount -l/],
  ['ENAMETOOLONG', /4095 bytes/],
  ['compressed with xz', /gzip and zstd/],
  ['damaged compressed file', /gzip -t/],
])('%s has a hint of its own, which recommends rights only if rights are missing', (code, said) => {
  const isRight = code === 'EACCES' || code === 'EPERM';
  expect(readHint(code)).toMatch(said);
  expect(readHintAtLength(code).includes('usermod -aG adm kinship')).toBe(isRight);
  expect(readHint(code).includes('let the user')).toBe(isRight);
});
