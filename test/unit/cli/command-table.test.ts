/** Help, completions and man page, all made from the one table. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCommand } from '../../../src/cli/command-programs.ts';
import { commands, installedCommands, options, optionsOf } from '../../../src/cli/usage/command-table.ts';
import { bashCompletion, zshCompletion } from '../../../src/cli/completion.ts';
import { helpCommand } from '../../../src/cli/help.ts';
import { commandText, overviewText } from '../../../src/cli/usage/help-text.ts';
import { manPage } from '../../../src/cli/usage/man-page.ts';
import { versionCommand } from '../../../src/cli/version.ts';
import { fakeInvocation } from './fake-invocation.ts';

const promised = ['run', 'check', 'try', 'status', 'checkpoints', 'schema', 'demo', 'version', 'help'];

test('every command of the interface is there, and can be loaded', async () => {
  expect(commands.map((command) => command.name)).toEqual(expect.arrayContaining(promised));
  for (const command of commands) expect(await loadCommand(command.name)).toBeTypeOf('function');
});

describe('help', () => {
  test('fits a screen of 24 lines of 80 characters', () => {
    const lines = overviewText(commands).split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    for (const line of lines) expect(line.length).toBeLessThan(80);
    for (const name of promised) expect(overviewText(commands)).toContain(`  ${name} `);
  });

  test.each(commands.map((command) => [command.name, command] as const))(
    'of %s fits too, names its options and has examples',
    (_name, command) => {
      const text = commandText(command);
      expect(text.split('\n').length).toBeLessThanOrEqual(24);
      for (const line of text.split('\n')) expect(line.length).toBeLessThan(80);
      for (const option of optionsOf(command)) expect(text).toContain(`--${option.name}`);
      for (const [example] of command.examples) expect(text).toContain(example);
    },
  );

  test('of an unknown command says which was meant', async () => {
    await expect(helpCommand(fakeInvocation({ positionals: ['chekc'] }))).rejects.toMatchObject({
      message: 'unknown command "chekc" (did you mean "check"?)',
      exitCode: 64,
    });
  });
});

test('the installed program offers nothing that only a checkout can do', () => {
  expect(commands.map(({ name }) => name)).toContain('demo');
  for (const text of [overviewText(installedCommands), manPage('1'), bashCompletion(), zshCompletion()]) expect(text).not.toContain('demo');
});

test('the man page says which commands have an option that not all have', () => {
  expect(manPage('1')).toContain('print the man page (roff) (help).');
  expect(manPage('1')).toContain('print JSON (check, status, checkpoints).');
});

describe('completion', () => {
  const bash = (line: string) => {
    const words = line.split(' ');
    const script = `${bashCompletion()}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _kinship; echo "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  };

  test.each([
    ['kinship ch', 'check checkpoints'],
    ['kinship try --f', '--flow'],
    ['kinship run --log-level d', 'debug'],
    ['kinship checkpoints r', 'reset'],
    ['kinship checkpoints reset --to e', 'end'],
    ['kinship help v', 'version'],
    ['kinship -c x st', 'status'],
  ])('bash: %s → %s', (line, expected) => {
    const { stdout, stderr, status } = bash(line);
    expect([stdout.trim(), stderr, status]).toEqual([expected, '', 0]);
  });

  test('zsh names every command and every option of it', () => {
    const text = zshCompletion();
    expect(text).toMatch(/^#compdef kinship\n/);
    for (const command of installedCommands) expect(text).toContain(`'${command.name}:`);
    for (const option of options.filter((one) => one.name !== 'version')) expect(text).toContain(`--${option.name}`);
  });
});

/** Types `line` and a tab into an interactive zsh; resolves with the arguments the completed command got. */
const typeIntoZsh = `
zmodload zsh/zpty
zpty shell "TERM=dumb zsh -f -i"
zpty -w shell "PS1=; unsetopt beep; fpath=($1 \\$fpath); autoload -Uz compinit; compinit -u -D; kinship() { print -r -- \\"<\\$*>\\" }; print READY\\$((1+1))"
zpty -r shell seen '*READY2*'
zpty -w -n shell "$2"$'\t\n'
zpty -r shell seen '*<*>*'
print -r -- "\${\${seen##*<}%%>*}"
`;
const zshIsMissing = spawnSync('zsh', ['--version']).error !== undefined;

describe.skipIf(zshIsMissing)(`completion in a real zsh${zshIsMissing ? ' (skipped: zsh is not installed)' : ''}`, () => {
  const directory = zshIsMissing ? '' : mkdtempSync(join(tmpdir(), 'kinship-zsh-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each([
    ['vers', 'version'],
    ['chec', 'check'],
    ['run --log-l', 'run --log-level'],
    ['run --log-level deb', 'run --log-level debug'],
    ['checkpoints reset --to en', 'checkpoints reset --to end'],
    ['help vers', 'help version'],
    ['status --js', 'status --json'],
    [`try ${directory}/_kin`, `try ${directory}/_kinship`],
  ])('%s → %s', (typed, expected) => {
    writeFileSync(join(directory, '_kinship'), zshCompletion());
    const { stdout } = spawnSync('zsh', ['-c', typeIntoZsh, 'zsh', directory, `kinship ${typed}`], { encoding: 'utf8' });
    expect(stdout.trim()).toBe(expected);
  });
});

test('the man page has every command and option, and no line that roff would take for its own', () => {
  const page = manPage('1.2.3');
  for (const command of installedCommands) expect(page).toContain(`kinship ${command.name}`);
  for (const option of options) expect(page).toContain(`\\-\\-${option.name.replaceAll('-', '\\-')}`);
  for (const line of page.split('\n')) expect(line).toMatch(/^(?!['.])|^\.(?:TH|SH|TP|IP|B|I) ?/);
});

test('version names kinship, node and the platform', async () => {
  const invocation = fakeInvocation();
  expect(await versionCommand(invocation)).toBe(0);
  expect(invocation.stdout.text).toBe(
    `kinship 1.2.3 (node ${process.versions.node}, ${process.platform}-${process.arch})\n`,
  );
});
