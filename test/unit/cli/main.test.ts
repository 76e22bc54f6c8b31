/** The program as a process: exit codes, streams, pipes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-main-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function writeConfig(): string {
  const config = join(directory, 'kinship.yaml');
  const places = `checkpointFile: ${directory}/cp.db\ncontrolSocket: ${directory}/c.sock\ncloudwatch: { emitMetrics: false }`;
  writeFileSync(config, `region: eu-west-1\n${places}\nflows: [{ filePattern: ${directory}/*.log, kinesisStream: s }]\n`);
  return config;
}

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

test('two options that contradict each other are refused, not half obeyed', () => {
  expect(kinship(['schema', '--example', '--reference'])).toEqual({
    status: 64,
    stdout: '',
    stderr: '--example and --reference do not go together\n→ kinship help schema\n',
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

test.each(['status --json', 'check', 'checkpoints list', 'try log', 'version'])(
  'a command without room for its output says so and exits with 73: %s',
  (command) => {
    const config = writeConfig();
    writeFileSync(join(directory, 'log'), 'a line\n');
    const args = [...command.split(' '), ...(command === 'version' ? [] : ['-c', config])];
    const { status, stderr } = spawnSync('sh', ['-c', 'exec "$0" "$@" >/dev/full', process.execPath, main, ...args], { cwd: directory, encoding: 'utf8' });
    expect(stderr).toMatch(/(^|\n)standard output cannot be written \(ENOSPC\)\n→ free some disk space where it goes\n$/);
    expect(status).toBe(73);
  },
);

test('a command that cannot write its errors ends with the same code', () => {
  const { status, stdout } = spawnSync('sh', ['-c', 'exec "$0" "$@" 2>/dev/full', process.execPath, main, 'rnu'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([64, '']);
});

test('an agent that is told to stop while it is still loading ends like a running one', () => {
  const hook = join(directory, 'hook.mjs');
  writeFileSync(hook, `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (name.endsWith('/run.ts')) process.kill(process.pid, 'SIGTERM');
      return next(name, context);
    } });`);
  const env = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_EC2_METADATA_DISABLED: 'true' };
  const { status, signal, stdout } = spawnSync(process.execPath, ['--import', hook, main, 'run', '-c', writeConfig()], { encoding: 'utf8', env });
  expect([status, signal]).toEqual([0, null]);
  expect(stdout).toContain('stopping (SIGTERM)');
});

test('the process is called kinship, and its arguments are its own', () => {
  const config = writeConfig();
  // What it prints tells that it runs; then it waits for more.
  const script = 'mkfifo in out; "$0" "$1" try -c "$2" <in >out 2>/dev/null & exec 3>in 4<out; echo x >&3; head -c 1 <&4 >/dev/null; cat /proc/$!/comm; tr "\\0" " " </proc/$!/cmdline';
  const { stdout } = spawnSync('sh', ['-c', script, process.execPath, main, config], { encoding: 'utf8', cwd: directory });
  expect(stdout).toBe(`kinship\n${process.execPath} ${main} try -c ${config} `);
});
