import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kinship-log-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const moduleUrl = new URL('../../../src/platform/log-output.ts', import.meta.url).href;

/** Runs `code` in a Node of its own, with `output` open for it; returns what it wrote. */
function run(code: string, env: Record<string, string> = {}): string {
  const script = `import { openLogOutput } from '${moduleUrl}'; const output = openLogOutput(process.env); ${code}`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
}

test('every line is out when the process ends, even by an exit in the same turn', () => {
  const written = run(`for (let i = 0; i < 10000; i++) output.write('line ' + i + '\\n'); process.exit(0);`);
  expect(written.split('\n')).toHaveLength(10_001);
  expect(written.endsWith('line 9999\n')).toBe(true);
});

test('lines that exceed the buffer are dropped and counted, not waited for', () => {
  const written = run(`
    const line = 'x'.repeat(1023) + '\\n';
    for (let i = 0; i < 5000; i++) output.write(line);
    const dropped = output.takeDropped().count;
    output.flush();
    output.write('dropped ' + dropped + ' ' + output.takeDropped().count);
  `);
  const dropped = Number(/dropped (\d+) 0$/.exec(written)?.[1]);
  const keptCount = written.split('x\n').length - 1;
  expect(dropped).toBeGreaterThan(0);
  expect(keptCount + dropped).toBe(5000);
});

test('lines for which a full disk has no room are kept until it has, and those beyond the buffer are dropped and counted as such', () => {
  const log = join(directory, 'log');
  // One thread carries out the file calls in order: when `stat` is answered, the write before it is done.
  const code = `
    import { closeSync, openSync } from 'node:fs';
    import { stat } from 'node:fs/promises';
    const standardOutputIs = (path) => {
      closeSync(1);
      if (openSync(path, 'w') !== 1) throw new Error('another descriptor was free');
    };
    standardOutputIs('/dev/full');
    output.write('first\\n');
    await stat('/');
    output.flush();
    const line = 'x'.repeat(1023) + '\\n';
    for (let i = 0; i < 1024; i++) output.write(line);
    const { count, reason } = output.takeDropped();
    standardOutputIs('${log}');
    output.flush();
    output.write('dropped ' + count + ' ' + reason + '\\n');
  `;
  run(code, { UV_THREADPOOL_SIZE: '1' });
  const written = readFileSync(log, 'utf8').split('\n').filter((line) => !/^x{1023}$/.test(line));
  expect(written.toSorted()).toEqual(['', 'dropped 1 ENOSPC', 'first']);
});

/** Runs `code` with a pipe for its output that nobody reads; returns what it wrote on standard error. */
function runUnread(code: string): string {
  // The first use of process.stdout makes a pipe answer EAGAIN, as main.ts does.
  const script = `import { openLogOutput } from '${moduleUrl}'; process.stdout; const output = openLogOutput({}); ${code}`;
  const unread = 'mkfifo "$1" && exec 3<>"$1" && exec "$0" --input-type=module -e "$2" >&3';
  const env = { PATH: process.env.PATH, UV_THREADPOOL_SIZE: '1' };
  const { status, stderr } = spawnSync('sh', ['-c', unread, process.execPath, join(directory, 'pipe'), script], { encoding: 'utf8', env });
  expect(status).toBe(0);
  return stderr;
}

test('a pipe that nobody reads does not keep the process from ending', () => {
  expect(runUnread(`output.write('x'.repeat(300_000) + '\\n');`)).toBe('');
});

test('a slow reader is tried again once for all waiting lines, not once for each', () => {
  const code = `
    import { stat } from 'node:fs/promises';
    let timers = 0;
    globalThis.setTimeout = () => ({ unref: () => (timers += 1) });
    output.write('x'.repeat(300_000) + '\\n');
    for (let i = 0; i < 50; i++) {
      output.write('more\\n');
      await stat('/');
    }
    process.stderr.write(String(timers));
  `;
  expect(runUnread(code)).toBe('1');
});

test.each([
  ['no journal is named', {}, 'stream'],
  ['another stream is the journal', { JOURNAL_STREAM: '1:2' }, 'stream'],
])('a pipe is a plain stream where %s', (_name, env, kind) => {
  expect(run('output.write(output.kind);', env)).toBe(kind);
});

test('standard output is the journal where its device and inode are named', () => {
  const code = `
    import { fstatSync } from 'node:fs';
    const { dev, ino } = fstatSync(1, { bigint: true });
    output.write(openLogOutput({ JOURNAL_STREAM: dev + ':' + ino }).kind);
  `;
  expect(run(code)).toBe('journal');
});

