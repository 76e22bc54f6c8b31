/** What a command says when it has no config file. */
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

test('check ends with the same code as the other commands', () => {
  const issues = [{ file: path, line: 1, column: 1, message: 'x' }];
  const at = { path, invocation: fakeInvocation() };
  expect(refusal({ kind: 'invalid', issues, warnings: [], cause }, at)).toEqual({ exitCode: 77, hint: `run as a user that can read ${path}` });
  expect(refusal({ kind: 'invalid', issues, warnings: [] }, at)).toEqual({ exitCode: 78 });
});

test.each([
  { config: path, denied: undefined, hint: 'set variables of the service in /etc/kinship/environment' },
  { config: path, denied: '/etc/kinship/environment', hint: 'variables of the service are set in /etc/kinship/environment, which this user may not read: use sudo, or set it there' },
  { config: '/etc/kinship/web.yaml', denied: undefined, hint: 'set variables of the service in /etc/kinship/environment or /etc/kinship/web.environment' },
  { config: '/home/me/kinship.yaml', denied: undefined, hint: undefined },
])('if a variable in $config is missing, a command ends and says where the service has its variables', async ({ config, denied, hint }) => {
  const text = 'flows: [{ filePattern: /a, kinesisStream: "${STREAM}" }]';
  const files = { read: () => Promise.resolve({ text, readableByOthers: false }), list: () => Promise.resolve([]) };
  const invocation = { ...fakeInvocation({ options: { config } }), environmentDenied: denied };
  const fault = await requireConfig(invocation, { files }).catch((error: unknown) => error);
  expect(fault).toMatchObject({ exitCode: 78, message: expect.stringContaining('the environment has no variable STREAM') });
  expect(fault).toHaveProperty('hint', hint);
});
