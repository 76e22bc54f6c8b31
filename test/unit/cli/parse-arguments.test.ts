/** argv → command and options, and what is said about a wrong one. */
import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../../src/cli/usage/parse-arguments.ts';
import { CommandError } from '../../../src/core/errors.ts';

describe('a command line', () => {
  test.each([
    ['run -c a.yaml', 'run', { config: 'a.yaml' }, []],
    ['run -c=a.yaml', 'run', { config: 'a.yaml' }, []],
    ['run -ca.yaml', 'run', { config: 'a.yaml' }, []],
    ['run -c =a.yaml', 'run', { config: '=a.yaml' }, []],
    ['run --config a.yaml', 'run', { config: 'a.yaml' }, []],
    ['run --config=a.yaml', 'run', { config: 'a.yaml' }, []],
    ['run --configuration a.json', 'run', { config: 'a.json' }, []],
    ['run --configuration=a.json', 'run', { config: 'a.json' }, []],
    ['-c a.yaml run', 'run', { config: 'a.yaml' }, []],
    ['-c a.yaml run --config a.yaml', 'run', { config: 'a.yaml' }, []],
    ['run --log-level debug', 'run', { 'log-level': 'debug' }, []],
    ['try --flow web a.log b.log', 'try', { flow: 'web' }, ['a.log', 'b.log']],
    ['try -- --odd-name', 'try', {}, ['--odd-name']],
    ['status --json', 'status', { json: true }, []],
    ['checkpoints list', 'checkpoints', {}, ['list']],
    ['checkpoints reset --flow web --to 42 --file a', 'checkpoints', { flow: 'web', to: '42', file: 'a' }, ['reset']],
    ['schema --example', 'schema', { example: true }, []],
    ['completion zsh', 'completion', {}, ['zsh']],
    ['help try', 'help', {}, ['try']],
    ['try --help', 'help', {}, ['try']],
    ['-h', 'help', { help: true }, []],
    ['--version', 'version', { version: true }, []],
    ['', 'help', {}, []],
  ] as const)('%s', (line, command, options, positionals) => {
    const parsed = parseArguments(line.split(' ').filter((word) => word !== ''));
    expect([parsed.command.name, parsed.options, parsed.positionals]).toEqual([command, options, positionals]);
  });

  test.each([
    ['rnu', 'unknown command "rnu" (did you mean "run"?)'],
    ['start', 'unknown command "start"'],
    ['run --confg a', 'unknown option --confg (did you mean "--config"?)'],
    ['run -x', 'unknown option -x'],
    ['run -c', '-c needs a value: -c PATH'],
    ['run -c=', '-c needs a value: -c PATH'],
    ['run --config --log-level debug', '--config needs a value: --config PATH'],
    ['run --config=', '--config needs a value: --config PATH'],
    ['status --json=yes', '--json takes no value'],
    ['run --json', 'kinship run has no option --json'],
    [
      'run --log-level loud',
      '--log-level must be trace, debug, info, warn or error, not "loud"',
    ],
    ['run a.yaml', 'kinship run takes no "a.yaml"', 'a config is named with -c: kinship run -c a.yaml'],
    ['check ./agent.json --json', 'kinship check takes no "./agent.json"', 'a config is named with -c: kinship check -c ./agent.json'],
    ['schema a.yaml', 'kinship schema takes no "a.yaml"', 'kinship help schema'],
    ['/etc/kinship.yaml', 'unknown command "/etc/kinship.yaml"', 'to start the agent: kinship run -c /etc/kinship.yaml'],
    ['run -c a.yaml -c b.yaml', '--config is given twice, as a.yaml and as b.yaml', 'a config has any number of flows: put all of them into one, or run a kinship for each config'],
    ['-c a.yaml run --configuration=b.yaml', '--config is given twice, as a.yaml and as b.yaml'],
    ['try --flow a --flow b', '--flow is given twice, as a and as b'],
    ['checkpoints reset --flow a --file x --to start --to end', '--to is given twice, as start and as end'],
    ['checkpoints', 'kinship checkpoints needs one of: list, reset'],
    ['checkpoints lsit', 'kinship checkpoints knows no "lsit" (did you mean "list"?)'],
    ['checkpoints reset now', '"now" is one word too many'],
    ['checkpoints reset --to middle', '--to must be start, end, or an offset in bytes, not "middle"'],
    ['checkpoints reset --to -5', '--to needs a value: --to POSITION'],
    ['completion fish', 'kinship completion knows no "fish"'],
    ['-c a.yaml', 'no command'],
  ])('%s is wrong usage: %s', (line, message, hint?: string) => {
    const parse = () => parseArguments(line.split(' '));
    expect(parse).toThrow(CommandError);
    expect(parse).toThrow(expect.objectContaining({ message, exitCode: 64, ...(hint === undefined ? {} : { hint }) }));
  });
});
