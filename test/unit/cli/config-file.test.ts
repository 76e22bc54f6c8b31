/** What a command says that has no config to work on. */
import { expect, test } from 'vitest';
import { refusal, requireConfig } from '../../../src/cli/config-file.ts';
import { FileFault } from '../../../src/core/errors.ts';
import { fakeInvocation } from './fake-invocation.ts';

const path = '/etc/kinship/kinship.yaml';
const cause = new FileFault({ code: 'denied', systemCode: 'EACCES', path });

test('a config that may not be read ends a command with 77 and what to do', async () => {
  const files = { read: () => Promise.reject(cause), list: () => Promise.resolve([]) };
  await expect(requireConfig(fakeInvocation({ options: { config: path } }), { files })).rejects.toMatchObject({
    message: `${path}:1:1: the config cannot be read (EACCES)`,
    exitCode: 77,
    hint: `run as a user that can read ${path}`,
  });
});

test('check ends as the others do', () => {
  const issues = [{ file: path, line: 1, column: 1, message: 'x' }];
  expect(refusal({ kind: 'invalid', issues, warnings: [], cause }, path)).toEqual({ exitCode: 77, hint: `run as a user that can read ${path}` });
  expect(refusal({ kind: 'invalid', issues, warnings: [] }, path)).toEqual({ exitCode: 78 });
});
