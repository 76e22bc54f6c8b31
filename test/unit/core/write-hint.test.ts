import { expect, test } from 'vitest';
import { writeHint } from '../../../src/core/write-hint.ts';

test('rights are named only where they are missing', () => {
  expect(writeHint('EACCES', ['/var/log/web', '/var/log/shipped'])).toBe('let the user that runs kinship write /var/log/web and /var/log/shipped');
});

test('where nobody may write, the service is told how it is allowed to, and everybody else where to look', () => {
  const hint = writeHint('EROFS', ['/var/log/web', '/var/log/shipped']);
  expect(hint).toContain('ReadWritePaths=/var/log/web /var/log/shipped,');
  expect(hint).toContain('findmnt');
  expect(hint).not.toContain('user');
});
