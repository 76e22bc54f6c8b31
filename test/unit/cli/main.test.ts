/** The program as a process: exit codes, streams, pipes. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

function kinship(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

test('version goes to standard output and exits with 0', () => {
  expect(kinship(['version'])).toEqual({
    status: 0,
    stdout: expect.stringMatching(`^kinship ${manifest.version} `),
    stderr: '',
  });
});

test('wrong usage goes to standard error with a hint and exits with 64', () => {
  expect(kinship(['rnu'])).toEqual({
    status: 64,
    stdout: '',
    stderr: 'unknown command "rnu" (did you mean "run"?)\n→ kinship help lists all commands\n',
  });
});

test('a config that is not there exits with 78', () => {
  const { status, stderr } = kinship(['status', '-c', '/nonexistent/kinship.yaml']);
  expect([status, stderr]).toEqual([78, '/nonexistent/kinship.yaml:1:1: there is no such file\n']);
});

test('a reader that goes away ends the program quietly', () => {
  const script = `"${process.execPath}" "${main}" schema | head -c 10; echo " \${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect(stdout).toMatch(/^\{\n {2}"\$sche 0\n$/);
  expect(stderr).toBe('');
});
