import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

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

test('what exceeds the buffer is dropped and counted, not waited for', () => {
  const written = run(`
    const line = 'x'.repeat(1023) + '\\n';
    for (let i = 0; i < 5000; i++) output.write(line);
    const dropped = output.takeDroppedCount();
    output.flush();
    output.write('dropped ' + dropped + ' ' + output.takeDroppedCount());
  `);
  const dropped = Number(/dropped (\d+) 0$/.exec(written)?.[1]);
  const keptCount = written.split('x\n').length - 1;
  expect(dropped).toBeGreaterThan(0);
  expect(keptCount + dropped).toBe(5000);
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

