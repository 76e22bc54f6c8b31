import { expect, test } from 'vitest';
import { writeHint } from '../../../src/core/write-hint.ts';

test('the hint recommends rights only if rights are missing', () => {
  expect(writeHint('EACCES', ['/var/log/web', '/var/log/shipped'])).toBe('let the user that runs kinship write /var/log/web and /var/log/shipped');
});

test('where nobody may write, the hint says how to allow it to the service, and to everybody else where to look', () => {
  const hint = writeHint('EROFS', ['/var/log/web', '/var/log/shipped']);
  expect(hint).toContain('ReadWritePaths=/var/log/web /var/log/shipped,');
  expect(hint).toContain('findmnt');
  expect(hint).not.toContain('user');
});
