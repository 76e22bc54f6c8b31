import { expect, test } from 'vitest';
import { environmentFiles, serviceEnvironment } from '../../../src/cli/host/service-environment.ts';
import { type FileFaultCode, FileFault } from '../../../src/core/errors.ts';

function filesWith(texts: Readonly<Record<string, string | FileFaultCode>>) {
  return {
    read: (path: string) => {
      const text = texts[path] ?? 'not-found';
      if (text === 'not-found' || text === 'denied') return Promise.reject(new FileFault({ code: text, systemCode: 'E', path }));
      return Promise.resolve({ text, readableByOthers: false });
    },
  };
}

test.each([
  ['/etc/kinship/kinship.yaml', ['/etc/kinship/environment']],
  ['/etc/kinship/web.yaml', ['/etc/kinship/environment', '/etc/kinship/web.environment']],
  ['/home/me/kinship.yaml', []],
  ['/etc/kinship/conf.d/kinship.yaml', []],
])('the environment of the unit that runs %s is in %s', (config, files) => {
  expect(environmentFiles(config)).toEqual(files);
});

test('a setting of one instance overrides that of all instances', async () => {
  const files = filesWith({ '/etc/kinship/environment': 'A=1\nB=2', '/etc/kinship/web.environment': 'B=3' });
  expect(await serviceEnvironment('/etc/kinship/web.yaml', files)).toEqual({ env: { A: '1', B: '3' }, denied: undefined });
});

test('a file that this user may not read is named, one that is not there is not', async () => {
  const files = filesWith({ '/etc/kinship/environment': 'denied' });
  expect(await serviceEnvironment('/etc/kinship/web.yaml', files)).toEqual({ env: {}, denied: '/etc/kinship/environment' });
  expect(await serviceEnvironment('/etc/kinship/web.yaml', filesWith({}))).toEqual({ env: {}, denied: undefined });
});
